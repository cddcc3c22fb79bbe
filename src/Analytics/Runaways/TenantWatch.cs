using System.Diagnostics.Metrics;
using FinOps.Analytics.Alerts;
using FinOps.Analytics.Detection;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Domain.Alerts;
using FinOps.Domain.Runaway;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace FinOps.Analytics.Runaways;

/// <summary>What the watches of all tenants share.</summary>
internal sealed record WatchTools(ClickHouseStore Store, FinOpsDatabase Database, HabitReader Habits, TimeProvider Clock, RunawayWatchOptions Options, ILogger Logger);

/// <summary>
/// One tenant's detector and what it needs around it. Dropped whole whenever something fails: a new one begins with what is stored, and sees the last two minutes again. Whoever stores says which version of the row was
/// seen, so that of two watches of one tenant one alone tells, and the other is dropped.
/// </summary>
internal sealed class TenantWatch
{
    private const string Job = "watch-calls";

    /// <summary>How old what is stored may be: far less than <see cref="RunawayOptions.IncidentGap"/>.</summary>
    private static readonly TimeSpan StoreEvery = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private static readonly Meter Meter = new("FinOps.Analytics.Runaways");
    private static readonly Counter<long> Watched = Meter.CreateCounter<long>("finops.runaway.watched", description: "Calls that were watched");
    private static readonly Counter<long> Skipped = Meter.CreateCounter<long>("finops.runaway.skipped", description: "Calls that were not watched because too many arrived at once");
    private static readonly Counter<long> Old = Meter.CreateCounter<long>("finops.runaway.old", description: "Calls that began too long before they arrived to be watched");
    private static readonly Counter<long> Unwatched = Meter.CreateCounter<long>("finops.runaway.unwatched", description: "Scopes of calls that were not watched because too many others were");
    private static readonly Counter<long> Late = Meter.CreateCounter<long>("finops.runaway.late", description: "Scopes of calls that came too late to tell anything of the last two minutes");
    private static readonly Counter<long> NotTold = Meter.CreateCounter<long>("finops.runaway.not_told", description: "Incidents that are muted, or beyond what is told at once, by reason");

    private readonly WatchTools _tools;
    private readonly TenantId _tenant;
    private readonly RunawayDetector _detector;
    private readonly SeenCalls _seen;
    private readonly Dictionary<DateTimeOffset, Habits> _habits = [];
    private readonly Dictionary<string, string> _projectOfKey = new(StringComparer.Ordinal);
    private long _version;
    private long _unwatched;
    private long _late;
    private DateTimeOffset _storedAt;

    private TenantWatch(WatchTools tools, TenantId tenant, RunawayWatch? stored)
    {
        (_tools, _tenant, _version) = (tools, tenant, stored?.Version ?? 0);
        _detector = new RunawayDetector(tools.Options.Limits, Usual);
        _seen = new SeenCalls(tools.Options.MaxRemembered);
        _storedAt = tools.Clock.GetUtcNow();
        foreach (var mark in stored is null ? [] : AlertJson.Read<List<RunawayMark>>(stored.Marks)) _detector.Resume(mark);
    }

    /// <summary>When calls were last seen.</summary>
    public DateTimeOffset Last { get; private set; }

    public static async Task<TenantWatch> OpenAsync(WatchTools tools, TenantId tenant, CancellationToken cancellationToken) => new(tools, tenant, await tools.Database.RunAsync(tenant, context =>
        context.Set<RunawayWatch>().AsNoTracking().SingleOrDefaultAsync(row => row.TenantId == tenant.Value, cancellationToken), cancellationToken));

    /// <summary>Looks at what arrived in a stretch of the engine's time, microseconds.</summary>
    /// <exception cref="WatchedElsewhereException">Another process watches this tenant, too.</exception>
    public async Task LookAsync(long from, long to, CancellationToken cancellationToken)
    {
        var options = _tools.Options;
        var oldest = OldestOf(options, to);
        var arrived = await _tools.Store.QueryAsync(new ArrivedCalls(_tenant, from, to, oldest, options.MaxCallsPerTurn), cancellationToken);
        if (arrived.Count == 0) return;
        Last = _tools.Clock.GetUtcNow();
        Skipped.Add(arrived[0].Found - arrived.Count);
        // In the order in which they ended: a call is known from then on.
        var calls = arrived.Where(one => _seen.Add(one.Id)).OrderBy(one => one.Call.At + one.Call.Duration).ToList();
        await LearnHabitsAsync(calls, cancellationToken);
        var alerts = new List<RunawayAlert>();
        foreach (var one in calls)
        {
            if (one.Call.Key.Length > 0) _projectOfKey[one.Call.Key] = one.Project;
            _detector.Observe(one.Call, alerts);
        }

        Watched.Add(calls.Count);
        Unwatched.Add(_detector.Unwatched - _unwatched);
        Late.Add(_detector.Late - _late);
        (_unwatched, _late) = (_detector.Unwatched, _detector.Late);
        if (alerts.Count > 0 || _tools.Clock.GetUtcNow() - _storedAt > StoreEvery) await StoreAsync(alerts, cancellationToken);
    }

    public async Task CountOldAsync(long from, long to, CancellationToken cancellationToken) =>
        Old.Add((await _tools.Store.QueryAsync(new OldArrivals(_tenant, from, to, OldestOf(_tools.Options, to)), cancellationToken))[0]);

    /// <summary>Calls that began before it are history, microseconds.</summary>
    public static long OldestOf(RunawayWatchOptions options, long to) => to - (options.MaxAgeMinutes * 60_000_000L);

