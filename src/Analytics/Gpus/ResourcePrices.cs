using System.Diagnostics.Metrics;
using System.Globalization;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Domain.Allocation;
using FinOps.Domain.Tenancy;
using Hangfire;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Gpus;

/// <summary>Who changes a price, and why; both stand in its history and in the audit record.</summary>
public sealed record ResourcePriceEdit(Actor Actor, string Reason);

/// <summary>Which state of a price somebody looked at: its id and the number of its last change.</summary>
public readonly record struct SeenResourcePrice(Guid Id, long Change);

/// <summary>How an edit ended.</summary>
public enum ResourcePriceOutcome
{
    Done,

    /// <summary>Not a possible price, or over a limit.</summary>
    Refused,

    /// <summary>Another price holds for the same accelerator and hosts at the same time.</summary>
    Overlaps,

    /// <summary>Somebody else changed it since it was looked at.</summary>
    Conflict,
    NotFound,
}

/// <param name="Problem">In plain words; null when done.</param>
/// <param name="Row">When done: what is believed from now on; null where a price was taken back.</param>
public sealed record ResourcePriceResult(ResourcePriceOutcome Outcome, string? Problem = null, RecordedResourcePrice? Row = null);

/// <summary>A tenant's prices of GPU hours, bitemporal: nothing is rewritten, each edit supersedes rows and adds others, in one transaction with its audit entry.</summary>
/// <param name="services">For Hangfire, which opens only when PostgreSQL is there; without it the recurring job rates anew.</param>
public sealed class ResourcePrices(FinOpsDatabase database, TimeProvider clock, IOptions<GpuOptions> options, IServiceProvider services)
{
    public const int MaxReasonLength = 1_000;

    private static readonly Meter Meter = new("FinOps.Analytics.Gpus");
    private static readonly Counter<long> Edits = Meter.CreateCounter<long>("finops.resource_prices.edits", description: "Edits of prices of GPU hours, by outcome");

    /// <summary>What is believed now, by accelerator and hosts, the latest first.</summary>
    public Task<List<RecordedResourcePrice>> ListAsync(TenantId tenant, CancellationToken cancellationToken) => database.RunAsync(tenant, context =>
        Believed(context, tenant).AsNoTracking().OrderBy(row => row.Accelerator).ThenBy(row => row.Hosts).ThenByDescending(row => row.ValidFrom).ToListAsync(cancellationToken), cancellationToken);

    /// <summary>Everything that was ever believed of one price, the latest change first.</summary>
    public Task<List<RecordedResourcePrice>> HistoryAsync(TenantId tenant, Guid id, CancellationToken cancellationToken) => database.RunAsync(tenant, context =>
        Rows(context, tenant).AsNoTracking().Where(row => row.Id == id).OrderByDescending(row => row.Change).ThenByDescending(row => row.ValidFrom).Take(options.Value.MaxPrices).ToListAsync(cancellationToken), cancellationToken);

    /// <summary>For rating: what is believed now, with the version that it is.</summary>
    public Task<AcceleratorPrices> SnapshotAsync(TenantId tenant, CancellationToken cancellationToken) => database.RunAsync(tenant, async context =>
    {
        var rows = await Believed(context, tenant).AsNoTracking().ToListAsync(cancellationToken);
        return new AcceleratorPrices(rows.Select(row => row.ToPrice()), await LastChangeAsync(context, tenant, cancellationToken));
    }, cancellationToken);

    public Task<ResourcePriceResult> AddAsync(TenantId tenant, AcceleratorPrice price, ResourcePriceEdit edit, CancellationToken cancellationToken) =>
        RunAsync(tenant, edit, AuditActs.ResourcePriceAdded, async work =>
        {
            if (await Believed(work.Context, tenant).CountAsync(cancellationToken) >= options.Value.MaxPrices)
                return Refused(string.Create(CultureInfo.InvariantCulture, $"There may be at most {options.Value.MaxPrices:N0} prices ({GpuOptions.Section}:{nameof(GpuOptions.MaxPrices)})."));
            work.Add(price with { Id = Guid.CreateVersion7(work.Now) });
            return null;
        }, cancellationToken);

