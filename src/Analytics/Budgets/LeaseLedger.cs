using System.Diagnostics.Metrics;
using System.Globalization;
using FinOps.Analytics.Policies;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Domain.Budgets;
using FinOps.Domain.Policies;
using FinOps.Domain.Policies.Control;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Budgets;

/// <summary>What became of an agent's word about a lease.</summary>
public enum LeaseOutcome
{
    Done,

    /// <summary>The key is no agent's, or the agent is revoked.</summary>
    NoAgent,

    /// <summary>The tenant has no such budget that an active policy of this id leases (and not on trial), or the agent has no such lease.</summary>
    NotFound,

    /// <summary>The agent has too many leases (<see cref="LeaseOptions.MaxOpenOfAgent"/>).</summary>
    TooMany,

    /// <summary>What is left cannot be told until somebody mends it.</summary>
    NotTold,

    /// <summary>What is left cannot be told for now.</summary>
    Away,
}

/// <param name="Outcome">What became of it.</param>
/// <param name="Grant">Where it is done.</param>
/// <param name="Problem">For people; null where it is done.</param>
public sealed record LeaseAnswer(LeaseOutcome Outcome, LeaseGrant? Grant = null, string? Problem = null);

/// <summary>A policy that leases a budget.</summary>
/// <param name="Version">As stored: active, or on its way there.</param>
/// <param name="Action">Above the end.</param>
/// <param name="Lease">What its gateways ask for.</param>
/// <param name="Percent">Of the budget's allowance, where the end is.</param>
/// <param name="SettledUsd">In this period.</param>
/// <param name="LeasedUsd">Outstanding, for this policy.</param>
/// <param name="Books">Of the budget, for its action; null where it is not active, or nothing can be told.</param>
public sealed record LeasingPolicy(PolicyVersion Version, BudgetAction Action, BudgetLease Lease, decimal Percent, decimal SettledUsd, decimal LeasedUsd, LeaseBooks? Books);

/// <summary>A lease whose time is not over, and whose it is.</summary>
public sealed record OpenLease(RecordedLease Lease, string Agent);

/// <summary>How a budget is leased.</summary>
/// <param name="Policies">Active ones first.</param>
/// <param name="Leases">Those that end first, at most <see cref="LeaseLedger.MaxListed"/>.</param>
/// <param name="Open">How many there are.</param>
/// <param name="Problem">Why what is left cannot be told; null: it is told.</param>
public sealed record LeasesOfBudget(IReadOnlyList<LeasingPolicy> Policies, IReadOnlyList<OpenLease> Leases, int Open, string? Problem);

/// <summary>
/// The ledger of leases: what gateways may spend of budgets. Granted one after another for each budget, over all servers, so that together they never get more than is free (docs/adr/0033).
/// </summary>
public sealed class LeaseLedger(FinOpsDatabase database, LeaseSpends spends, TimeProvider clock, IOptions<LeaseOptions> options)
{
    /// <summary>Leases that are shown. Default 200.</summary>
    public const int MaxListed = 200;

    private static readonly Meter Meter = new("FinOps.Analytics.Leases");
    private static readonly Counter<long> Granted = Meter.CreateCounter<long>("finops.leases.granted", description: "Leases of budgets that were granted to gateways");
    private static readonly Counter<long> Repeated = Meter.CreateCounter<long>("finops.leases.repeated", description: "Requests of gateways that got the lease that was granted for them before: its answer was lost");
    private static readonly Counter<long> Refused = Meter.CreateCounter<long>("finops.leases.refused", description: "Leases that were not granted, by reason");
    private static readonly Counter<long> Overspent = Meter.CreateCounter<long>("finops.leases.overspent", description: "Settlements above what was granted");

    /// <summary>What was read before the analytics store is asked.</summary>
    private sealed record Wish(RecordedAgent Agent, RecordedBudget Row, Budget Budget, BudgetAction Action, BudgetPeriod Period, decimal Carried, IReadOnlyList<string> Policies);

    /// <summary>An amount of one statement; without a policy: what is outstanding.</summary>
    private sealed record Sum(string Policy, decimal Usd);

