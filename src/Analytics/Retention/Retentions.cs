using FinOps.Analytics.Audit;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Retention;

/// <summary>How long a tenant's data is kept.</summary>
/// <param name="Days">In force, or soon.</param>
/// <param name="InForceFrom">Until then nothing is removed by the last change; null where nothing was changed, or that time is over.</param>
/// <param name="ChangedBy">Null where the tenant goes by the installation's options.</param>
public sealed record RetentionState(RetentionDays Days, DateTimeOffset? InForceFrom, DateTimeOffset? ChangedAt, string? ChangedBy);

/// <summary>Reads and sets how long each tenant's data is kept, and tells what a change would remove.</summary>
public sealed class Retentions(FinOpsDatabase database, ClickHouseStore store, TimeProvider clock, IOptions<RetentionOptions> options)
{
    /// <summary>What a tenant has that has set nothing.</summary>
    public RetentionDays Defaults => options.Value.Defaults;

    public async Task<RetentionState> FindAsync(TenantId tenant, CancellationToken cancellationToken) =>
        StateOf(await database.RunAsync(tenant, context => Rows(context, tenant).AsNoTracking().SingleOrDefaultAsync(cancellationToken), cancellationToken));

    /// <summary>Idempotent: the same again changes and records nothing.</summary>
    /// <exception cref="TenancyException">A number of days is out of its limits.</exception>
    public Task<RetentionState> SetAsync(TenantId tenant, RetentionDays days, Actor actor, CancellationToken cancellationToken)
    {
        if (days.FindProblem() is { } problem) throw new TenancyException(problem);
        return database.RunAsync(tenant, async context =>
        {
            // One at a time, so that the record's states before and after follow on one another.
            await context.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock(hashtextextended({"retention " + tenant}, 0))", cancellationToken);
            var row = await Rows(context, tenant).SingleOrDefaultAsync(cancellationToken);
            var before = row?.Days ?? Defaults;
            if (before == days) return StateOf(row);
            var now = clock.GetUtcNow();
            if (row is null) context.Add(row = RowOf(tenant, days, now, actor.Name));
            else Change(row, days, now, actor.Name);
            await context.SaveChangesAsync(cancellationToken);
            await AuditTrail.RecordAsync(context, new AuditEntry(actor, AuditActs.RetentionChanged, tenant.ToString(), "retention") { Before = before, After = days }, cancellationToken);
            return StateOf(row);
        }, cancellationToken);
    }

    /// <summary>About how many rows of each class would be removed if these days were in force now.</summary>
    public async Task<IReadOnlyDictionary<RetentionClass, long>> PreviewAsync(TenantId tenant, RetentionDays days, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var before = Enum.GetValues<RetentionClass>().ToDictionary(kept => kept, kept => (uint)days.CutOff(kept, now).ToUnixTimeSeconds());
        var rows = await store.QueryAsync(new RowsBefore(tenant, before), cancellationToken);
        return rows.ToDictionary(row => row.Class, row => row.Rows);
    }

    /// <summary>Of every tenant what is in force. One that has changed it lately is not there: nothing of it is removed until that time is over.</summary>
    internal async Task<IReadOnlyList<(TenantId Tenant, RetentionDays Days)>> AllInForceAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateWay(
            "SELECT tenant_id, call_days, link_days, ingest_event_days, resource_sample_days, sum_days, call_sample_days, changed_at FROM finops.retention_of_all()");
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        List<(TenantId, RetentionDays)> all = [];
        while (await row.ReadAsync(cancellationToken))
        {
            var isSet = !row.IsDBNull(7);
            if (isSet && EndOfUndo(row.GetFieldValue<DateTimeOffset>(7)) is not null) continue;
            all.Add((new TenantId(row.GetGuid(0)), isSet ? new RetentionDays(row.GetInt32(1), row.GetInt32(2), row.GetInt32(3), row.GetInt32(4), row.GetInt32(5), row.GetInt32(6)) : Defaults));
        }

        return all;
    }

    private static IQueryable<TenantRetention> Rows(FinOpsDbContext context, TenantId tenant) => context.Set<TenantRetention>().Where(row => row.TenantId == tenant.Value);

    private RetentionState StateOf(TenantRetention? row) =>
        row is null ? new RetentionState(Defaults, null, null, null) : new RetentionState(row.Days, EndOfUndo(row.ChangedAt), row.ChangedAt, row.ChangedBy);

    private DateTimeOffset? EndOfUndo(DateTimeOffset changedAt)
    {
        var end = changedAt.AddHours(options.Value.UndoHours);
        return end > clock.GetUtcNow() ? end : null;
    }

    private static TenantRetention RowOf(TenantId tenant, RetentionDays days, DateTimeOffset now, string author) => new()
    {
        TenantId = tenant.Value,
        CallDays = days.Calls,
        LinkDays = days.Links,
        IngestEventDays = days.IngestEvents,
        ResourceSampleDays = days.ResourceSamples,
        SumDays = days.Sums,
        CallSampleDays = days.CallSamples,
        ChangedAt = now,
        ChangedBy = Cut(author),
    };

    private static void Change(TenantRetention row, RetentionDays days, DateTimeOffset now, string author)
    {
        (row.CallDays, row.LinkDays, row.IngestEventDays, row.ResourceSampleDays, row.SumDays, row.CallSampleDays) =
            (days.Calls, days.Links, days.IngestEvents, days.ResourceSamples, days.Sums, days.CallSamples);
        (row.ChangedAt, row.ChangedBy) = (now, Cut(author));
    }

    private static string Cut(string name) => name.Length <= 256 ? name : name[..256];
}