    /// <summary>Another price, and whatever else of it, in its place.</summary>
    /// <param name="from">From this quarter hour on; the old one keeps the time before. Null = a correction: the old one never held.</param>
    public Task<ResourcePriceResult> ChangeAsync(
        TenantId tenant, SeenResourcePrice seen, AcceleratorPrice price, DateTimeOffset? from, ResourcePriceEdit edit, CancellationToken cancellationToken) =>
        RunAsync(tenant, edit, AuditActs.ResourcePriceChanged, async work =>
        {
            var (old, problem) = await FindAsync(work.Context, tenant, seen, cancellationToken);
            if (old is null) return problem;
            if (from is { } begins && (begins < old.ValidFrom || begins >= old.ValidTo)) return Refused("The change lies outside of the time for which the price holds.");
            work.Supersede(old);
            if (from > old.ValidFrom) work.Add(old.ToPrice() with { ValidTo = from });
            work.Add(price with { Id = old.Id, ValidFrom = from ?? price.ValidFrom });
            return null;
        }, cancellationToken);

    /// <param name="at">From this quarter hour on it holds no more. Null = it never held.</param>
    public Task<ResourcePriceResult> EndAsync(TenantId tenant, SeenResourcePrice seen, DateTimeOffset? at, ResourcePriceEdit edit, CancellationToken cancellationToken) =>
        RunAsync(tenant, edit, AuditActs.ResourcePriceEnded, async work =>
        {
            var (old, problem) = await FindAsync(work.Context, tenant, seen, cancellationToken);
            if (old is null) return problem;
            if (at <= old.ValidFrom || at >= old.ValidTo) return Refused("The end lies outside of the time for which the price holds.");
            work.Supersede(old);
            if (at is not null) work.Add(old.ToPrice() with { ValidTo = at });
            return null;
        }, cancellationToken);

    private async Task<ResourcePriceResult> RunAsync(
        TenantId tenant, ResourcePriceEdit edit, string act, Func<Work, Task<ResourcePriceResult?>> decide, CancellationToken cancellationToken)
    {
        var reason = edit.Reason.Trim();
        var result = reason.Length is 0 or > MaxReasonLength || reason.Contains('\0', StringComparison.Ordinal)
            ? Refused($"Give a reason of at most {MaxReasonLength} characters: it stands in the price's history.")
            : await database.RunAsync(tenant, async context =>
            {
                // One edit at a time: versions follow on one another, and nobody overlaps unseen.
                await context.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock(hashtextextended({"resource prices " + tenant}, 0))", cancellationToken);
                var last = await Rows(context, tenant).MaxAsync(row => (DateTimeOffset?)(row.SupersededAt ?? row.RecordedAt), cancellationToken);
                var now = clock.GetUtcNow();
                now = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
                if (last >= now) now = last.Value.AddMicroseconds(1);
                var work = new Work(context, tenant, now, await LastChangeAsync(context, tenant, cancellationToken) + 1, edit.Actor.Name is { Length: > 256 } name ? name[..256] : edit.Actor.Name, reason);
                return await decide(work) ?? await SaveAsync(work, edit.Actor, act, cancellationToken);
            }, cancellationToken);
        if (result.Outcome == ResourcePriceOutcome.Done) services.GetService<IBackgroundJobClient>()?.Enqueue<RebuildDeviceCosts>(job => job.RunAsync(tenant.Value, CancellationToken.None));
        Edits.Add(1, new KeyValuePair<string, object?>("outcome", result.Outcome.ToString()));
        return result;
    }

    private static async Task<ResourcePriceResult> SaveAsync(Work work, Actor actor, string act, CancellationToken cancellationToken)
    {
        var gone = work.Superseded.Select(row => (row.Id, row.Change, row.ValidFrom)).ToHashSet();
        var believed = (await Believed(work.Context, work.Tenant).AsNoTracking().ToListAsync(cancellationToken)).FindAll(row => !gone.Contains((row.Id, row.Change, row.ValidFrom)));
        foreach (var row in work.Added)
        {
            if (row.ToPrice().FindProblem() is { } problem) return Refused(problem);
            if (believed.Concat(work.Added.TakeWhile(other => other != row)).FirstOrDefault(other => Overlap(row, other)) is { } there) return new ResourcePriceResult(ResourcePriceOutcome.Overlaps, TextOf(row, there));
        }

        foreach (var row in work.Superseded) (row.SupersededAt, row.SupersededBy) = (work.Now, work.Change);
        await work.Context.SaveChangesAsync(cancellationToken);
        work.Context.AddRange(work.Added);
        await work.Context.SaveChangesAsync(cancellationToken);
        var subject = (work.Added.LastOrDefault() ?? work.Superseded[0]).Id.ToString();
        var name = (work.Added.LastOrDefault() ?? work.Superseded[0]) is var one ? $"{one.Accelerator} on {one.Hosts}" : "";
        await AuditTrail.RecordAsync(work.Context, new AuditEntry(actor, act, subject, name)
        {
            Before = work.Superseded.ConvertAll(State),
            After = work.Added.ConvertAll(State),
            Why = work.Reason,
        }, cancellationToken);
        return new ResourcePriceResult(ResourcePriceOutcome.Done, Row: work.Added.LastOrDefault());
    }