    /// <summary>Grants what is free, at most what is wanted. Asked again with the same <see cref="LeaseRequest.RequestId"/> it tells what was granted already, whatever became of the policy or the store meanwhile.</summary>
    public async Task<LeaseAnswer> ReserveAsync(TenantId tenant, Guid keyId, LeaseRequest request, CancellationToken cancellationToken)
    {
        var id = Guid.TryParse(request.BudgetId, out var told) ? told : Guid.Empty;
        // A second time where a period ended between the questions.
        for (var attempt = 0; attempt < 2; attempt++)
        {
            var (wish, granted, outcome) = await FindAsync(tenant, keyId, id, request, cancellationToken);
            if (granted is not null) return new LeaseAnswer(LeaseOutcome.Done, granted);
            if (wish is null) return Refusal(outcome, outcome == LeaseOutcome.NoAgent ? null : $"There is no budget {request.BudgetId} that an active policy {request.PolicyId} leases.");
            if (BudgetEnforcement.FindLeaseProblem(wish.Budget) is { } problem) return Refusal(LeaseOutcome.NotTold, problem);
            if (await spends.FindAsync(tenant, wish.Row, wish.Budget, wish.Period, wish.Policies, cancellationToken) is not { } spend)
                return Refusal(LeaseOutcome.Away, "What the budget has spent is not known: the analytics store is away. The lease that you have goes on.");
            if (spend.Problem.Length > 0) return Refusal(LeaseOutcome.NotTold, spend.Problem);
            if (await GrantAsync(tenant, wish, spend, request, cancellationToken) is { } answer) return answer;
        }

        return Refusal(LeaseOutcome.Away, "The budget's period ended just now. Ask again.");
    }

    /// <summary>Takes what was spent of a lease, whether its time is over or not. Told again it counts once, and a smaller figure is passed over.</summary>
    /// <param name="isLast">What is left of it is free from now on.</param>
    public Task<LeaseOutcome> SettleAsync(TenantId tenant, Guid keyId, LeaseSettlement told, bool isLast, CancellationToken cancellationToken) => database.RunAsync(tenant, async context =>
    {
        if (await AgentBook.OfKey(context, tenant, keyId).AsNoTracking().SingleOrDefaultAsync(cancellationToken) is not { } agent) return LeaseOutcome.NoAgent;
        // The row is locked, so that of two words at once the second sees the first.
        var lease = await context.Set<RecordedLease>().FromSql($"SELECT * FROM finops.budget_leases WHERE tenant_id = {tenant.Value} AND id = {told.LeaseId} AND agent_id = {agent.Id} FOR UPDATE").SingleOrDefaultAsync(cancellationToken);
        if (lease is null) return LeaseOutcome.NotFound;
        var now = Now();
        var (more, calls) = (Math.Max(0, told.SpentUsd - lease.SettledUsd), Math.Max(0, told.Calls - lease.Calls));
        if (lease.SettledUsd <= lease.GrantedUsd && lease.SettledUsd + more > lease.GrantedUsd) Overspent.Add(1);
        (lease.SettledUsd, lease.Calls) = (lease.SettledUsd + more, lease.Calls + calls);
        if (isLast) lease.ReturnedAt ??= now;
        await context.SaveChangesAsync(cancellationToken);
        if (more > 0 || calls > 0)
        {
            await context.Database.ExecuteSqlAsync($"""
                INSERT INTO finops.budget_leased_hours AS kept (tenant_id, budget_id, policy_id, starts_at, hour, settled_usd, calls)
                VALUES ({tenant.Value}, {lease.BudgetId}, {lease.PolicyId}, {lease.StartsAt}, {LeaseSpends.HourOf(now)}, {more}, {calls})
                ON CONFLICT (tenant_id, budget_id, policy_id, starts_at, hour) DO UPDATE SET settled_usd = kept.settled_usd + excluded.settled_usd, calls = kept.calls + excluded.calls
                """, cancellationToken);
        }

        return LeaseOutcome.Done;
    }, cancellationToken);

