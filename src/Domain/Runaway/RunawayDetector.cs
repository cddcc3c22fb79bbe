namespace FinOps.Domain.Runaway;

/// <summary>
/// Watches the calls of one organisation as they arrive and says which key, feature, user or session runs away, within two minutes of its first bad call. Memory is bounded; nothing of one organisation is kept with another's: each has
/// its own. Not for several threads.
/// <para>
/// Much is not bad: a batch that asks something new with each call and is answered may be far busier than usual. So only calls that come to nothing (repeated, failed, stuck, or far larger than usual) are held to narrow limits.
/// </para>
/// </summary>
/// <param name="usual">What a scope does in the hour of the week of an instant; null where it has no history.</param>
public sealed class RunawayDetector(RunawayOptions options, Func<RunawayScope, DateTimeOffset, UsualHour?> usual)
{
    private static readonly RunawayDimension[] Narrowest = [RunawayDimension.Session, RunawayDimension.User, RunawayDimension.Feature, RunawayDimension.Key];

    private readonly Dictionary<RunawayScope, ScopeWindow> _windows = [];

    /// <summary>Looking for silent scopes takes time, so it is done at most once in this time. Default 10 seconds.</summary>
    private static readonly TimeSpan ForgetEvery = TimeSpan.FromSeconds(10);

    private DateTimeOffset _now = DateTimeOffset.MinValue;
    private DateTimeOffset _forgotten = DateTimeOffset.MinValue;

    /// <summary>Scopes that are watched now.</summary>
    public int Watched => _windows.Count;

    /// <summary>Calls of a scope that was not watched, because <see cref="RunawayOptions.MaxScopes"/> others were.</summary>
    public long Unwatched { get; private set; }

    /// <summary>Calls that came too late to tell anything of the last two minutes; each is counted for every scope that it has.</summary>
    public long Late { get; private set; }

    /// <summary>Takes the next call.</summary>
    /// <param name="alerts">To it what began with this call is added, the narrowest scope alone where wider ones show the same.</param>
    public void Observe(in RunawayCall call, ICollection<RunawayAlert> alerts)
    {
        if (call.At > _now) _now = call.At;
        Span<bool> told = stackalloc bool[Enum.GetValues<RunawayKind>().Length];
        foreach (var dimension in Narrowest)
        {
            var value = call.Of(dimension);
            if (value.Length == 0) continue;
            var scope = new RunawayScope(dimension, value);
            if (Find(scope) is not { } window)
            {
                Unwatched++;
                continue;
            }

            if (!window.Add(call))
            {
                Late++;
                continue;
            }

            // A session is too short to have habits: it is held to those of its feature, all sessions of which it should not outdo.
            var habit = dimension == RunawayDimension.Session
                ? call.Feature.Length == 0 ? null : usual(new RunawayScope(RunawayDimension.Feature, call.Feature), call.At)
                : usual(scope, call.At);
            if (Judge(call, scope, window, habit ?? default) is not var (kind, times) || IsCheap(kind, window)) continue;
            var end = call.At + call.Duration;
            var begins = window.Begins(kind, end, options.IncidentGap);
            var isTold = told[(int)kind] || told.Contains(true);
            told[(int)kind] = true;
            if (begins && !isTold) alerts.Add(new RunawayAlert(scope, kind, end, window.Calls, window.Cost, window.Tokens, times));
        }
    }

    /// <summary>
    /// What goes on in the watched scopes, told or not, and when it was last seen: kept somewhere, and given to <see cref="Resume"/> of another detector, it makes of a restart no second incident.
    /// </summary>
    public IEnumerable<RunawayMark> Marks()
    {
        foreach (var (scope, window) in _windows)
            foreach (var kind in Enum.GetValues<RunawayKind>())
                if (window.Seen(kind) is { } seen && _now - seen <= options.IncidentGap) yield return new RunawayMark(scope, kind, seen);
    }

    /// <summary>Goes on with what another detector saw, before the first call.</summary>
    public void Resume(in RunawayMark mark)
    {
        if (Find(mark.Scope) is { } window) window.Begins(mark.Kind, mark.SeenAt, options.IncidentGap);
    }

    /// <summary>The most specific of what is wrong with a scope at a call; null = nothing.</summary>
    private (RunawayKind Kind, double Times)? Judge(in RunawayCall call, RunawayScope scope, ScopeWindow window, in UsualHour habit)
    {
        // What is planned by a batch job's sender, and what this scope does at this hour every week, is no runaway.
        if (call.Batch) return null;
        var beyondHabit = window.Calls > options.HabitTimes * habit.CallsOfWindow;
        var narrow = scope.Dimension is RunawayDimension.Session or RunawayDimension.User;

        if (beyondHabit && window.Failures >= options.StormFailures && window.Failures >= options.StormShare * window.Calls) return (RunawayKind.RetryStorm, window.Failures);
        // Where calls come faster than they are remembered, few repeats of each of many inputs are seen; then nearly all must be repeats.
        var (repeats, share) = window.IsFull ? (options.LoopRepeats, options.FullLoopShare) : (narrow ? options.LoopRepeats : options.WideLoopRepeats, options.LoopShare);
        if (beyondHabit && window.Repeats >= repeats && window.RepeatShare >= share) return (RunawayKind.Loop, window.Repeats);
        if (scope.Dimension == RunawayDimension.Session && window.StuckFor(options.SameLength) is var stuck && stuck >= options.StuckCalls) return (RunawayKind.Stuck, stuck);

        var tokens = Times(window.Tokens, habit.TokensOfWindow);
        if (window.Tokens >= options.FloodTokens && tokens >= options.FloodTimes && window.Tokens >= options.FloodCallTimes * habit.TokensOfCall * window.Calls && habit.Calls > 0) return (RunawayKind.TokenFlood, tokens);

        var dearer = habit.Calls > 0 && (double)window.Cost >= options.FloodCallTimes * (double)habit.CostOfCall * window.Calls;
        var busy = window.Progress >= options.ProgressShare && !dearer;
        var velocity = Times((double)window.Cost, (double)habit.CostOfWindow);
        return window.Cost >= (busy ? options.BusyCost : options.VelocityCost) && velocity >= (busy ? options.BusyTimes : options.VelocityTimes) ? (RunawayKind.Velocity, velocity) : null;
    }

    /// <summary>It does not count as begun either: it is told when it has become dear.</summary>
    private bool IsCheap(RunawayKind kind, ScopeWindow window) =>
        kind != RunawayKind.RetryStorm && window.Unpriced == 0 && window.Cost * (decimal)(TimeSpan.FromHours(1) / RunawayOptions.Window) < options.LeastCostPerHour;

    private static double Times(double value, double usually) => usually > 0 ? value / usually : double.PositiveInfinity;

    private ScopeWindow? Find(RunawayScope scope)
    {
        if (_windows.TryGetValue(scope, out var window)) return window;
        if (_windows.Count >= options.MaxScopes) Forget();
        if (_windows.Count >= options.MaxScopes) return null;
        _windows.Add(scope, window = new ScopeWindow());
        return window;
    }

    private void Forget()
    {
        if (_now - _forgotten < ForgetEvery) return;
        _forgotten = _now;
        foreach (var (scope, window) in _windows)
            if (_now - window.Last > options.IdleFor) _windows.Remove(scope);
    }
}