    private UsualHour? Usual(RunawayScope scope, DateTimeOffset at)
    {
        if (!_habits.TryGetValue(HourOf(at), out var habits)) return null;
        return scope.Dimension switch
        {
            RunawayDimension.Feature => habits.Of(Dimension.Feature, scope.Value),
            RunawayDimension.User => habits.Of(Dimension.User, scope.Value),
            // A key stands in no sum: it is held to the habits of its project, all keys of which it should not outdo.
            RunawayDimension.Key => _projectOfKey.TryGetValue(scope.Value, out var project) ? habits.Of(Dimension.Project, project) : null,
            _ => null,
        };
    }

    private async Task LearnHabitsAsync(List<ArrivedCall> calls, CancellationToken cancellationToken)
    {
        if (calls.Count == 0) return;
        var latest = HourOf(calls.Max(one => one.Call.At));
        foreach (var gone in _habits.Keys.Where(hour => hour < latest.AddMinutes(-_tools.Options.MaxAgeMinutes) - Hour).ToList()) _habits.Remove(gone);
        foreach (var hour in calls.Select(one => HourOf(one.Call.At)).Distinct())
            if (!_habits.ContainsKey(hour)) _habits[hour] = await _tools.Habits.ReadAsync(_tenant, hour, cancellationToken);
    }

    private static DateTimeOffset HourOf(DateTimeOffset at) => new(at.UtcTicks - (at.UtcTicks % TimeSpan.TicksPerHour), TimeSpan.Zero);

    private async Task StoreAsync(List<RunawayAlert> alerts, CancellationToken cancellationToken)
    {
        var found = new List<(RunawayAlert Alert, RunawayEvidence Evidence)>();
        foreach (var alert in alerts.Take(_tools.Options.MaxAlertsPerTurn))
            found.Add((alert, (await _tools.Store.QueryAsync(new EvidenceOfScope(_tenant, alert.Scope, alert.At - RunawayOptions.Window, alert.At), cancellationToken))[0]));
        NotTold.Add(alerts.Count - found.Count, new KeyValuePair<string, object?>("reason", "limit"));
        var marks = AlertJson.Write(_detector.Marks().ToList());
        var now = _tools.Clock.GetUtcNow();
        var (version, raised) = await _tools.Database.RunAsync(_tenant, async context =>
        {
            var stored = await context.Database.SqlQuery<long>($"""
                INSERT INTO finops.runaway_watches AS kept (tenant_id, version, marks) VALUES ({_tenant.Value}, 1, {marks}::jsonb)
                ON CONFLICT (tenant_id) DO UPDATE SET version = kept.version + 1, marks = excluded.marks WHERE kept.version = {_version}
                RETURNING version AS "Value"
                """).ToListAsync(cancellationToken);
            if (stored is not [var next]) throw new WatchedElsewhereException(_tenant);
            var told = await TellAsync(context, found, now, cancellationToken);
            return (next, await RaiseAlerts.RaiseAsync(context, told, Job, cancellationToken));
        }, cancellationToken);
        (_version, _storedAt) = (version, now);
        if (raised.Count > 0) Log.Raised(_tools.Logger, _tenant, raised.Count);
    }

    private async Task<List<Alert>> TellAsync(FinOpsDbContext context, List<(RunawayAlert Alert, RunawayEvidence Evidence)> found, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (found.Count == 0) return [];
        var settings = await DetectionBook.ReadAsync(context, _tenant, cancellationToken);
        var told = found.Where(one => !settings.IsMuted(RunawayAlerts.Word(one.Alert.Kind), CommonOf(one.Alert, one.Evidence), now)).ToList();
        NotTold.Add(found.Count - told.Count, new KeyValuePair<string, object?>("reason", "muted"));
        Guid[] keys = [.. told.Where(one => one.Alert.Scope.Dimension == RunawayDimension.Key).Select(one => Guid.Parse(one.Alert.Scope.Value))];
        var names = keys.Length == 0 ? [] : await context.AccessKeys.Where(key => keys.Contains(key.Id)).ToDictionaryAsync(key => key.Id.ToString(), key => key.Name, cancellationToken);
        // To the microsecond, as PostgreSQL keeps it.
        var at = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
        return told.ConvertAll(one => RunawayAlerts.Of(
            one.Alert, Habit(one.Alert, one.Evidence), one.Evidence, names.GetValueOrDefault(one.Alert.Scope.Value, one.Alert.Scope.Value), _tools.Options.CriticalCostPerHour, at));
    }

    /// <summary>As the detector saw it: a session is held to its feature.</summary>
    private UsualHour? Habit(in RunawayAlert alert, RunawayEvidence evidence) =>
        alert.Scope.Dimension == RunawayDimension.Session
            ? evidence.Feature.Length == 0 ? null : Usual(new RunawayScope(RunawayDimension.Feature, evidence.Feature), alert.At)
            : Usual(alert.Scope, alert.At);

    private static IEnumerable<(ScopeDimension, string)> CommonOf(RunawayAlert alert, RunawayEvidence evidence) =>
    [
        (RunawayAlerts.Dimension(alert.Scope.Dimension), alert.Scope.Value), (ScopeDimension.Project, evidence.Project), (ScopeDimension.Feature, evidence.Feature),
        (ScopeDimension.User, evidence.User), (ScopeDimension.Session, evidence.Session),
    ];
}

/// <summary>Another process stored what it saw of this tenant since this one last did: it tells, and this one begins anew.</summary>
internal sealed class WatchedElsewhereException(TenantId tenant) : Exception($"The calls of tenant {tenant} are watched by another process, too.");