    /// <summary>How a budget is leased. Null: the tenant has no such budget, or the reader is limited to teams: gateways are the organisation's.</summary>
    public async Task<LeasesOfBudget?> FindAsync(ReadScope reader, Guid id, CancellationToken cancellationToken)
    {
        if (!reader.IsWhole) return null;
        var (tenant, now) = (reader.Tenant, Now());
        var found = await database.RunAsync(tenant, async context =>
        {
            if (await context.Set<RecordedBudget>().AsNoTracking().SingleOrDefaultAsync(row => row.TenantId == tenant.Value && row.Id == id, cancellationToken) is not { } row) return null;
            var budget = row.ToBudget();
            var period = PeriodOf(budget, now);
            var open = Open(context, tenant, now).Where(lease => lease.BudgetId == id);
            var leases = await open.OrderBy(lease => lease.ExpiresAt).Take(MaxListed)
                .Join(context.Set<RecordedAgent>(), lease => new { lease.TenantId, Id = lease.AgentId }, agent => new { agent.TenantId, agent.Id }, (lease, agent) => new { lease, agent.Name }).AsNoTracking().ToListAsync(cancellationToken);
            var leased = await open.GroupBy(lease => lease.PolicyId).Select(group => new { group.Key, Usd = group.Sum(lease => lease.GrantedUsd > lease.SettledUsd ? lease.GrantedUsd - lease.SettledUsd : 0) }).ToDictionaryAsync(one => one.Key, one => one.Usd, cancellationToken);
            var settled = await Hours(context, tenant, id, period).GroupBy(hour => hour.PolicyId).Select(group => new { group.Key, Usd = group.Sum(hour => hour.SettledUsd) }).ToDictionaryAsync(one => one.Key, one => one.Usd, cancellationToken);
            return new
            {
                Row = row,
                Budget = budget,
                Period = period,
                Carried = await CarriedAsync(context, tenant, row, budget, period, cancellationToken),
                Policies = await PoliciesAsync(context, tenant, id, cancellationToken),
                Leases = leases.Select(one => new OpenLease(one.lease, one.Name)).ToList(),
                Open = await open.CountAsync(cancellationToken),
                Leased = leased,
                Settled = settled,
            };
        }, cancellationToken);
        if (found is null) return null;
        var (spend, problem) = ((LeaseSpend?)null, (string?)null);
        var unseen = new List<LeasedSpend>();
        if (found.Policies.Exists(one => one.Version.State == PolicyState.Active))
        {
            problem = BudgetEnforcement.FindLeaseProblem(found.Budget);
            if (problem is null)
            {
                spend = await spends.FindAsync(tenant, found.Row, found.Budget, found.Period, [.. found.Settled.Keys.Union(found.Policies.Select(one => one.Version.PolicyId), StringComparer.Ordinal)], cancellationToken);
                problem = spend is null ? "What the budget has spent is not known: the analytics store is away." : spend.Problem.Length > 0 ? spend.Problem : null;
            }

            if (problem is null) unseen = await database.RunAsync(tenant, async context => Leased(await SettledSinceAsync(context, tenant, id, spend!, cancellationToken), spend!), cancellationToken);
        }

        return new LeasesOfBudget(
            [.. found.Policies.Select(one => new LeasingPolicy(
                one.Version, one.Limit.Action, one.Limit.Lease!, LeaseBooks.Percent(found.Budget, one.Limit.Action), found.Settled.GetValueOrDefault(one.Version.PolicyId), found.Leased.GetValueOrDefault(one.Version.PolicyId),
                problem is null && one.Version.State == PolicyState.Active
                    ? LeaseBooks.Of(found.Budget, one.Limit.Action, found.Carried, spend!.Spent, spend.Rate, unseen, found.Leased.Values.Sum()) : null))],
            found.Leases, found.Open, problem);
    }

