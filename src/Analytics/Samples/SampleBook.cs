using System.Collections.Frozen;
using FinOps.Analytics.Stores;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Domain.Samples;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Samples;

/// <summary>
/// The projects that keep samples, with their tenants' keys, followed in the background: few have opted in, so all of them are one small question every few seconds. While PostgreSQL is
/// away the last known ones go on.
/// </summary>
public sealed class SampleBook(
    FinOpsDatabase database, SampleKeyProtection protection, StoresReady ready, IOptions<SampleOptions> options, TimeProvider clock, ILogger<SampleBook> logger)
    : FollowStore(ready, TimeSpan.FromSeconds(options.Value.RefreshSeconds), clock), ISampleSource
{
    /// <summary>Projects that may keep samples at once. Default 100,000: those beyond keep none, and the log says so.</summary>
    private const int MaxRows = 100_000;

    private volatile FrozenDictionary<(TenantId Tenant, ProjectId Project), SamplePlan> _plans = FrozenDictionary<(TenantId, ProjectId), SamplePlan>.Empty;

    // By the id of the key; null for one that does not open. Opened once, not at each look.
    private Dictionary<Guid, SampleKey?> _keys = [];

    public SamplePlan? Current(TenantId tenant, ProjectId project)
    {
        var plans = _plans;
        return plans.Count != 0 && plans.TryGetValue((tenant, project), out var plan) ? plan : null;
    }

    public override async Task<bool> RefreshAsync(CancellationToken cancellationToken)
    {
        var (projects, keys) = await database.RunAsync(StoreScope.Samples, async context =>
        {
            var settings = await context.Set<ProjectSampling>().IgnoreQueryFilters().AsNoTracking()
                .Where(row => row.PerMille > 0).OrderBy(row => row.TenantId).ThenBy(row => row.ProjectId).Take(MaxRows).ToListAsync(cancellationToken);
            List<TenantSampleKey> stored = settings.Count == 0
                ? []
                : await context.Set<TenantSampleKey>().IgnoreQueryFilters().AsNoTracking()
                    .Where(key => context.Set<ProjectSampling>().IgnoreQueryFilters().Any(row => row.TenantId == key.TenantId && row.PerMille > 0))
                    .OrderBy(row => row.MadeAt).ToListAsync(cancellationToken);
            return (settings, stored);
        }, cancellationToken);
        if (projects.Count == MaxRows) Log.TooManyProjects(logger, MaxRows);

        // The latest key of each tenant seals; older ones open what they sealed.
        Dictionary<Guid, SampleKey?> opened = [];
        Dictionary<Guid, SampleKey?> latest = [];
        foreach (var row in keys) latest[row.TenantId] = opened[row.Id] = _keys.TryGetValue(row.Id, out var known) ? known : Open(row);
        _keys = opened;
        _plans = projects.Where(row => latest.GetValueOrDefault(row.TenantId) is not null).ToFrozenDictionary(
            row => (new TenantId(row.TenantId), new ProjectId(row.ProjectId)), row => new SamplePlan(row.Share, latest[row.TenantId]!));
        return true;
    }

    protected override void TellAway(Exception failure) => Log.SamplingNotRead(logger, failure);

    private SampleKey? Open(TenantSampleKey row)
    {
        var key = protection.Open(row);
        if (key is null) Log.KeyNotOpened(logger, row.TenantId);
        return key;
    }
}
