using System.Diagnostics.Metrics;
using FinOps.Analytics.Alerts;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Domain.Budgets;
using FinOps.Domain.Currencies;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Budgets;

/// <summary>
/// Every minute: looks at the budgets of all tenants whose calls have changed, and raises what passed a threshold; a job of Hangfire (docs/budgets.md, docs/adr/0025). It reads, asks, decides, and stores all of a
/// tenant in one transaction: killed before its end it has done nothing. Two at once store one after the other, and the one that asked earlier overrules nothing; alerts are one by their unique key.
/// </summary>
public sealed class EvaluateBudgets(
    FinOpsDatabase database, ClickHouseStore store, BudgetSpendReader spends, ForecastBudgets forecasts, TimeProvider clock, IOptions<BudgetOptions> options, ILogger<EvaluateBudgets> logger)
{
    private const string Job = "evaluate-budgets";

    private static readonly Meter Meter = new("FinOps.Analytics.Budgets");
    private static readonly Counter<long> Evaluated = Meter.CreateCounter<long>("finops.budgets.evaluated", description: "Periods of budgets whose spend was asked anew");
    private static readonly Counter<long> Unconverted = Meter.CreateCounter<long>("finops.budgets.not_converted", description: "Periods of budgets whose figures stand still because a day has no rate of their currency");

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        Exception? first = null;
        foreach (var tenant in await TenantsAsync(cancellationToken))
        {
            try
            {
                await RunTenantAsync(tenant, null, cancellationToken);
            }
            catch (Exception failure) when (failure is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                // One tenant's trouble holds up nobody else's alerts.
                Log.NotEvaluated(logger, failure, tenant);
                first ??= failure;
            }
        }

        if (first is not null) throw new InvalidOperationException($"Not all budgets were evaluated: {first.Message}", first);
    }

    /// <summary>One budget now, whether its calls have changed or not.</summary>
    public async Task RunOneAsync(Guid tenant, Guid budget, CancellationToken cancellationToken)
    {
        await forecasts.RunTenantAsync(new TenantId(tenant), budget, cancellationToken);
        await RunTenantAsync(new TenantId(tenant), budget, cancellationToken);
    }

    internal async Task RunTenantAsync(TenantId tenant, Guid? only, CancellationToken cancellationToken)
    {
        // The clock of PostgreSQL is one for all servers: of two evaluations it tells which one began later.
        var now = clock.GetUtcNow();
        var (askedAt, works, ranges) = await LoadAsync(tenant, only, now, cancellationToken);
        if (works.Count == 0) return;

        var changes = new Dictionary<(DateTimeOffset Start, DateTimeOffset End), long>();
        foreach (var period in works.Select(work => work.Period).DistinctBy(KeyOf))
            changes[KeyOf(period)] = (await store.QueryAsync(new PeriodChanges(tenant, new TimeRange(period.Start, period.End)), cancellationToken))[0];
        var asked = works.Where(work => only is not null || MustAsk(work, changes[KeyOf(work.Period)], ranges.GetValueOrDefault(KeyOf(work.Period)), askedAt)).ToList();
        var found = await AskAsync(tenant, asked, cancellationToken);
        var decisions = Decide(tenant, works, found, now, askedAt);
        await StoreAsync(tenant, decisions, only is null ? changes : [], askedAt, cancellationToken);
        Evaluated.Add(asked.Count);
        Unconverted.Add(found.Values.Count(one => one.Problem.Length > 0));
    }

    private bool MustAsk(BudgetWork work, long changes, BudgetRange? range, DateTimeOffset askedAt) =>
        work.State is null || work.State.Version != work.Version || work.State.Problem.Length > 0
        // Rates are no writes to cells, and what GPUs and vector databases cost is in none of them.
        || work.Budget.Currency != ExchangeRates.Usd || work.Budget.Resource is not null
        || range is null || range.Changes != changes || askedAt - range.AskedAt > TimeSpan.FromMinutes(options.Value.AskAgainMinutes);

    private async Task<IReadOnlyList<TenantId>> TenantsAsync(CancellationToken cancellationToken) => [.. (await database.RunAsync(StoreScope.Budgets, context =>
        context.Set<RecordedBudget>().IgnoreQueryFilters().Where(row => row.ArchivedAt == null).Select(row => row.TenantId).Distinct().ToListAsync(cancellationToken), cancellationToken)).Select(id => new TenantId(id))];

    /// <summary>The periods to look at: of each budget the one of now, and the one before while late calls of it are waited for.</summary>
    private Task<(DateTimeOffset AskedAt, List<BudgetWork> Works, Dictionary<(DateTimeOffset, DateTimeOffset), BudgetRange> Ranges)> LoadAsync(
        TenantId tenant, Guid? only, DateTimeOffset now, CancellationToken cancellationToken) => database.RunAsync(tenant, async context =>
    {
        var askedAt = (await context.Database.SqlQuery<DateTimeOffset>($"""SELECT clock_timestamp() AS "Value" """).ToListAsync(cancellationToken))[0];
        var rows = await context.Set<RecordedBudget>().AsNoTracking().Where(row => row.TenantId == tenant.Value && row.ArchivedAt == null && (only == null || row.Id == only))
            .OrderBy(row => row.Id).Take(options.Value.MaxBudgets).ToListAsync(cancellationToken);
        var budgets = rows.ConvertAll(row => (Row: row, Budget: row.ToBudget()));
        var periods = budgets.ConvertAll(one =>
        {
            var zone = TimeZoneInfo.FindSystemTimeZoneById(one.Budget.TimeZone);
            var current = BudgetPeriod.Of(now, one.Budget.Cycle, zone);
            return (Current: current, Previous: current.Previous(one.Budget.Cycle, zone));
        });
        Guid[] ids = [.. rows.Select(row => row.Id), .. rows.Select(row => row.Id)];
        DateTime[] starts = [.. periods.Select(period => period.Current.Start.UtcDateTime), .. periods.Select(period => period.Previous.Start.UtcDateTime)];
        DateTime[] ends = [.. periods.Select(period => period.Current.End.UtcDateTime), .. periods.Select(period => period.Previous.End.UtcDateTime)];
        var states = (await context.Set<BudgetPeriodState>().FromSql($"""
            SELECT state.* FROM finops.budget_periods state
            JOIN unnest({ids}, {starts}, {ends}) AS wanted (budget_id, starts_at, ends_at) USING (budget_id, starts_at, ends_at)
            WHERE state.tenant_id = {tenant.Value}
            """).AsNoTracking().ToListAsync(cancellationToken)).ToDictionary(state => (state.BudgetId, state.StartsAt, state.EndsAt));
        var foretold = (await context.Set<RecordedForecast>().AsNoTracking().Where(row => row.TenantId == tenant.Value && row.Point != null && row.UntilAt > now && (only == null || row.BudgetId == only)).ToListAsync(cancellationToken))
            .ToDictionary(row => row.BudgetId);
        var works = new List<BudgetWork>(2 * rows.Count);
        for (var i = 0; i < rows.Count; i++)
        {
            var (row, budget) = budgets[i];
            var (current, previous) = periods[i];
            var ended = StateOf(previous);
            // A budget says nothing of periods that were over when it was made or last changed: what was decided of them by another amount stands.
            if (row.ChangedAt < previous.End && (now < previous.End.AddHours(options.Value.LateHours) || ended is null || budget.RollOver))
                works.Add(new BudgetWork(row.Id, row.Version, budget, previous, ended, null));
            var forecast = foretold.TryGetValue(row.Id, out var told) && told.IsOf(row.Version, current) ? told.ToForecast() : null;
            works.Add(new BudgetWork(row.Id, row.Version, budget, current, StateOf(current), ended, forecast));

            BudgetPeriodState? StateOf(BudgetPeriod period) => states.GetValueOrDefault((row.Id, period.Start.ToUniversalTime(), period.End.ToUniversalTime()));
        }

        var first = works.Count == 0 ? now : works.Min(work => work.Period.Start);
        var ranges = await context.Set<BudgetRange>().AsNoTracking().Where(row => row.TenantId == tenant.Value && row.StartsAt >= first.ToUniversalTime()).ToListAsync(cancellationToken);
        return (askedAt, works, ranges.ToDictionary(range => (range.StartsAt, range.EndsAt)));
    }, cancellationToken);

    /// <summary>One question for all that share period, dimensions and currency.</summary>
    private async Task<Dictionary<BudgetWork, FoundSpend>> AskAsync(TenantId tenant, List<BudgetWork> works, CancellationToken cancellationToken)
    {
        var found = new Dictionary<BudgetWork, FoundSpend>(works.Count, ReferenceEqualityComparer.Instance);
        var together = spends.Together();
        foreach (var group in works.GroupBy(GroupOf))
        {
            var few = group.ToList();
            var answers = await spends.AskAsync(tenant, together, few[0].Period, few.ConvertAll(work => work.Budget), cancellationToken);
            for (var i = 0; i < few.Count; i++) found[few[i]] = answers[i];
        }

        return found;
    }

    private static List<BudgetDecision> Decide(TenantId tenant, List<BudgetWork> works, Dictionary<BudgetWork, FoundSpend> found, DateTimeOffset now, DateTimeOffset askedAt)
    {
        var decisions = new List<BudgetDecision>(works.Count);
        // Each budget's earlier period stands before its later one.
        BudgetDecision? before = null;
        foreach (var work in works)
        {
            var previous = before is { } one && one.State.BudgetId == work.Id ? one.State : work.Previous;
            // What was carried into a period that is over stands.
            var carried = previous is not null ? BudgetRollOver.Carried(work.Budget, previous.Allowance, previous.Spent) : work.State?.Carried ?? 0;
            var spend = found.TryGetValue(work, out var asked) ? asked : new FoundSpend(new BudgetSpend(work.State!.Cost, work.State.LeftOut, work.State.UnpricedCalls));
            before = BudgetDecision.Of(tenant.Value, work, spend, carried, now, askedAt);
            decisions.Add(before);
        }

        return decisions;
    }

    private Task StoreAsync(
        TenantId tenant, List<BudgetDecision> decisions, Dictionary<(DateTimeOffset Start, DateTimeOffset End), long> changes, DateTimeOffset askedAt, CancellationToken cancellationToken) =>
        database.RunAsync(tenant, async context =>
        {
            var now = clock.GetUtcNow();
            // A budget has at most two periods here, and one statement touches a row once.
            var stored = new HashSet<BudgetDecision>(ReferenceEqualityComparer.Instance);
            foreach (var part in decisions.Where(decision => decision.IsChanged).GroupBy(decision => decision.State.StartsAt <= now && decision.State.EndsAt > now))
            {
                var few = part.OrderBy(decision => decision.State.BudgetId).ToList();
                var taken = (await UpsertAsync(context, tenant, few.ConvertAll(decision => decision.State), cancellationToken)).ToHashSet();
                stored.UnionWith(few.Where(decision => taken.Contains(decision.State.BudgetId)));
            }

            var told = stored.Where(decision => decision.Raised.Count + decision.Fallen.Count + decision.Risen.Count > 0).ToList();
            var alerts = told.SelectMany(decision => decision.Raised.Select(threshold => BudgetAlerts.Of(decision.Evaluation, threshold, Micros(now)))).ToList();
            var raised = await RaiseAlerts.RaiseAsync(context, alerts, Job, cancellationToken);
            await RaiseAlerts.NoteFellBelowAsync(context, [.. told.SelectMany(decision => decision.Fallen)], Micros(now), Job, cancellationToken);
            await RaiseAlerts.NoteRoseAgainAsync(context, [.. told.SelectMany(decision => decision.Risen)], Micros(now), Job, cancellationToken);
            await RememberAsync(context, tenant, changes, askedAt, cancellationToken);
            if (raised.Count > 0) Log.Raised(logger, tenant, raised.Count);
            return raised.Count;
        }, cancellationToken);

    /// <summary>Ids of the budgets whose row took this state: not those that a later evaluation has written.</summary>
    private static Task<List<Guid>> UpsertAsync(FinOpsDbContext context, TenantId tenant, List<BudgetPeriodState> rows, CancellationToken cancellationToken)
    {
        Guid[] ids = [.. rows.Select(row => row.BudgetId)];
        DateTime[] starts = [.. rows.Select(row => row.StartsAt.UtcDateTime)];
        DateTime[] ends = [.. rows.Select(row => row.EndsAt.UtcDateTime)];
        int[] versions = [.. rows.Select(row => row.Version)];
        decimal[] costs = [.. rows.Select(row => row.Cost)];
        decimal[] leftOut = [.. rows.Select(row => row.LeftOut)];
        long[] unpriced = [.. rows.Select(row => row.UnpricedCalls)];
        decimal[] spent = [.. rows.Select(row => row.Spent)];
        decimal[] carried = [.. rows.Select(row => row.Carried)];
        decimal[] allowances = [.. rows.Select(row => row.Allowance)];
        string[] alerted = [.. rows.Select(row => string.Join(',', row.Alerted))];
        string[] fallen = [.. rows.Select(row => string.Join(',', row.Fallen))];
        string[] problems = [.. rows.Select(row => row.Problem.Length <= BudgetConfiguration.MaxProblem ? row.Problem : row.Problem[..BudgetConfiguration.MaxProblem])];
        var askedAt = rows[0].AskedAt.UtcDateTime;
        return context.Database.SqlQuery<Guid>($"""
            INSERT INTO finops.budget_periods AS kept
              (tenant_id, budget_id, starts_at, ends_at, version, cost, left_out, unpriced_calls, spent, carried, allowance, alerted, fallen, problem, asked_at)
            SELECT {tenant.Value}, told.budget_id, told.starts_at, told.ends_at, told.version, told.cost, told.left_out, told.unpriced_calls, told.spent, told.carried, told.allowance,
              string_to_array(told.alerted, ','), string_to_array(told.fallen, ','), told.problem, {askedAt}
            FROM unnest({ids}, {starts}, {ends}, {versions}, {costs}, {leftOut}, {unpriced}, {spent}, {carried}, {allowances}, {alerted}, {fallen}, {problems})
              AS told (budget_id, starts_at, ends_at, version, cost, left_out, unpriced_calls, spent, carried, allowance, alerted, fallen, problem)
            ON CONFLICT (tenant_id, budget_id, starts_at, ends_at) DO UPDATE SET
              version = excluded.version, cost = excluded.cost, left_out = excluded.left_out, unpriced_calls = excluded.unpriced_calls, spent = excluded.spent, carried = excluded.carried,
              allowance = excluded.allowance, alerted = excluded.alerted, fallen = excluded.fallen, problem = excluded.problem, asked_at = excluded.asked_at
            WHERE kept.asked_at < excluded.asked_at
            RETURNING budget_id AS "Value"
            """).ToListAsync(cancellationToken);
    }

    private async Task RememberAsync(
        FinOpsDbContext context, TenantId tenant, Dictionary<(DateTimeOffset Start, DateTimeOffset End), long> changes, DateTimeOffset askedAt, CancellationToken cancellationToken)
    {
        foreach (var (range, counted) in changes.OrderBy(change => change.Key.Start).ThenBy(change => change.Key.End))
        {
            await context.Database.ExecuteSqlAsync($"""
                INSERT INTO finops.budget_ranges AS kept (tenant_id, starts_at, ends_at, changes, asked_at)
                VALUES ({tenant.Value}, {range.Start}, {range.End}, {counted}, {askedAt})
                ON CONFLICT (tenant_id, starts_at, ends_at) DO UPDATE SET changes = excluded.changes, asked_at = excluded.asked_at
                WHERE kept.asked_at < excluded.asked_at AND (kept.changes <> excluded.changes OR kept.asked_at < excluded.asked_at - make_interval(mins => {options.Value.AskAgainMinutes}))
                """, cancellationToken);
        }
    }

    private static (DateTimeOffset Start, DateTimeOffset End) KeyOf(BudgetPeriod period) => (period.Start.ToUniversalTime(), period.End.ToUniversalTime());

    private static (long Start, long End, string Dimensions, string Currency, string Zone) GroupOf(BudgetWork work) => (
        work.Period.Start.UtcTicks, work.Period.End.UtcTicks, string.Join(',', work.Budget.Scope.Parts.Select(part => part.Dimension)), work.Budget.Currency,
        work.Budget.Currency == ExchangeRates.Usd && work.Budget.Resource is null ? "" : work.Budget.TimeZone);

    /// <summary>As PostgreSQL keeps it.</summary>
    private static DateTimeOffset Micros(DateTimeOffset instant) => instant.AddTicks(-(instant.Ticks % TimeSpan.TicksPerMicrosecond));
}
