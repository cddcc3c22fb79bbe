using System.Globalization;
using FinOps.Analytics.Alerts;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Channels;
using FinOps.Analytics.Stores;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Budgets;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Budgets;

/// <summary>A budget with how it stands.</summary>
/// <param name="Row">As stored.</param>
/// <param name="Budget">As it is defined.</param>
/// <param name="Period">The period of now.</param>
/// <param name="State">What the last evaluation found in it; null before the first one.</param>
/// <param name="Evaluation">The same at this instant; null before the first one.</param>
/// <param name="Forecast">What was foretold of the period; null before the first forecast.</param>
public sealed record BudgetStanding(RecordedBudget Row, Budget Budget, BudgetPeriod Period, BudgetPeriodState? State, BudgetEvaluation? Evaluation, RecordedForecast? Forecast = null);

/// <summary>A budget was not changed: somebody else changed it since it was seen.</summary>
public sealed class BudgetConflictException(string message) : Exception(message);

/// <summary>Makes, changes, archives and lists a tenant's budgets. Each change is a version of its own, with an entry of the audit record; nothing is overwritten unseen.</summary>
public sealed class BudgetBook(FinOpsDatabase database, TimeProvider clock, IOptions<BudgetOptions> options, IServiceProvider services)
{
    /// <summary>Versions and periods that the history shows, the latest of them. Default 100 each.</summary>
    public const int MaxHistory = 100;

    /// <exception cref="TenancyException">It cannot be so, its name is taken, or there are too many.</exception>
    public async Task<RecordedBudget> AddAsync(TenantId tenant, Budget budget, Actor actor, CancellationToken cancellationToken)
    {
        var wanted = Checked(budget);
        var made = await database.RunAsync(tenant, async context =>
        {
            await LockAsync(context, tenant, cancellationToken);
            await RequireOwnProjectsAsync(context, wanted, cancellationToken);
            await ChannelBook.RequireOwnAsync(context, tenant, wanted.Channels, cancellationToken);
            await RequireNameAsync(context, tenant, wanted, cancellationToken);
            if (await Active(context, tenant).CountAsync(cancellationToken) >= options.Value.MaxBudgets)
                throw new TenancyException(string.Create(CultureInfo.InvariantCulture, $"An organisation has at most {options.Value.MaxBudgets:N0} budgets. Archive one first."));
            var now = Now();
            var row = new RecordedBudget
            {
                TenantId = tenant.Value,
                Id = wanted.Id,
                Name = wanted.Name,
                Definition = AlertJson.Write(wanted),
                Version = 1,
                MadeAt = now,
                MadeBy = NameOf(actor),
                ChangedAt = now,
                ChangedBy = NameOf(actor),
            };
            context.Add(row);
            context.Add(VersionOf(row, BudgetAct.Made));
            await context.SaveChangesAsync(cancellationToken);
            await AuditTrail.RecordAsync(context, new AuditEntry(actor, AuditActs.BudgetMade, row.Id.ToString(), row.Name) { After = wanted }, cancellationToken);
            return row;
        }, cancellationToken);
        EvaluateSoon(tenant, made.Id);
        return made;
    }

    /// <summary>Null: the tenant has no such budget.</summary>
    /// <param name="seen">The version that was looked at.</param>
    /// <exception cref="BudgetConflictException">There is a later version.</exception>
    /// <exception cref="TenancyException">It cannot be so, or its name is taken.</exception>
    public Task<RecordedBudget?> ChangeAsync(TenantId tenant, Budget budget, int seen, Actor actor, CancellationToken cancellationToken) =>
        ChangeAsync(tenant, budget.Id, seen, BudgetAct.Changed, AuditActs.BudgetChanged, actor, (_, _) => Task.FromResult(Checked(budget)), cancellationToken);

    /// <summary>Puts an earlier version back, as a new one. Null: the tenant has no such budget or version.</summary>
    public Task<RecordedBudget?> UndoAsync(TenantId tenant, Guid id, int version, int seen, Actor actor, CancellationToken cancellationToken) =>
        ChangeAsync(tenant, id, seen, BudgetAct.Undone, AuditActs.BudgetChanged, actor, async (context, row) =>
            (await context.Set<BudgetVersion>().AsNoTracking().SingleOrDefaultAsync(one => one.TenantId == tenant.Value && one.BudgetId == row.Id && one.Version == version, cancellationToken))?.ToBudget()
            ?? throw new TenancyException($"\"{row.Name}\" has no version {version}."), cancellationToken);

    /// <summary>It is evaluated no more; its history and its alerts stay. Idempotent. Null: the tenant has no such budget.</summary>
    public Task<RecordedBudget?> ArchiveAsync(TenantId tenant, Guid id, Actor actor, CancellationToken cancellationToken) =>
        MoveAsync(tenant, id, BudgetAct.Archived, AuditActs.BudgetArchived, actor, cancellationToken);

