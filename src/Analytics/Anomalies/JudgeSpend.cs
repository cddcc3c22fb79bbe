using System.Diagnostics.Metrics;
using FinOps.Analytics.Alerts;
using FinOps.Analytics.Budgets;
using FinOps.Analytics.Detection;
using FinOps.Analytics.Runaways;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Domain.Anomalies;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Anomalies;

/// <summary>
/// Every hour: judges the hours of all tenants that had calls lately, in all and by project, feature, team, customer, provider and model, and raises one alert for each incident; a job of Hangfire (docs/detection.md,
/// docs/adr/0029). It remembers nothing: the same hours say the same, and an incident that is known already, by its key or because its first hour moved with a late call, is not told again.
/// </summary>
public sealed class JudgeSpend(
    ClickHouseStore store, FinOpsDatabase database, SpendReader spend, TimeProvider clock, IOptions<AnomalyWatchOptions> options, ILogger<JudgeSpend> logger)
{
    private const string Job = "judge-spend";

    /// <summary>Who had no calls for so long has nothing that rises. Default 26 hours: a day and what the job may be late.</summary>
    private static readonly TimeSpan Lately = TimeSpan.FromHours(26);

    private static readonly ScopeDimension[] Dimensions = [ScopeDimension.Feature, ScopeDimension.Customer, ScopeDimension.Model, ScopeDimension.Team, ScopeDimension.Project, ScopeDimension.Provider];

    private static readonly Meter Meter = new("FinOps.Analytics.Anomalies");
    private static readonly Counter<long> Judged = Meter.CreateCounter<long>("finops.anomalies.series", description: "Series of hours that were judged");
    private static readonly Counter<long> LeftOut = Meter.CreateCounter<long>("finops.anomalies.left_out", description: "Answers with more scopes of a dimension than are judged");
    private static readonly Counter<long> NotTold = Meter.CreateCounter<long>("finops.anomalies.not_told", description: "Incidents that are muted");

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        Exception? first = null;
        var since = (clock.GetUtcNow() - Lately - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        foreach (var arrival in await store.QueryAsync(new ArrivedTenants(since), cancellationToken))
        {
            try
            {
                await RunTenantAsync(arrival.Tenant, cancellationToken);
            }
            catch (Exception failure) when (failure is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                // One tenant's trouble holds up nobody else's alerts.
                Log.NotJudged(logger, failure, arrival.Tenant);
                first ??= failure;
            }
        }

        if (first is not null) throw new InvalidOperationException($"Not all spend was judged: {first.Message}", first);
    }

    internal async Task RunTenantAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        // The last whole hour.
        var end = new DateTimeOffset(now.UtcTicks - (now.UtcTicks % TimeSpan.TicksPerHour), TimeSpan.Zero);
        var range = new TimeRange(end.AddDays(-options.Value.HistoryDays), end);
        var series = await ReadAsync(tenant, range, cancellationToken);
        Judged.Add(series.Count);
        var incidents = AnomalyIncidents.Find(range.From, series, end.AddHours(-options.Value.TellHours), AnomalyOptions.Default, options.Value.Limits);
        if (incidents.Count == 0) return;
        var raised = await database.RunAsync(tenant, context => RaiseAsync(context, tenant, incidents, now, cancellationToken), cancellationToken);
        if (raised > 0) Log.Raised(logger, tenant, raised);
    }

    private async Task<List<SpendSeries>> ReadAsync(TenantId tenant, TimeRange range, CancellationToken cancellationToken)
    {
        var together = spend.TogetherForJob();
        var hours = Periods.Of(range, Granularity.Hour, TimeZoneInfo.Utc);
        var places = Enumerable.Range(0, hours.Count).ToDictionary(i => hours[i].UtcTicks);
        var all = new decimal[hours.Count];
        var total = await together.AskAsync(new SpendQuestion(ReadScope.Whole(tenant), range) { Granularity = Granularity.Hour }, cancellationToken);
        foreach (var row in total.Rows) all[places[row.Period.UtcTicks]] = row.Figures.Cost;
        var series = new List<SpendSeries> { new(null, "", all) };
        foreach (var dimension in Dimensions)
        {
            var answer = await together.AskAsync(new SplitQuestion(ReadScope.Whole(tenant), range, dimension.ToDimension(), Granularity.Hour) { Members = options.Value.SeriesPerDimension }, cancellationToken);
            // Calls that tell no value have nothing in common.
            series.AddRange(answer.Series.Where(one => one.Value is { Length: > 0 }).Select(one => new SpendSeries(dimension, one.Value!, [.. one.Figures.Select(figures => figures.Cost)])));
            if (answer.Series.Any(one => one.Value is null)) LeftOut.Add(1);
        }

        return series;
    }

    private async Task<int> RaiseAsync(FinOpsDbContext context, TenantId tenant, IReadOnlyList<AnomalyIncident> incidents, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // Two that judge at once look at what is known one after the other.
        await context.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock(hashtextextended({"anomalies of " + tenant}, 0))", cancellationToken);
        var since = now.AddHours(-2 * (options.Value.TellHours + options.Value.Limits.QuietHours)).ToUniversalTime();
        var known = (await context.Set<RecordedAlert>().AsNoTracking().Where(row => row.TenantId == tenant.Value && row.OpenedAt > since && row.Key.StartsWith(AnomalyAlerts.KeyPrefix)).Select(row => row.Key).ToListAsync(cancellationToken))
            .ConvertAll(AnomalyAlerts.Begin);
        var settings = await DetectionBook.ReadAsync(context, tenant, cancellationToken);
        var fresh = incidents.Where(incident => !known.Exists(begin => begin is { } at && (at - incident.From).Duration() <= TimeSpan.FromHours(options.Value.Limits.JoinHours))).ToList();
        var told = fresh.Where(incident => !settings.IsMuted(DetectionSettings.Anomaly, AnomalyAlerts.Cause(incident) is { } cause ? [(cause.Dimension, cause.Value)] : [], now)).ToList();
        NotTold.Add(fresh.Count - told.Count);
        if (told.Count == 0) return 0;
        var projects = await context.Projects.ToDictionaryAsync(project => project.Id.ToString(), project => project.Name, cancellationToken);
        // To the microsecond, as PostgreSQL keeps it.
        var at = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
        var alerts = told.ConvertAll(incident => AnomalyAlerts.Of(
            incident, scope => scope.Dimension == ScopeDimension.Project ? projects.GetValueOrDefault(scope.Value, scope.Value) : scope.Value, options.Value.CriticalExcess, at));
        return (await RaiseAlerts.RaiseAsync(context, alerts, Job, cancellationToken)).Count;
    }
}