    private async Task<(Wish? Wish, LeaseGrant? Granted, LeaseOutcome Outcome)> FindAsync(TenantId tenant, Guid keyId, Guid budgetId, LeaseRequest request, CancellationToken cancellationToken) =>
        await database.RunAsync<(Wish?, LeaseGrant?, LeaseOutcome)>(tenant, async context =>
        {
            var policyId = request.PolicyId;
            if (await AgentBook.OfKey(context, tenant, keyId).AsNoTracking().SingleOrDefaultAsync(cancellationToken) is not { } agent) return (null, null, LeaseOutcome.NoAgent);
            if (await GrantedAsync(context, tenant, agent.Id, budgetId, request, cancellationToken) is { } granted) return (null, granted, LeaseOutcome.Done);
            if (await context.Set<RecordedBudget>().AsNoTracking().SingleOrDefaultAsync(row => row.TenantId == tenant.Value && row.Id == budgetId && row.ArchivedAt == null, cancellationToken) is not { } row) return (null, null, LeaseOutcome.NotFound);
            var version = await context.Set<PolicyVersion>().AsNoTracking()
                .SingleOrDefaultAsync(one => one.TenantId == tenant.Value && one.PolicyId == policyId && one.State == PolicyState.Active && one.Kind == PolicyKind.Budget, cancellationToken);
            // A trial holds nobody up, and so no money back.
            if (version?.ToPolicy() is not { Enabled: true, DryRun: false, Body: BudgetLimit { Lease: { } lease } limit } || !IsOf(lease, budgetId)) return (null, null, LeaseOutcome.NotFound);
            var budget = row.ToBudget();
            var period = PeriodOf(budget, Now());
            var carried = await CarriedAsync(context, tenant, row, budget, period, cancellationToken);
            var settled = await Hours(context, tenant, budgetId, period).Select(hour => hour.PolicyId).Distinct().ToListAsync(cancellationToken);
            return (new Wish(agent, row, budget, limit.Action, period, carried, [.. settled.Append(policyId).Distinct(StringComparer.Ordinal)]), null, LeaseOutcome.Done);
        }, cancellationToken);

    /// <summary>What was granted for this very request; null: nothing, or its time is over. The answer was lost, or the agent would not ask again: what it is given is no new money.</summary>
    private async Task<LeaseGrant?> GrantedAsync(FinOpsDbContext context, TenantId tenant, Guid agent, Guid budget, LeaseRequest request, CancellationToken cancellationToken)
    {
        if (request.RequestId is null || await OfRequest(context, tenant, agent, budget, request).AsNoTracking().SingleOrDefaultAsync(cancellationToken) is not { } lease) return null;
        // Rounded down, so that it is over at the gateway before it is over here.
        var seconds = (int)(lease.ExpiresAt - Now()).TotalSeconds;
        if (seconds < 1) return null;
        Repeated.Add(1);
        // What was given back was heard of: a repetition that comes after that is nobody's question.
        return lease.ReturnedAt is null ? new LeaseGrant(lease.Id, lease.GrantedUsd, seconds, lease.LeftUsd ?? 0) : new LeaseGrant(Guid.Empty, 0, 1, 0);
    }

    /// <summary>An agent's names of its requests are its own: what another one calls the same is another request.</summary>
    private static IQueryable<RecordedLease> OfRequest(FinOpsDbContext context, TenantId tenant, Guid agent, Guid budget, LeaseRequest request) => context.Set<RecordedLease>()
        .Where(lease => lease.TenantId == tenant.Value && lease.AgentId == agent && lease.BudgetId == budget && lease.PolicyId == request.PolicyId && lease.RequestId == request.RequestId);