    /// <summary>It is evaluated again. Idempotent. Null: the tenant has no such budget.</summary>
    /// <exception cref="TenancyException">Its name is taken meanwhile.</exception>
    public Task<RecordedBudget?> RestoreAsync(TenantId tenant, Guid id, Actor actor, CancellationToken cancellationToken) =>
        MoveAsync(tenant, id, BudgetAct.Restored, AuditActs.BudgetRestored, actor, cancellationToken);

    /// <summary>Those that are not archived, those first that have used most of their allowance.</summary>
    /// <param name="reader">Who is limited to teams sees the budgets of nothing but these teams' calls; so of all that is read here.</param>
    public Task<IReadOnlyList<BudgetStanding>> ListAsync(ReadScope reader, CancellationToken cancellationToken) => database.RunAsync<IReadOnlyList<BudgetStanding>>(reader.Tenant, async context =>
    {
        var (now, tenant) = (clock.GetUtcNow(), reader.Tenant);
        var rows = await Active(context, tenant).AsNoTracking().Take(options.Value.MaxBudgets).ToListAsync(cancellationToken);
        var states = (await context.Set<BudgetPeriodState>().AsNoTracking().Where(row => row.TenantId == tenant.Value && row.StartsAt <= now && row.EndsAt > now).ToListAsync(cancellationToken))
            .ToLookup(row => row.BudgetId);
        var forecasts = await context.Set<RecordedForecast>().AsNoTracking().Where(row => row.TenantId == tenant.Value && row.UntilAt > now).ToDictionaryAsync(row => row.BudgetId, cancellationToken);
        return [.. rows.Select(row => (Row: row, Budget: row.ToBudget())).Where(one => reader.Covers(one.Budget.Scope)).Select(one => StandingOf(one.Row, one.Budget, states[one.Row.Id], forecasts.GetValueOrDefault(one.Row.Id), reader, now))
            .OrderByDescending(UsedOf).ThenBy(standing => standing.Row.Name, StringComparer.Ordinal)];
    }, cancellationToken);

    /// <summary>Those that are not archived and whose name contains a text, in whatever case, by name.</summary>
    public Task<IReadOnlyList<RecordedBudget>> SearchAsync(ReadScope reader, string text, int limit, CancellationToken cancellationToken) => database.RunAsync<IReadOnlyList<RecordedBudget>>(reader.Tenant, async context =>
    {
        // A per cent sign or an underscore is a letter of the name.
        var wanted = $"%{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("%", "\\%", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal)}%";
        var rows = await Active(context, reader.Tenant).AsNoTracking().Where(row => EF.Functions.ILike(row.Name, wanted, "\\")).OrderBy(row => row.Name).Take(reader.IsWhole ? limit : options.Value.MaxBudgets).ToListAsync(cancellationToken);
        return [.. rows.Where(row => reader.IsWhole || reader.Covers(row.ToBudget().Scope)).Take(limit)];
    }, cancellationToken);

    /// <summary>Archived ones, too. Null: the tenant has no such budget.</summary>
    public Task<BudgetStanding?> FindAsync(ReadScope reader, Guid id, CancellationToken cancellationToken) => database.RunAsync(reader.Tenant, async context =>
    {
        var (now, tenant) = (clock.GetUtcNow(), reader.Tenant);
        if (await Rows(context, tenant).AsNoTracking().SingleOrDefaultAsync(row => row.Id == id, cancellationToken) is not { } row) return null;
        var budget = row.ToBudget();
        if (!reader.Covers(budget.Scope)) return null;
        var states = await context.Set<BudgetPeriodState>().AsNoTracking()
            .Where(state => state.TenantId == tenant.Value && state.BudgetId == id && state.StartsAt <= now && state.EndsAt > now).ToListAsync(cancellationToken);
        var forecast = await context.Set<RecordedForecast>().AsNoTracking().SingleOrDefaultAsync(one => one.TenantId == tenant.Value && one.BudgetId == id && one.UntilAt > now, cancellationToken);
        return StandingOf(row, budget, states, forecast, reader, now);
    }, cancellationToken);

    /// <summary>The latest first.</summary>
    public Task<IReadOnlyList<RecordedBudget>> ArchivedAsync(ReadScope reader, CancellationToken cancellationToken) => database.RunAsync<IReadOnlyList<RecordedBudget>>(reader.Tenant, async context =>
    {
        var rows = Rows(context, reader.Tenant).AsNoTracking().Where(row => row.ArchivedAt != null).OrderByDescending(row => row.ArchivedAt);
        if (reader.IsWhole) return await rows.Take(MaxHistory).ToListAsync(cancellationToken);
        return [.. (await rows.Take(options.Value.MaxBudgets).ToListAsync(cancellationToken)).Where(row => reader.Covers(row.ToBudget().Scope)).Take(MaxHistory)];
    }, cancellationToken);

