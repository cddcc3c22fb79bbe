using FinOps.Analytics.Spend;
using FinOps.Domain.Runaway;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Runaways;

/// <summary>What the features, users and projects of a tenant do in one hour of the week.</summary>
internal sealed class Habits(IReadOnlyDictionary<Dimension, HabitsOfDimension> dimensions)
{
    /// <summary>Null where nothing is known: it is new.</summary>
    public UsualHour? Of(Dimension dimension, string value) => dimensions.TryGetValue(dimension, out var known) ? known.Of(value) : null;
}

/// <param name="Known">By value.</param>
/// <param name="Rest">Of values that are not named, because there are too many: as much as the last that is; null where all are named.</param>
internal sealed record HabitsOfDimension(IReadOnlyDictionary<string, UsualHour> Known, UsualHour? Rest)
{
    public UsualHour? Of(string value) => Known.TryGetValue(value, out var hour) ? hour : Rest;
}

/// <summary>
/// Reads habits from the same sums as every page shows: the mean of this hour in the four weeks before, as far as the tenant had calls then, or the mean hour of the last day where that is more (what began this week is
/// no runaway next day).
/// </summary>
internal sealed class HabitReader(SpendReader spend, int limit)
{
    private const int Weeks = 4;
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly Dimension[] Dimensions = [Dimension.Feature, Dimension.User, Dimension.Project];

    public async Task<Habits> ReadAsync(TenantId tenant, DateTimeOffset hour, CancellationToken cancellationToken)
    {
        var together = spend.TogetherForJob();
        var day = new TimeRange(hour.AddDays(-1), hour);
        var activeHours = (await together.AskAsync(new SpendQuestion(ReadScope.Whole(tenant), day) { Granularity = Granularity.Hour, GroupBy = [Dimension.Project], Limit = limit }, cancellationToken))
            .Rows.Select(row => row.Period).Distinct().Count();
        var found = new Dictionary<Dimension, HabitsOfDimension>(Dimensions.Length);
        foreach (var dimension in Dimensions)
        {
            var weeks = new Sums();
            for (var week = 1; week <= Weeks; week++) weeks.Add(await AskAsync(new TimeRange(hour.AddDays(-7 * week), hour.AddDays(-7 * week) + Hour)));
            var lastDay = new Sums();
            lastDay.Add(await AskAsync(day));
            found.Add(dimension, Sums.Larger(weeks.Mean(weeks.Stretches), lastDay.Mean(activeHours)));

            Task<SpendAnswer> AskAsync(TimeRange range) =>
                together.AskAsync(new SpendQuestion(ReadScope.Whole(tenant), range) { GroupBy = [dimension], Limit = limit }, cancellationToken);
        }

        return new Habits(found);
    }

    /// <summary>Sums of several stretches by value.</summary>
    private sealed class Sums
    {
        private readonly Dictionary<string, SpendFigures> _known = new(StringComparer.Ordinal);
        private SpendFigures _rest;
        private bool _isTruncated;

        /// <summary>Those in which there was any call.</summary>
        public int Stretches { get; private set; }

        public void Add(SpendAnswer answer)
        {
            if (answer.Rows.Count > 0) Stretches++;
            foreach (var row in answer.Rows) _known[row.Group[0]] = _known.GetValueOrDefault(row.Group[0]) + row.Figures;
            if (!answer.Truncated) return;
            // The dearest come first, so none that is left out is dearer than the last.
            _isTruncated = true;
            _rest += answer.Rows[^1].Figures;
        }

        public HabitsOfDimension Mean(int over) => over == 0
            ? new HabitsOfDimension(new Dictionary<string, UsualHour>(), null)
            : new HabitsOfDimension(_known.ToDictionary(one => one.Key, one => Of(one.Value, over), StringComparer.Ordinal), _isTruncated ? Of(_rest, over) : null);

        public static HabitsOfDimension Larger(HabitsOfDimension a, HabitsOfDimension b)
        {
            var known = a.Known.Keys.Union(b.Known.Keys, StringComparer.Ordinal).ToDictionary(value => value, value => Larger(a.Of(value), b.Of(value))!.Value, StringComparer.Ordinal);
            return new HabitsOfDimension(known, Larger(a.Rest, b.Rest));
        }

        private static UsualHour? Larger(UsualHour? a, UsualHour? b) => (a, b) switch
        {
            (null, _) => b,
            (_, null) => a,
            ({ } one, { } other) => new UsualHour(Math.Max(one.Cost, other.Cost), Math.Max(one.Calls, other.Calls), Math.Max(one.Tokens, other.Tokens)),
        };

        private static UsualHour Of(SpendFigures sum, int over) =>
            new(sum.Cost / over, (double)(sum.Calls + sum.FailedCalls) / over, (double)(sum.InputTokens + sum.OutputTokens) / over);
    }
}
