using FinOps.Analytics.Audit;
using FinOps.Analytics.Stores;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;

namespace FinOps.Analytics.Deletion;

/// <summary>Asks for the erasure of users of one tenant, and tells what became of it. The audit record names the erasure, never the user.</summary>
public sealed class UserErasures(FinOpsDatabase database, ClickHouseStore store, TimeProvider clock, IServiceProvider services)
{
    /// <summary>Erasures that are listed, the latest first. Default 50.</summary>
    public const int MaxListed = 50;

    /// <summary>Traces whose samples are counted at once; a user with more of them has at least as many. Default 100,000.</summary>
    private const int MaxSampledTraces = 100_000;

    /// <summary>Rows that name the user, by table, and samples of the traces that do.</summary>
    public async Task<IReadOnlyDictionary<string, long>> PreviewAsync(TenantId tenant, string user, CancellationToken cancellationToken)
    {
        var rows = (await store.QueryAsync(new RowsOfUser(tenant, user), cancellationToken)).ToDictionary(table => table.Table, table => table.Rows, StringComparer.Ordinal);
        rows[UserTables.Samples] = (await store.QueryAsync(new SampleTracesOfUser(tenant, user, MaxSampledTraces), cancellationToken)).Sum(trace => trace.Rows);
        return rows;
    }

    /// <summary>A job erases them. Asking again under the same id changes nothing.</summary>
    /// <exception cref="TenancyException">There is no user to erase, or the id is that of another erasure.</exception>
    public async Task<UserErasure> RequestAsync(TenantId tenant, Guid id, string user, bool deletesCalls, Actor actor, CancellationToken cancellationToken)
    {
        if (user.Length is 0 or > UserErasure.MaxUserLength) throw new TenancyException($"Name the user as calls do, in 1 to {UserErasure.MaxUserLength} characters.");
        if (user == EraseUser.Erased) throw new TenancyException("Who is erased has no name any more.");
        var erasure = await database.RunAsync(tenant, async context =>
        {
            if (await Rows(context, tenant).SingleOrDefaultAsync(row => row.Id == id, cancellationToken) is { } known)
            {
                var same = known.DeletesCalls == deletesCalls && (known.FinishedAt is not null || known.User == user);
                return same ? known : throw new TenancyException("There is another erasure with this id.");
            }

            var made = new UserErasure
            {
                TenantId = tenant.Value,
                Id = id,
                User = user,
                DeletesCalls = deletesCalls,
                RequestedAt = clock.GetUtcNow(),
                RequestedBy = actor.Name.Length <= 256 ? actor.Name : actor.Name[..256],
                Counts = RowCounts.None,
            };
            context.Add(made);
            await context.SaveChangesAsync(cancellationToken);
            await AuditTrail.RecordAsync(context, new AuditEntry(actor, AuditActs.UserErasureRequested, id.ToString(), "a user") { After = new { DeletesCalls = deletesCalls } }, cancellationToken);
            return made;
        }, cancellationToken);
        if (erasure.FinishedAt is null) Start(tenant.Value, id);
        return erasure;
    }

    /// <summary>Of all tenants those that were asked for a while ago and are not done: their job was never started, or gave up.</summary>
    internal async Task StartLateAsync(CancellationToken cancellationToken)
    {
        var before = clock.GetUtcNow() - FinishErasures.Patience;
        var late = await database.RunAsync(StoreScope.Erasures, context => context.Set<UserErasure>().IgnoreQueryFilters().AsNoTracking()
            .Where(row => row.FinishedAt == null && row.RequestedAt < before).OrderBy(row => row.RequestedAt).Select(row => new { row.TenantId, row.Id }).ToListAsync(cancellationToken), cancellationToken);
        foreach (var row in late) Start(row.TenantId, row.Id);
    }

    private void Start(Guid tenant, Guid id) => services.StartSoon<EraseUser>(job => job.RunAsync(tenant, id, CancellationToken.None));

    public async Task<UserErasure?> FindAsync(TenantId tenant, Guid id, CancellationToken cancellationToken) => await database.RunAsync(
        tenant, context => Rows(context, tenant).AsNoTracking().SingleOrDefaultAsync(row => row.Id == id, cancellationToken), cancellationToken);

    public async Task<IReadOnlyList<UserErasure>> ListAsync(TenantId tenant, CancellationToken cancellationToken) => await database.RunAsync(
        tenant, context => Rows(context, tenant).AsNoTracking().OrderByDescending(row => row.RequestedAt).Take(MaxListed).ToListAsync(cancellationToken), cancellationToken);

    /// <summary>Before rows change, so that an interruption loses no count: the larger of two counts of one table is kept.</summary>
    internal Task NoteAsync(TenantId tenant, Guid id, IReadOnlyDictionary<string, long> counts, CancellationToken cancellationToken) => database.RunAsync(tenant, async context =>
    {
        var row = await Rows(context, tenant).SingleAsync(one => one.Id == id, cancellationToken);
        var sums = RowCounts.Read(row.Counts);
        foreach (var (table, rows) in counts.Where(count => count.Value > 0)) sums[table] = Math.Max(sums.GetValueOrDefault(table), rows);
        row.Counts = RowCounts.Write(sums);
        return await context.SaveChangesAsync(cancellationToken);
    }, cancellationToken);

    internal Task FinishAsync(TenantId tenant, Guid id, CancellationToken cancellationToken) => database.RunAsync(tenant, async context =>
    {
        var row = await Rows(context, tenant).SingleAsync(one => one.Id == id, cancellationToken);
        if (row.FinishedAt is not null) return false;
        (row.User, row.FinishedAt) = ("", clock.GetUtcNow());
        await context.SaveChangesAsync(cancellationToken);
        var entry = new AuditEntry(Actor.OfJob("erasure"), AuditActs.DataDeleted, id.ToString(), "a user") { After = new { row.DeletesCalls, row.Rows }, Why = "asked for by " + row.RequestedBy };
        await AuditTrail.RecordAsync(context, entry, cancellationToken);
        return true;
    }, cancellationToken);

    private static IQueryable<UserErasure> Rows(FinOpsDbContext context, TenantId tenant) => context.Set<UserErasure>().Where(row => row.TenantId == tenant.Value);
}