    /// <summary>The latest first.</summary>
    public Task<IReadOnlyList<BudgetVersion>> VersionsAsync(ReadScope reader, Guid id, CancellationToken cancellationToken) => database.RunAsync<IReadOnlyList<BudgetVersion>>(reader.Tenant, async context =>
        [.. (await context.Set<BudgetVersion>().AsNoTracking().Where(row => row.TenantId == reader.Tenant.Value && row.BudgetId == id)
            .OrderByDescending(row => row.Version).Take(MaxHistory).ToListAsync(cancellationToken)).Where(row => reader.IsWhole || reader.Covers(row.ToBudget().Scope))], cancellationToken);

    /// <summary>The latest first.</summary>
    public Task<IReadOnlyList<BudgetPeriodState>> PeriodsAsync(ReadScope reader, Guid id, CancellationToken cancellationToken) => database.RunAsync<IReadOnlyList<BudgetPeriodState>>(reader.Tenant, async context =>
    {
        var periods = await context.Set<BudgetPeriodState>().AsNoTracking().Where(row => row.TenantId == reader.Tenant.Value && row.BudgetId == id)
            .OrderByDescending(row => row.StartsAt).Take(MaxHistory).ToListAsync(cancellationToken);
        if (reader.IsWhole) return periods;
        // A period tells of what the budget was limited to then, not of what it is limited to now.
        var versions = await context.Set<BudgetVersion>().AsNoTracking().Where(row => row.TenantId == reader.Tenant.Value && row.BudgetId == id && periods.Select(period => period.Version).Contains(row.Version)).ToListAsync(cancellationToken);
        var known = versions.Where(version => reader.Covers(version.ToBudget().Scope)).Select(version => version.Version).ToHashSet();
        return periods.FindAll(period => known.Contains(period.Version));
    }, cancellationToken);

    private Task<RecordedBudget?> MoveAsync(TenantId tenant, Guid id, BudgetAct act, string auditAct, Actor actor, CancellationToken cancellationToken) => database.RunAsync(tenant, async context =>
    {
        await LockAsync(context, tenant, cancellationToken);
        if (await Rows(context, tenant).SingleOrDefaultAsync(one => one.Id == id, cancellationToken) is not { } row) return null;
        if (act == BudgetAct.Archived == row.ArchivedAt is not null) return row;
        if (act == BudgetAct.Restored) await RequireNameAsync(context, tenant, row.ToBudget(), cancellationToken);
        var now = Now();
        (row.Version, row.ChangedAt, row.ChangedBy) = (row.Version + 1, now, NameOf(actor));
        row.ArchivedAt = act == BudgetAct.Archived ? now : null;
        context.Add(VersionOf(row, act));
        await context.SaveChangesAsync(cancellationToken);
        await AuditTrail.RecordAsync(context, new AuditEntry(actor, auditAct, row.Id.ToString(), row.Name), cancellationToken);
        return row;
    }, cancellationToken);

    private async Task<RecordedBudget?> ChangeAsync(
        TenantId tenant, Guid id, int seen, BudgetAct act, string auditAct, Actor actor, Func<FinOpsDbContext, RecordedBudget, Task<Budget>> change, CancellationToken cancellationToken)
    {
        var changed = await database.RunAsync(tenant, async context =>
        {
            await LockAsync(context, tenant, cancellationToken);
            if (await Rows(context, tenant).SingleOrDefaultAsync(one => one.Id == id, cancellationToken) is not { } row) return null;
            if (row.Version != seen)
                throw new BudgetConflictException(string.Create(CultureInfo.InvariantCulture, $"{row.ChangedBy} changed \"{row.Name}\" meanwhile: it is at version {row.Version}, and you have seen {seen}. Look at it again; nothing was saved."));
            if (row.ArchivedAt is not null) throw new TenancyException($"\"{row.Name}\" is archived. Restore it first.");
            var before = row.ToBudget();
            var wanted = await change(context, row);
            await RequireOwnProjectsAsync(context, wanted, cancellationToken);
            // A channel that was removed since an earlier version is left out where that is put back.
            wanted = act == BudgetAct.Undone ? wanted with { Channels = await ChannelBook.OwnAsync(context, tenant, wanted.Channels, cancellationToken) } : wanted;
            await ChannelBook.RequireOwnAsync(context, tenant, wanted.Channels, cancellationToken);
            await RequireNameAsync(context, tenant, wanted, cancellationToken);
            (row.Name, row.Definition, row.Version, row.ChangedAt, row.ChangedBy) = (wanted.Name, AlertJson.Write(wanted), row.Version + 1, Now(), NameOf(actor));
            context.Add(VersionOf(row, act));
            await context.SaveChangesAsync(cancellationToken);
            await AuditTrail.RecordAsync(context, new AuditEntry(actor, auditAct, row.Id.ToString(), row.Name) { Before = before, After = wanted }, cancellationToken);
            return row;
        }, cancellationToken);
        if (changed is not null) EvaluateSoon(tenant, id);
        return changed;
    }

