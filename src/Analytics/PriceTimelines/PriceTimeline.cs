using System.Diagnostics.Metrics;
using System.Globalization;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;

namespace FinOps.Analytics.PriceTimelines;

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

    /// <summary>Another price holds for the same at the same time.</summary>
    Overlaps,

    /// <summary>Somebody else changed it since it was looked at.</summary>
    Conflict,
    NotFound,
}

/// <param name="Problem">In plain words; null when done.</param>
/// <param name="Row">When done: what is believed from now on; null where a price was taken back.</param>
public sealed record ResourcePriceResult<TRow>(ResourcePriceOutcome Outcome, string? Problem = null, TRow? Row = null)
    where TRow : class;

/// <summary>One price as it was believed from <see cref="RecordedAt"/> until <see cref="SupersededAt"/>. Rows are never deleted.</summary>
public interface ITimelineRow : ITenantRow
{
    /// <summary>Stays when the price changes or gets an end.</summary>
    Guid Id { get; }

    /// <summary>Number of the change that made the row, counted per tenant from 1. Whoever edits hands it in: another number means that somebody else was there.</summary>
    long Change { get; }

    /// <summary>Number of the change that took its place.</summary>
    long? SupersededBy { get; set; }
    DateTimeOffset RecordedAt { get; }

    /// <summary>Null = still believed.</summary>
    DateTimeOffset? SupersededAt { get; set; }
    DateTimeOffset ValidFrom { get; }
    DateTimeOffset? ValidTo { get; }
    string Author { get; }
    string Reason { get; }
}

/// <summary>What the rows of one edit share.</summary>
public sealed record TimelineStamp(TenantId Tenant, DateTimeOffset Now, long Change, string Author, string Reason);

/// <summary>The acts of the audit record.</summary>
public sealed record TimelineActs(string Added, string Changed, string Ended);

/// <summary>What all timelines have in common, whatever their rows are.</summary>
public static class TimelineLimits
{
    public const int MaxReasonLength = 1_000;
    public const int MaxAuthorLength = 256;

    private static readonly Meter Meter = new("FinOps.Analytics.PriceTimelines");

    internal static readonly Counter<long> Edits = Meter.CreateCounter<long>("finops.resource_prices.edits", description: "Edits of prices of resources, by their sort and outcome");
}

