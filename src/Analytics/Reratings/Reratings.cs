using System.Globalization;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Prices;
using FinOps.Analytics.Retention;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Reratings;

/// <summary>What to rate anew.</summary>
/// <param name="Range">Calls that started in it.</param>
/// <param name="Provider">Only calls of this provider, as they tell it; null = of all.</param>
/// <param name="Model">Only calls of this model, as they tell it; null = of all.</param>
/// <param name="Reason">For whoever reads the record.</param>
public sealed record ReratingRequest(TimeRange Range, string? Provider, string? Model, string Reason);

/// <summary>Starts, applies, takes back and cancels re-ratings of one tenant, and keeps how far they are. Only <see cref="RerateCalls"/> touches calls.</summary>
public sealed class Reratings(FinOpsDatabase database, ClickHouseStore store, TimeProvider clock, IOptions<ReratingOptions> options, IServiceProvider services)
{
    /// <summary>Re-ratings that are listed, the latest first. Default 50.</summary>
    public const int MaxListed = 50;

    /// <summary>Starts a preview with the price book as it is now. Nothing of a call changes before a person applies it.</summary>
    /// <exception cref="TenancyException">The range is none, or too long, or another re-rating of the same calls is not done with.</exception>
    public async Task<Rerating> RequestAsync(TenantId tenant, ReratingRequest request, Actor actor, CancellationToken cancellationToken)
    {
        var reason = request.Reason.Trim();
        if (reason.Length is 0 or > Rerating.MaxReasonLength) throw new TenancyException($"Give the reason, in 1 to {Rerating.MaxReasonLength} characters: it stays in the audit record.");
        var (from, to) = await WithinOpenCellsAsync(tenant, request.Range, cancellationToken);
        var run = await database.RunAsync(tenant, async context =>
        {
            await LockAsync(context, tenant, cancellationToken);
            var open = await Rows(context, tenant).Where(row => row.State == ReratingState.Previewing || row.State == ReratingState.Previewed
                || row.State == ReratingState.Applying || row.State == ReratingState.Reverting).ToListAsync(cancellationToken);
            if (open.Find(row => row.Overlaps(from, to, request.Provider, request.Model)) is { } other) throw new TenancyException(Refusal(other));
            var made = new Rerating
            {
                TenantId = tenant.Value,
                Id = Guid.CreateVersion7(clock.GetUtcNow()),
                From = from,
                To = to,
                Provider = request.Provider,
                Model = request.Model,
                Reason = reason,
                RequestedAt = clock.GetUtcNow(),
                RequestedBy = NameOf(actor),
                BookVersion = await context.Set<PriceChange>().MaxAsync(change => (long?)change.Id, cancellationToken) ?? 0,
                State = ReratingState.Previewing,
                NextStart = from,
                StateSince = clock.GetUtcNow(),
                Problem = "",
            };
            context.Add(made);
            await context.SaveChangesAsync(cancellationToken);
            await AuditTrail.RecordAsync(context, new AuditEntry(actor, AuditActs.ReratingRequested, made.Id.ToString(), NameOf(made))
            {
                After = new { made.From, made.To, made.Provider, made.Model, made.BookVersion },
                Why = reason,
            }, cancellationToken);
            return made;
        }, cancellationToken);
        Start(run);
        return run;
    }

    /// <summary>The difference becomes the truth. Again while it is applied, or after, changes nothing.</summary>
    /// <exception cref="TenancyException">There is nothing to apply.</exception>
    public Task<Rerating?> ApplyAsync(TenantId tenant, Guid id, Actor actor, CancellationToken cancellationToken) => ActAsync(tenant, id, actor, AuditActs.ReratingApplied, run =>
    {
        if (run.State is ReratingState.Applying or ReratingState.Applied) return false;
        if (run.State == ReratingState.Previewing) throw new TenancyException("The preview is not done yet: apply it when its difference is known.");
        if (!run.CanApply) throw new TenancyException(run.State == ReratingState.Previewed ? "No cost would change: there is nothing to apply." : $"It is {Word(run.State)}: start a new one.");
        (run.AppliedBy, run.AppliedAt) = (NameOf(actor), clock.GetUtcNow());
        Enter(run, ReratingState.Applying);
        return true;
    }, cancellationToken);