    private void EvaluateSoon(TenantId tenant, Guid budget) =>
        services.StartSoon<EvaluateBudgets>(job => job.RunOneAsync(tenant.Value, budget, CancellationToken.None));

    private static BudgetStanding StandingOf(RecordedBudget row, Budget budget, IEnumerable<BudgetPeriodState> states, RecordedForecast? forecast, ReadScope reader, DateTimeOffset now)
    {
        var period = BudgetPeriod.Of(now, budget.Cycle, TimeZoneInfo.FindSystemTimeZoneById(budget.TimeZone));
        // Of another cycle or zone are those that a change of the budget left behind.
        // An earlier version may have been limited to other calls: who may not see these waits for the next evaluation.
        var state = states.FirstOrDefault(one => one.StartsAt == period.Start && one.EndsAt == period.End && (reader.IsWhole || one.Version == row.Version));
        var foretold = forecast?.IsOf(row.Version, period) == true ? forecast : null;
        var evaluation = state is null ? null : BudgetEvaluation.Of(budget, period, new BudgetSpend(state.Cost, state.LeftOut, state.UnpricedCalls), state.Carried, now, foretold?.ToForecast());
        return new BudgetStanding(row, budget, period, state, evaluation, foretold);
    }

    /// <summary>What is spent of an allowance of zero comes first.</summary>
    private static decimal UsedOf(BudgetStanding standing) => standing.Evaluation is { } evaluation ? evaluation.Share ?? (evaluation.Spent > 0 ? decimal.MaxValue : 0) : -1;

    private static Budget Checked(Budget budget)
    {
        var wanted = budget with { Name = budget.Name.Trim(), Owner = budget.Owner.Trim(), Scope = budget.Scope.Normalised() };
        return wanted.FindProblem() is { } problem ? throw new TenancyException(problem) : wanted;
    }

    private static async Task RequireOwnProjectsAsync(FinOpsDbContext context, Budget budget, CancellationToken cancellationToken)
    {
        foreach (var text in budget.Scope.Find(ScopeDimension.Project) ?? [])
        {
            var project = Guid.ParseExact(text, "D");
            if (!await context.Projects.AnyAsync(one => one.Id == project, cancellationToken)) throw new TenancyException($"There is no project \"{text}\".");
        }
    }

    private static async Task RequireNameAsync(FinOpsDbContext context, TenantId tenant, Budget budget, CancellationToken cancellationToken)
    {
        if (await Active(context, tenant).AnyAsync(row => row.Name == budget.Name && row.Id != budget.Id, cancellationToken))
            throw new TenancyException($"Another budget is called \"{budget.Name}\" already. Choose another name.");
    }

    private static BudgetVersion VersionOf(RecordedBudget row, BudgetAct act) => new()
    {
        TenantId = row.TenantId,
        BudgetId = row.Id,
        Version = row.Version,
        Act = act,
        Definition = row.Definition,
        ChangedAt = row.ChangedAt,
        ChangedBy = row.ChangedBy,
    };

    /// <summary>One change at a time, so that states before and after follow on one another.</summary>
    private static Task LockAsync(FinOpsDbContext context, TenantId tenant, CancellationToken cancellationToken) =>
        context.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock(hashtextextended({"budgets of " + tenant}, 0))", cancellationToken);

    private static IQueryable<RecordedBudget> Rows(FinOpsDbContext context, TenantId tenant) => context.Set<RecordedBudget>().Where(row => row.TenantId == tenant.Value);

    private static IQueryable<RecordedBudget> Active(FinOpsDbContext context, TenantId tenant) => Rows(context, tenant).Where(row => row.ArchivedAt == null);

    private static string NameOf(Actor actor) => actor.Name.Length <= BudgetConfiguration.MaxAuthor ? actor.Name : actor.Name[..BudgetConfiguration.MaxAuthor];

    /// <summary>To the microsecond, as PostgreSQL keeps it.</summary>
    private DateTimeOffset Now()
    {
        var now = clock.GetUtcNow();
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
    }
}