/// <summary>A tenant's prices of one sort, bitemporal: nothing is rewritten, each edit supersedes rows and adds others, in one transaction with its audit entry.</summary>
/// <param name="name">Of the lock that edits take turns by, and of the counter's tag.</param>
/// <param name="maxPrices">Prices of a tenant that hold at some time.</param>
/// <param name="limit">What the limit is called in the options.</param>
public abstract class PriceTimeline<TRow, TPrice>(FinOpsDatabase database, TimeProvider clock, string name, TimelineActs acts, int maxPrices, string limit)
    where TRow : class, ITimelineRow
{
    /// <summary>What is believed now, by what it is for, the latest first.</summary>
    public Task<List<TRow>> ListAsync(TenantId tenant, CancellationToken cancellationToken) => database.RunAsync(tenant, context =>
        InOrder(Believed(context, tenant).AsNoTracking()).ToListAsync(cancellationToken), cancellationToken);

    /// <summary>Everything that was ever believed of one price, the latest change first.</summary>
    public Task<List<TRow>> HistoryAsync(TenantId tenant, Guid id, CancellationToken cancellationToken) => database.RunAsync(tenant, context =>
        Rows(context, tenant).AsNoTracking().Where(row => row.Id == id).OrderByDescending(row => row.Change).ThenByDescending(row => row.ValidFrom).Take(maxPrices).ToListAsync(cancellationToken), cancellationToken);

    public Task<ResourcePriceResult<TRow>> AddAsync(TenantId tenant, TPrice price, ResourcePriceEdit edit, CancellationToken cancellationToken) =>
        RunAsync(tenant, edit, acts.Added, async work =>
        {
            if (await Believed(work.Context, tenant).CountAsync(cancellationToken) >= maxPrices)
                return Refused(string.Create(CultureInfo.InvariantCulture, $"There may be at most {maxPrices:N0} {Noun}s ({limit})."));
            work.Added.Add(RowOf(price, Guid.CreateVersion7(work.Stamp.Now), null, work.Stamp));
            return null;
        }, cancellationToken);

    /// <summary>Another price, and whatever else of it, in its place.</summary>
    /// <param name="from">From this quarter hour on; the old one keeps the time before. Null = a correction: the old one never held.</param>
    public Task<ResourcePriceResult<TRow>> ChangeAsync(
        TenantId tenant, SeenResourcePrice seen, TPrice price, DateTimeOffset? from, ResourcePriceEdit edit, CancellationToken cancellationToken) =>
        RunAsync(tenant, edit, acts.Changed, async work =>
        {
            var (old, problem) = await FindAsync(work.Context, tenant, seen, cancellationToken);
            if (old is null) return problem;
            if (from is { } begins && (begins < old.ValidFrom || begins >= old.ValidTo)) return Refused($"The change lies outside of the time for which the {Noun} holds.");
            work.Superseded.Add(old);
            if (from > old.ValidFrom) work.Added.Add(Ending(old, from.Value, work.Stamp));
            work.Added.Add(RowOf(price, old.Id, from, work.Stamp));
            return null;
        }, cancellationToken);

    /// <param name="at">From this quarter hour on it holds no more. Null = it never held.</param>
    public Task<ResourcePriceResult<TRow>> EndAsync(TenantId tenant, SeenResourcePrice seen, DateTimeOffset? at, ResourcePriceEdit edit, CancellationToken cancellationToken) =>
        RunAsync(tenant, edit, acts.Ended, async work =>
        {
            var (old, problem) = await FindAsync(work.Context, tenant, seen, cancellationToken);
            if (old is null) return problem;
            if (at <= old.ValidFrom || at >= old.ValidTo) return Refused($"The end lies outside of the time for which the {Noun} holds.");
            work.Superseded.Add(old);
            if (at is { } end) work.Added.Add(Ending(old, end, work.Stamp));
            return null;
        }, cancellationToken);

    /// <param name="from">From when on it holds instead of when the price says; null = as it says.</param>
    protected abstract TRow RowOf(TPrice price, Guid id, DateTimeOffset? from, TimelineStamp stamp);

    /// <summary>The same price until then; null = until further notice.</summary>
    protected abstract TRow Ending(TRow row, DateTimeOffset? validTo, TimelineStamp stamp);

    /// <summary>What a row is called where an edit is refused.</summary>
    protected virtual string Noun => "price";

    protected abstract IOrderedQueryable<TRow> InOrder(IQueryable<TRow> rows);

    /// <summary>Null, or what is wrong with it.</summary>
    protected abstract string? ProblemOf(TRow row);

    /// <summary>Whether both are for the same, whenever they hold.</summary>
    protected abstract bool IsForTheSame(TRow one, TRow other);

    /// <summary>What it is for: "H100 on gpu-a".</summary>
    protected abstract string NameOf(TRow row);

    /// <summary>"4 USD an hour".</summary>
    protected abstract string AmountOf(TRow row);

    /// <summary>For the audit record.</summary>
    protected abstract object StateOf(TRow row);

    /// <summary>After an edit that is stored: what was rated by the prices is pending.</summary>
    protected abstract void Changed(TenantId tenant);

    /// <summary>Takes the last change of one price back: what it superseded is believed again, what it added is not. Undoing an undo brings the change back.</summary>
    /// <param name="seen">With the number of that change; another one since is a conflict.</param>
    protected Task<ResourcePriceResult<TRow>> UndoAsync(string act, TenantId tenant, SeenResourcePrice seen, ResourcePriceEdit edit, CancellationToken cancellationToken) =>
        RunAsync(tenant, edit, act, async work =>
        {
            var rows = await Rows(work.Context, tenant).Where(row => row.Id == seen.Id).ToListAsync(cancellationToken);
            if (rows.Count == 0) return NotFound();
            var last = rows.Max(row => row.SupersededBy ?? row.Change);
            if (last != seen.Change) return Conflict(rows);
            work.Superseded.AddRange(rows.Where(row => row.Change == last && row.SupersededAt is null));
            work.Added.AddRange(rows.Where(row => row.SupersededBy == last).OrderBy(row => row.ValidFrom).Select(row => Ending(row, row.ValidTo, work.Stamp)));
            return null;
        }, cancellationToken);

    /// <summary>For rating: what is believed now, and the number of its last change.</summary>
    protected Task<(List<TRow> Rows, long Version)> BelievedAsync(TenantId tenant, CancellationToken cancellationToken) => database.RunAsync(tenant, async context =>
        (await Believed(context, tenant).AsNoTracking().ToListAsync(cancellationToken), await LastChangeAsync(context, tenant, cancellationToken)), cancellationToken);

    private async Task<ResourcePriceResult<TRow>> RunAsync(
        TenantId tenant, ResourcePriceEdit edit, string act, Func<Work, Task<ResourcePriceResult<TRow>?>> decide, CancellationToken cancellationToken)
    {
        var reason = edit.Reason.Trim();
        var result = reason.Length is 0 or > TimelineLimits.MaxReasonLength || reason.Contains('\0', StringComparison.Ordinal)
            ? Refused($"Give a reason of at most {TimelineLimits.MaxReasonLength} characters: it stands in the price's history.")
            : await database.RunAsync(tenant, async context =>
            {
                // One edit at a time: versions follow on one another, and nobody overlaps unseen.
                await context.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock(hashtextextended({name + " " + tenant}, 0))", cancellationToken);
                var last = await Rows(context, tenant).MaxAsync(row => (DateTimeOffset?)(row.SupersededAt ?? row.RecordedAt), cancellationToken);
                var now = clock.GetUtcNow();
                now = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
                if (last >= now) now = last.Value.AddMicroseconds(1);
                var author = edit.Actor.Name is { Length: > TimelineLimits.MaxAuthorLength } full ? full[..TimelineLimits.MaxAuthorLength] : edit.Actor.Name;
                var work = new Work(context, new TimelineStamp(tenant, now, await LastChangeAsync(context, tenant, cancellationToken) + 1, author, reason));
                return await decide(work) ?? await SaveAsync(work, edit.Actor, act, cancellationToken);
            }, cancellationToken);
        if (result.Outcome == ResourcePriceOutcome.Done) Changed(tenant);
        TimelineLimits.Edits.Add(1, new KeyValuePair<string, object?>("sort", name), new KeyValuePair<string, object?>("outcome", result.Outcome.ToString()));
        return result;
    }

    private async Task<ResourcePriceResult<TRow>> SaveAsync(Work work, Actor actor, string act, CancellationToken cancellationToken)
    {
        var stamp = work.Stamp;
        var gone = work.Superseded.Select(row => (row.Id, row.Change, row.ValidFrom)).ToHashSet();
        var believed = (await Believed(work.Context, stamp.Tenant).AsNoTracking().ToListAsync(cancellationToken)).FindAll(row => !gone.Contains((row.Id, row.Change, row.ValidFrom)));
        foreach (var row in work.Added)
        {
            if (ProblemOf(row) is { } problem) return Refused(problem);
            if (believed.Concat(work.Added.TakeWhile(other => other != row)).FirstOrDefault(other => Overlap(row, other)) is { } there)
                return new ResourcePriceResult<TRow>(ResourcePriceOutcome.Overlaps, TextOf(row, there));
        }

        foreach (var row in work.Superseded) (row.SupersededAt, row.SupersededBy) = (stamp.Now, stamp.Change);
        await work.Context.SaveChangesAsync(cancellationToken);
        work.Context.AddRange(work.Added);
        await work.Context.SaveChangesAsync(cancellationToken);
        var one = work.Added.LastOrDefault() ?? work.Superseded[0];
        await AuditTrail.RecordAsync(work.Context, new AuditEntry(actor, act, one.Id.ToString(), NameOf(one))
        {
            Before = work.Superseded.ConvertAll(StateOf),
            After = work.Added.ConvertAll(StateOf),
            Why = stamp.Reason,
        }, cancellationToken);
        return new ResourcePriceResult<TRow>(ResourcePriceOutcome.Done, Row: work.Added.LastOrDefault());
    }

    private bool Overlap(TRow one, TRow other) =>
        IsForTheSame(one, other) && (other.ValidTo is null || one.ValidFrom < other.ValidTo) && (one.ValidTo is null || other.ValidFrom < one.ValidTo);

    private string TextOf(TRow wanted, TRow there) => string.Create(CultureInfo.InvariantCulture,
        $"{NameOf(wanted)} from {wanted.ValidFrom:d MMM yyyy, HH:mm} UTC ({AmountOf(wanted)}) overlaps what holds from {there.ValidFrom:d MMM yyyy, HH:mm} UTC ({AmountOf(there)}). Change or end that one.");

    private async Task<(TRow? Row, ResourcePriceResult<TRow>? Problem)> FindAsync(FinOpsDbContext context, TenantId tenant, SeenResourcePrice seen, CancellationToken cancellationToken)
    {
        var rows = await Rows(context, tenant).Where(row => row.Id == seen.Id).ToListAsync(cancellationToken);
        if (rows.Count == 0) return (null, NotFound());
        // After a change from an instant on, the price has two rows: the one that holds last is the one to edit.
        var believed = rows.Where(row => row.SupersededAt is null).MaxBy(row => row.ValidFrom);
        return believed is not null && believed.Change == seen.Change ? (believed, null) : (null, Conflict(rows));
    }

    private static ResourcePriceResult<TRow> Conflict(List<TRow> rows)
    {
        var latest = rows.MaxBy(row => row.SupersededBy ?? row.Change)!;
        var author = rows.Find(row => row.Change == latest.SupersededBy) ?? latest;
        return new ResourcePriceResult<TRow>(ResourcePriceOutcome.Conflict, string.Create(CultureInfo.InvariantCulture,
            $"{author.Author} changed it on {latest.SupersededAt ?? latest.RecordedAt:d MMM yyyy, HH:mm:ss} UTC. Look again, then decide."));
    }

    private ResourcePriceResult<TRow> NotFound() => new(ResourcePriceOutcome.NotFound, $"There is no such {Noun}.");

    private static async Task<long> LastChangeAsync(FinOpsDbContext context, TenantId tenant, CancellationToken cancellationToken) =>
        await Rows(context, tenant).MaxAsync(row => (long?)(row.SupersededBy ?? row.Change), cancellationToken) ?? 0;

    private static IQueryable<TRow> Rows(FinOpsDbContext context, TenantId tenant) => context.Set<TRow>().Where(row => row.TenantId == tenant.Value);

    private static IQueryable<TRow> Believed(FinOpsDbContext context, TenantId tenant) => Rows(context, tenant).Where(row => row.SupersededAt == null);

    private static ResourcePriceResult<TRow> Refused(string problem) => new(ResourcePriceOutcome.Refused, problem);

    /// <summary>Rows of one edit.</summary>
    private sealed record Work(FinOpsDbContext Context, TimelineStamp Stamp)
    {
        public List<TRow> Added { get; } = [];
        public List<TRow> Superseded { get; } = [];
    }
}