    /// <summary>Calls get back the costs that they had before. Again changes nothing.</summary>
    /// <exception cref="TenancyException">Nothing of it was applied.</exception>
    public Task<Rerating?> RevertAsync(TenantId tenant, Guid id, Actor actor, CancellationToken cancellationToken) => ActAsync(tenant, id, actor, AuditActs.ReratingReverted, run =>
    {
        if (run.State is ReratingState.Reverting or ReratingState.Reverted) return false;
        if (!run.CanRevert) throw new TenancyException("Nothing of it was applied: there is nothing to take back.");
        (run.EndedBy, run.EndedAt) = (NameOf(actor), clock.GetUtcNow());
        Enter(run, ReratingState.Reverting);
        return true;
    }, cancellationToken);

    /// <summary>The worker stops at its next slice. What was applied by then stays, and can be taken back.</summary>
    /// <exception cref="TenancyException">It is over.</exception>
    public Task<Rerating?> CancelAsync(TenantId tenant, Guid id, Actor actor, CancellationToken cancellationToken) => ActAsync(tenant, id, actor, AuditActs.ReratingCancelled, run =>
    {
        if (run.State == ReratingState.Cancelled) return false;
        if (!run.CanCancel) throw new TenancyException($"It is {Word(run.State)}: there is nothing to cancel.");
        (run.EndedBy, run.EndedAt) = (NameOf(actor), clock.GetUtcNow());
        Enter(run, ReratingState.Cancelled);
        return true;
    }, cancellationToken);

    public Task<Rerating?> FindAsync(TenantId tenant, Guid id, CancellationToken cancellationToken) => database.RunAsync(
        tenant, context => Rows(context, tenant).AsNoTracking().SingleOrDefaultAsync(row => row.Id == id, cancellationToken), cancellationToken);

    public async Task<IReadOnlyList<Rerating>> ListAsync(TenantId tenant, CancellationToken cancellationToken) => await database.RunAsync(
        tenant, context => Rows(context, tenant).AsNoTracking().OrderByDescending(row => row.RequestedAt).Take(MaxListed).ToListAsync(cancellationToken), cancellationToken);