    private static object State(RecordedResourcePrice row) =>
        new { row.Accelerator, row.Hosts, row.Provider, row.Region, Purchase = row.Purchase.ToString(), row.PricePerHour, row.ValidFrom, row.ValidTo };

    private static bool Overlap(RecordedResourcePrice one, RecordedResourcePrice other) =>
        one.Accelerator == other.Accelerator && one.Hosts == other.Hosts
        && (other.ValidTo is null || one.ValidFrom < other.ValidTo) && (one.ValidTo is null || other.ValidFrom < one.ValidTo);

    private static string TextOf(RecordedResourcePrice wanted, RecordedResourcePrice there) => string.Create(CultureInfo.InvariantCulture,
        $"{wanted.Accelerator} on {wanted.Hosts} from {wanted.ValidFrom:d MMM yyyy, HH:mm} UTC ({wanted.PricePerHour} USD an hour) overlaps what holds from {there.ValidFrom:d MMM yyyy, HH:mm} UTC ({there.PricePerHour} USD an hour). Change or end that one.");

    private static async Task<(RecordedResourcePrice? Row, ResourcePriceResult? Problem)> FindAsync(FinOpsDbContext context, TenantId tenant, SeenResourcePrice seen, CancellationToken cancellationToken)
    {
        var rows = await Rows(context, tenant).Where(row => row.Id == seen.Id).ToListAsync(cancellationToken);
        if (rows.Count == 0) return (null, new ResourcePriceResult(ResourcePriceOutcome.NotFound, "There is no such price."));
        // After a change from an instant on, the price has two rows: the one that holds last is the one to edit.
        var believed = rows.Where(row => row.SupersededAt is null).MaxBy(row => row.ValidFrom);
        if (believed is not null && believed.Change == seen.Change) return (believed, null);
        var latest = rows.MaxBy(row => row.SupersededBy ?? row.Change)!;
        var author = rows.Find(row => row.Change == latest.SupersededBy) ?? latest;
        return (null, new ResourcePriceResult(ResourcePriceOutcome.Conflict, string.Create(CultureInfo.InvariantCulture,
            $"{author.Author} changed it on {latest.SupersededAt ?? latest.RecordedAt:d MMM yyyy, HH:mm:ss} UTC. Look again, then decide.")));
    }

    private static async Task<long> LastChangeAsync(FinOpsDbContext context, TenantId tenant, CancellationToken cancellationToken) =>
        await Rows(context, tenant).MaxAsync(row => (long?)(row.SupersededBy ?? row.Change), cancellationToken) ?? 0;

    private static IQueryable<RecordedResourcePrice> Rows(FinOpsDbContext context, TenantId tenant) => context.Set<RecordedResourcePrice>().Where(row => row.TenantId == tenant.Value);

    private static IQueryable<RecordedResourcePrice> Believed(FinOpsDbContext context, TenantId tenant) => Rows(context, tenant).Where(row => row.SupersededAt == null);

    private static ResourcePriceResult Refused(string problem) => new(ResourcePriceOutcome.Refused, problem);

    /// <summary>Rows of one edit.</summary>
    private sealed record Work(FinOpsDbContext Context, TenantId Tenant, DateTimeOffset Now, long Change, string Author, string Reason)
    {
        public List<RecordedResourcePrice> Added { get; } = [];
        public List<RecordedResourcePrice> Superseded { get; } = [];

        public void Supersede(RecordedResourcePrice row) => Superseded.Add(row);

        public void Add(AcceleratorPrice price)
        {
            var row = price.Normal();
            Added.Add(new RecordedResourcePrice
            {
                TenantId = Tenant.Value,
                Id = row.Id,
                Change = Change,
                RecordedAt = Now,
                Accelerator = row.Accelerator,
                Hosts = row.Hosts,
                Provider = row.Provider,
                Region = row.Region,
                Purchase = row.Purchase,
                PricePerHour = row.PricePerHour,
                ValidFrom = row.ValidFrom,
                ValidTo = row.ValidTo,
                Author = Author,
                Reason = Reason,
            });
        }
    }
}
