using FinOps.Domain.Runaway;

namespace FinOps.Bench.Runaway;

/// <summary>Writes the calls of one scenario: what an office does all the time, and what happens from minute ten on.</summary>
internal sealed class Traffic(int seed)
{
    /// <summary>A Wednesday at ten.</summary>
    private static readonly DateTimeOffset Begin = new(2026, 6, 3, 10, 0, 0, TimeSpan.Zero);

    public static readonly DateTimeOffset Event = Begin.AddMinutes(10);

    private const int OfficeMinutes = 20;
    private const int OfficeUsers = 30;
    private readonly Random _random = new(seed);
    private readonly List<RunawayCall> _calls = [];
    private readonly Dictionary<RunawayScope, UsualHour> _usual = new()
    {
        [new(RunawayDimension.Key, "web")] = OfficeHour,
        [new(RunawayDimension.Feature, "answers")] = OfficeHour,
    };

    private ulong _hash = 1;

    /// <summary>1,200 calls of 1,800 tokens and 1 cent an hour.</summary>
    private static UsualHour OfficeHour => new(12, 1_200, 2_160_000);

    /// <summary>What one call of the office is like; scenarios change what differs.</summary>
    public static RunawayCall Call { get; } = new(Event, TimeSpan.FromSeconds(3), "web", "answers", "", "", "gpt-4o", 0.01m, 1_500, 300, 0, false, false);

    public IEnumerable<RunawayCall> Calls => _calls.OrderBy(call => call.At + call.Duration);

    /// <summary>A new input.</summary>
    public ulong New() => ++_hash;

    /// <summary>A number within this part of another.</summary>
    public long About(double value, double part) => (long)(value * (1 + (part * ((2 * _random.NextDouble()) - 1))));

    public UsualHour? Usual(RunawayScope scope, DateTimeOffset at) =>
        _usual.TryGetValue(scope, out var hour) ? hour : scope.Dimension == RunawayDimension.User && scope.Value.StartsWith("user-", StringComparison.Ordinal) ? new UsualHour(0.4m, 40, 72_000) : null;

    public Traffic Office(double times = 1)
    {
        for (var at = Begin; at < Begin.AddMinutes(OfficeMinutes); at += TimeSpan.FromSeconds(3 / times * (0.5 + _random.NextDouble())))
        {
            var user = _random.Next(OfficeUsers);
            _calls.Add(Call with { At = at, User = $"user-{user}", Session = $"chat-{user}-{at.Minute / 7}", InputTokens = About(1_500, 0.6), OutputTokens = About(300, 0.8), InputHash = New() });
        }

        return this;
    }

    public Traffic Knows(RunawayDimension dimension, string value, decimal cost, double calls, double tokens)
    {
        _usual[new(dimension, value)] = new UsualHour(cost, calls, tokens);
        return this;
    }

    /// <summary>From minute ten on so many calls, one every so many seconds.</summary>
    public Traffic Then(int count, double everySeconds, Func<int, RunawayCall> call, double fromSecond = 0)
    {
        for (var i = 0; i < count; i++) _calls.Add(call(i) with { At = Event.AddSeconds(fromSecond + (i * everySeconds)) });
        return this;
    }
}