    /// <summary>Null: the period is over.</summary>
    private Task<LeaseAnswer?> GrantAsync(TenantId tenant, Wish wish, LeaseSpend spend, LeaseRequest request, CancellationToken cancellationToken) => database.RunAsync(tenant, async context =>
    {
        // One grant of a budget after another, whichever server gives it.
        await context.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock(hashtextextended({$"leases of {tenant} {wish.Row.Id}"}, 0))", cancellationToken);
        // Two of the same request may have come at once.
        if (await GrantedAsync(context, tenant, wish.Agent.Id, wish.Row.Id, request, cancellationToken) is { } granted) return new LeaseAnswer(LeaseOutcome.Done, granted);
        var now = Now();
        if (!wish.Period.Contains(now)) return null;
        if (await Open(context, tenant, now).CountAsync(lease => lease.AgentId == wish.Agent.Id, cancellationToken) >= options.Value.MaxOpenOfAgent)
            return Refusal(LeaseOutcome.TooMany, string.Create(CultureInfo.InvariantCulture, $"This agent has {options.Value.MaxOpenOfAgent:N0} leases whose time is not over. Return some first."));
        var sums = await SumsAsync(context, tenant, wish.Row.Id, spend, now, cancellationToken);
        var books = LeaseBooks.Of(
            wish.Budget, wish.Action, wish.Carried, spend.Spent, spend.Rate, Leased(sums.FindAll(sum => sum.Policy.Length > 0), spend), sums.Find(sum => sum.Policy.Length == 0)!.Usd);
        var decision = LeaseDecision.Of(books, request.Usd, request.Seconds, wish.Period.End, now, options.Value.Terms);
        if (decision.Usd == 0)
        {
            Refused.Add(1, new KeyValuePair<string, object?>("reason", "end_reached"));
            return new LeaseAnswer(LeaseOutcome.Done, new LeaseGrant(Guid.Empty, 0, decision.Seconds, decision.LeftUsd));
        }

        // The name goes on to the lease that follows one whose time is over.
        if (request.RequestId is not null) await OfRequest(context, tenant, wish.Agent.Id, wish.Row.Id, request).ExecuteUpdateAsync(set => set.SetProperty(lease => lease.RequestId, (Guid?)null), cancellationToken);
        var lease = new RecordedLease
        {
            TenantId = tenant.Value,
            Id = Guid.CreateVersion7(now),
            BudgetId = wish.Row.Id,
            PolicyId = request.PolicyId,
            AgentId = wish.Agent.Id,
            StartsAt = wish.Period.Start.ToUniversalTime(),
            GrantedAt = now,
            ExpiresAt = decision.ExpiresAt.ToUniversalTime(),
            GrantedUsd = decision.Usd,
            LeftUsd = decision.LeftUsd,
            RequestId = request.RequestId,
            SettledUsd = 0,
            Calls = 0,
        };
        context.Add(lease);
        await context.SaveChangesAsync(cancellationToken);
        Granted.Add(1);
        return new LeaseAnswer(LeaseOutcome.Done, new LeaseGrant(lease.Id, decision.Usd, decision.Seconds, decision.LeftUsd));
    }, cancellationToken);

    /// <summary>What is outstanding, and what was settled by policy: in one statement, for a settlement moves money from the one to the other.</summary>
    private static Task<List<Sum>> SumsAsync(FinOpsDbContext context, TenantId tenant, Guid budget, LeaseSpend spend, DateTimeOffset now, CancellationToken cancellationToken) => context.Database.SqlQuery<Sum>($"""
        SELECT '' AS policy, COALESCE(sum(GREATEST(granted_usd - settled_usd, 0)), 0) AS usd FROM finops.budget_leases
        WHERE tenant_id = {tenant.Value} AND budget_id = {budget} AND expires_at > {now} AND returned_at IS NULL
        UNION ALL
        SELECT policy_id, sum(settled_usd) FROM finops.budget_leased_hours
        WHERE tenant_id = {tenant.Value} AND budget_id = {budget} AND starts_at >= {spend.Period.Start.ToUniversalTime()} AND hour >= {LeaseSpends.HourOf(spend.From)}
        GROUP BY policy_id
        """).ToListAsync(cancellationToken);

    private static async Task<List<Sum>> SettledSinceAsync(FinOpsDbContext context, TenantId tenant, Guid budget, LeaseSpend spend, CancellationToken cancellationToken)
    {
        var from = LeaseSpends.HourOf(spend.From);
        return [.. (await Hours(context, tenant, budget, spend.Period).Where(hour => hour.Hour >= from).GroupBy(hour => hour.PolicyId).Select(group => new { group.Key, Usd = group.Sum(hour => hour.SettledUsd) }).ToListAsync(cancellationToken))
            .Select(one => new Sum(one.Key, one.Usd))];
    }