    /// <summary>Of all tenants those that have something to do and that nobody holds.</summary>
    internal async Task<IReadOnlyList<(Guid Tenant, Guid Id)>> LeftAloneAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var rows = await database.RunAsync(StoreScope.Reratings, context => context.Set<Rerating>().IgnoreQueryFilters().AsNoTracking()
            .Where(row => (row.State == ReratingState.Previewing || row.State == ReratingState.Applying || row.State == ReratingState.Reverting) && (row.HeldUntil == null || row.HeldUntil < now))
            .OrderBy(row => row.RequestedAt).Select(row => new { row.TenantId, row.Id }).ToListAsync(cancellationToken), cancellationToken);
        return [.. rows.Select(row => (row.TenantId, row.Id))];
    }

    /// <summary>For one worker alone. Null: it has nothing to do, or another worker has it.</summary>
    internal Task<Rerating?> TakeAsync(TenantId tenant, Guid id, CancellationToken cancellationToken) => ChangeAsync(tenant, id, run =>
    {
        if (!run.IsAtWork || run.HeldUntil > clock.GetUtcNow()) return false;
        Hold(run);
        return true;
    }, cancellationToken);

    /// <summary>Notes a slice that is done. Null: it was cancelled meanwhile, and the worker stops.</summary>
    internal Task<Rerating?> AdvanceAsync(TenantId tenant, Rerating seen, Action<Rerating> note, CancellationToken cancellationToken) => ChangeAsync(tenant, seen.Id, run =>
    {
        if (run.State != seen.State) return false;
        note(run);
        run.Failures = 0;
        run.Problem = "";
        Hold(run);
        return true;
    }, cancellationToken);

    internal Task<Rerating?> FinishAsync(TenantId tenant, Rerating seen, ReratingState state, CancellationToken cancellationToken) => ChangeAsync(tenant, seen.Id, run =>
    {
        if (run.State != seen.State) return false;
        run.State = state;
        run.StateSince = clock.GetUtcNow();
        run.HeldUntil = null;
        return true;
    }, cancellationToken);

    /// <summary>A worker gave up: the next one may go on at once, but not for ever.</summary>
    internal Task<Rerating?> GiveUpAsync(TenantId tenant, Rerating seen, string problem, CancellationToken cancellationToken) => ChangeAsync(tenant, seen.Id, run =>
    {
        if (run.State != seen.State) return false;
        run.Problem = problem.Length <= 1_000 ? problem : problem[..1_000];
        run.HeldUntil = null;
        if (++run.Failures < options.Value.MaxFailures) return true;
        run.State = ReratingState.Failed;
        run.StateSince = clock.GetUtcNow();
        return true;
    }, cancellationToken);

    private async Task<Rerating?> ActAsync(TenantId tenant, Guid id, Actor actor, string act, Func<Rerating, bool> change, CancellationToken cancellationToken)
    {
        var changed = false;
        var run = await database.RunAsync(tenant, async context =>
        {
            await LockAsync(context, tenant, cancellationToken);
            if (await Rows(context, tenant).SingleOrDefaultAsync(row => row.Id == id, cancellationToken) is not { } row) return null;
            var before = row.State;
            if (!change(row)) return row;
            changed = true;
            await context.SaveChangesAsync(cancellationToken);
            await AuditTrail.RecordAsync(context, new AuditEntry(actor, act, id.ToString(), NameOf(row))
            {
                Before = new { State = Word(before) },
                After = new { State = Word(row.State), row.ChangedCalls, row.OldCost, row.NewCost },
                Why = row.Reason,
            }, cancellationToken);
            return row;
        }, cancellationToken);
        if (changed && run!.IsAtWork) Start(run);
        return run;
    }

    private Task<Rerating?> ChangeAsync(TenantId tenant, Guid id, Func<Rerating, bool> change, CancellationToken cancellationToken) => database.RunAsync(tenant, async context =>
    {
        await LockAsync(context, tenant, cancellationToken);
        var row = await Rows(context, tenant).SingleOrDefaultAsync(one => one.Id == id, cancellationToken);
        if (row is null || !change(row)) return null;
        await context.SaveChangesAsync(cancellationToken);
        return row;
    }, cancellationToken);

    /// <summary>Closed cells outlive their calls: their sums stand for good, so that no cost below them may change.</summary>
    private async Task<(DateTimeOffset From, DateTimeOffset To)> WithinOpenCellsAsync(TenantId tenant, TimeRange range, CancellationToken cancellationToken)
    {
        // PostgreSQL keeps microseconds.
        var (from, to) = (Micros(range.From), Micros(range.To));
        if (from >= to) throw new TenancyException("The range must begin before it ends.");
        if (to - from > TimeSpan.FromDays(options.Value.MaxRangeDays))
            throw new TenancyException(string.Create(CultureInfo.InvariantCulture, $"At most {options.Value.MaxRangeDays} days are rated anew at once: divide the range."));
        var closed = DateTimeOffset.FromUnixTimeSeconds((await store.QueryAsync(new ClosedUntil(tenant, 0), cancellationToken))[0].Closed);
        if (closed >= to) throw new TenancyException("The calls of this range are older than the retention: their sums are closed.");
        return (closed > from ? closed : from, to);

        static DateTimeOffset Micros(DateTimeOffset instant) => new(instant.UtcTicks - instant.UtcTicks % TimeSpan.TicksPerMicrosecond, TimeSpan.Zero);
    }

    private void Enter(Rerating run, ReratingState state)
    {
        run.State = state;
        run.StateSince = clock.GetUtcNow();
        (run.NextStart, run.WritesDone, run.Failures, run.Problem) = (run.From, 0, 0, "");
        // Whoever worked on it notices at its next slice.
        run.HeldUntil = null;
    }

    private void Hold(Rerating run) => run.HeldUntil = clock.GetUtcNow().AddSeconds(options.Value.HoldSeconds);

    private void Start(Rerating run) =>
        services.StartSoon<RerateCalls>(job => job.RunAsync(run.TenantId, run.Id, CancellationToken.None));

    private static Task LockAsync(FinOpsDbContext context, TenantId tenant, CancellationToken cancellationToken) =>
        context.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock(hashtextextended({"reratings " + tenant}, 0))", cancellationToken);

    private static IQueryable<Rerating> Rows(FinOpsDbContext context, TenantId tenant) => context.Set<Rerating>().Where(row => row.TenantId == tenant.Value);

    private static string Refusal(Rerating other) => string.Create(CultureInfo.InvariantCulture,
        $"Another re-rating of these calls is {Word(other.State)}: {NameOf(other)}, asked for by {other.RequestedBy} ({other.Id}). Apply or cancel it first.");

    private static string NameOf(Rerating run) => string.Create(CultureInfo.InvariantCulture,
        $"{run.Model ?? "all models"}{(run.Provider is { Length: > 0 } provider ? " of " + provider : "")}, {run.From:yyyy-MM-dd HH:mm} to {run.To:yyyy-MM-dd HH:mm} UTC");

    private static string NameOf(Actor actor) => actor.Name.Length <= 256 ? actor.Name : actor.Name[..256];

    private static string Word(ReratingState state) => state.ToString().ToLowerInvariant();
}