    private static List<LeasedSpend> Leased(List<Sum> settled, LeaseSpend spend) => settled.ConvertAll(sum => new LeasedSpend(sum.Usd, spend.Seen.GetValueOrDefault(sum.Policy)));

    /// <summary>Policies that lease the budget, active or on their way there.</summary>
    private static async Task<List<(PolicyVersion Version, BudgetLimit Limit)>> PoliciesAsync(FinOpsDbContext context, TenantId tenant, Guid budget, CancellationToken cancellationToken)
    {
        var versions = await context.Set<PolicyVersion>().AsNoTracking()
            .Where(row => row.TenantId == tenant.Value && row.Kind == PolicyKind.Budget && (row.State == PolicyState.Active || row.State == PolicyState.Submitted || row.State == PolicyState.Draft)).ToListAsync(cancellationToken);
        return [.. versions.Select(row => (Version: row, Limit: row.ToPolicy().Body as BudgetLimit)).Where(one => one.Limit?.Lease is { } lease && IsOf(lease, budget)).Select(one => (one.Version, one.Limit!))
            .OrderBy(one => one.Version.State == PolicyState.Active ? 0 : 1).ThenBy(one => one.Version.PolicyId, StringComparer.Ordinal)];
    }

    /// <summary>What the period before handed on, as it was last evaluated; nothing before that.</summary>
    private static async Task<decimal> CarriedAsync(FinOpsDbContext context, TenantId tenant, RecordedBudget row, Budget budget, BudgetPeriod period, CancellationToken cancellationToken)
    {
        if (!budget.RollOver) return 0;
        var (start, end) = (period.Start.ToUniversalTime(), period.End.ToUniversalTime());
        var carried = await context.Set<BudgetPeriodState>().AsNoTracking().Where(state => state.TenantId == tenant.Value && state.BudgetId == row.Id && state.StartsAt == start && state.EndsAt == end)
            .Select(state => (decimal?)state.Carried).SingleOrDefaultAsync(cancellationToken);
        // Evaluated for an earlier version it may be more than one amount of today.
        return Math.Min(carried ?? 0, budget.Amount);
    }

    private static IQueryable<RecordedLease> Open(FinOpsDbContext context, TenantId tenant, DateTimeOffset now) =>
        context.Set<RecordedLease>().Where(lease => lease.TenantId == tenant.Value && lease.ExpiresAt > now && lease.ReturnedAt == null);

    /// <summary>Of leases of the period. Where the budget got longer periods, those of the shorter ones within it.</summary>
    private static IQueryable<LeasedHour> Hours(FinOpsDbContext context, TenantId tenant, Guid budget, BudgetPeriod period)
    {
        var start = period.Start.ToUniversalTime();
        return context.Set<LeasedHour>().Where(hour => hour.TenantId == tenant.Value && hour.BudgetId == budget && hour.StartsAt >= start);
    }

    private static bool IsOf(BudgetLease lease, Guid budget) => Guid.TryParse(lease.BudgetId, out var id) && id == budget;

    private static BudgetPeriod PeriodOf(Budget budget, DateTimeOffset now) => BudgetPeriod.Of(now, budget.Cycle, TimeZoneInfo.FindSystemTimeZoneById(budget.TimeZone));

    private static LeaseAnswer Refusal(LeaseOutcome outcome, string? problem)
    {
        Refused.Add(1, new KeyValuePair<string, object?>("reason", outcome switch
        {
            LeaseOutcome.NoAgent => "no_agent",
            LeaseOutcome.NotFound => "not_found",
            LeaseOutcome.TooMany => "too_many",
            LeaseOutcome.NotTold => "not_told",
            _ => "spend_unknown",
        }));
        return new LeaseAnswer(outcome, null, problem);
    }

    /// <summary>To the microsecond, as it is stored.</summary>
    private DateTimeOffset Now() => new(clock.GetUtcNow().UtcTicks / TimeSpan.TicksPerMicrosecond * TimeSpan.TicksPerMicrosecond, TimeSpan.Zero);
}
