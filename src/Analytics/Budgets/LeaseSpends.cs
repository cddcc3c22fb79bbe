using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using FinOps.Analytics.Currencies;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Budgets;
using FinOps.Domain.Tenancy;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Budgets;

/// <summary>What is stored of a budget's period, and of the calls that drew on its leases.</summary>
/// <param name="Version">The budget's.</param>
/// <param name="Period">Which.</param>
/// <param name="AskedAt">When the questions began.</param>
/// <param name="Took">How long they took.</param>
/// <param name="From">Since when <paramref name="Seen"/> counts: the period's start, or an hour for which reports may still be on their way.</param>
/// <param name="Seen">US dollars by policy.</param>
/// <param name="Spent">What counts against the budget, in its currency.</param>
/// <param name="Rate">Units of the budget's currency for one US dollar, today.</param>
/// <param name="Problem">Why the figures are not known, for people; empty = they are.</param>
internal sealed record LeaseSpend(
    int Version, BudgetPeriod Period, DateTimeOffset AskedAt, TimeSpan Took, DateTimeOffset From, IReadOnlyDictionary<string, decimal> Seen, decimal Spent, decimal Rate, string Problem);

/// <summary>
/// What budgets that are leased have spent, as the analytics store tells it: asked once for all who want it at once, believed for a few seconds, and for an hour while the store is away.
/// What leases spend meanwhile is known from their settlements (<see cref="LeaseLedger"/>), so that an older answer makes no lease too large.
/// </summary>
public sealed class LeaseSpends(ClickHouseStore store, BudgetSpendReader spends, BillingCurrencies currencies, TimeProvider clock, IOptions<LeaseOptions> options, ILogger<LeaseSpends> logger)
{
    /// <summary>Default 10 s: a gateway waits no longer.</summary>
    private static readonly TimeSpan QuestionLimit = TimeSpan.FromSeconds(10);

    private static readonly Meter Meter = new("FinOps.Analytics.Leases");
    private static readonly Counter<long> Forgotten = Meter.CreateCounter<long>("finops.leases.spends_forgotten", description: "Budgets whose spend was forgotten because too many are remembered");

    private readonly ConcurrentDictionary<(TenantId Tenant, Guid Budget), Remembered> _known = new();

    /// <summary>Null: the store is away, and nothing is known that is young enough.</summary>
    /// <param name="policies">Whose leases are looked for.</param>
    internal async Task<LeaseSpend?> FindAsync(TenantId tenant, RecordedBudget row, Budget budget, BudgetPeriod period, IReadOnlyList<string> policies, CancellationToken cancellationToken)
    {
        var remembered = Remember((tenant, row.Id));
        Task<LeaseSpend?> asking;
        lock (remembered.Lock)
        {
            var now = clock.GetUtcNow();
            if (remembered.Last is { } last && last.Version == row.Version && last.Period == period && IsFresh(last, remembered.FailedAt, now)) return last;
            if (remembered.Asking is not { IsCompleted: false } || remembered.AskedFor != (row.Version, period))
                (remembered.Asking, remembered.AskedFor) = (AskAsync(remembered, tenant, row, budget, period, policies), (row.Version, period));
            asking = remembered.Asking;
        }

        return await asking.WaitAsync(cancellationToken);
    }

    private bool IsFresh(LeaseSpend last, DateTimeOffset? failedAt, DateTimeOffset now)
    {
        var believed = TimeSpan.FromSeconds(options.Value.SpendSeconds);
        if (last.Took * options.Value.SpendShare > believed) believed = last.Took * options.Value.SpendShare;
        // While the store is away it is not asked by each who comes.
        return now - last.AskedAt < believed || (IsYoung(last, now) && failedAt is { } failed && now - failed < TimeSpan.FromSeconds(options.Value.SpendSeconds));
    }

    private bool IsYoung(LeaseSpend last, DateTimeOffset now) => now - last.AskedAt <= TimeSpan.FromMinutes(options.Value.LastKnownMinutes);

    private async Task<LeaseSpend?> AskAsync(Remembered remembered, TenantId tenant, RecordedBudget row, Budget budget, BudgetPeriod period, IReadOnlyList<string> policies)
    {
        // Not within the lock of whoever came first.
        await Task.Yield();
        try
        {
            // Whoever came first may leave; the others still wait.
            using var limit = new CancellationTokenSource(QuestionLimit);
            var found = await AskAsync(tenant, row, budget, period, policies, limit.Token);
            lock (remembered.Lock) (remembered.Last, remembered.FailedAt) = (found, null);
            return found;
        }
        catch (Exception away) when (ClickHouseStore.IsAway(away))
        {
            Log.SpendUnknown(logger, away, tenant, row.Id);
            lock (remembered.Lock)
            {
                var now = clock.GetUtcNow();
                remembered.FailedAt = now;
                return remembered.Last is { } last && last.Version == row.Version && last.Period == period && IsYoung(last, now) ? last : null;
            }
        }
    }

    private async Task<LeaseSpend> AskAsync(TenantId tenant, RecordedBudget row, Budget budget, BudgetPeriod period, IReadOnlyList<string> policies, CancellationToken cancellationToken)
    {
        var (now, began) = (clock.GetUtcNow(), clock.GetTimestamp());
        var from = FromOf(period, now);
        // First what drew on leases, then all: a call that arrives between the two counts twice for a moment, and never not at all.
        var seen = policies.Count == 0 ? [] : await store.QueryAsync(new SeenLeases(tenant, new TimeRange(from, period.End), policies), cancellationToken);
        var spent = (await spends.AskAsync(tenant, spends.Together(), period, [budget], cancellationToken))[0];
        var today = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(now, TimeZoneInfo.FindSystemTimeZoneById(budget.TimeZone)).DateTime);
        var rate = (await currencies.RatesAsync(tenant, budget.Currency, new TimeRange(period.Start, period.End), cancellationToken)).Find(today);
        var problem = spent.Problem.Length > 0 ? spent.Problem : rate is null ? new NoRateException(budget.Currency, today).Message : "";
        return new LeaseSpend(
            row.Version, period, now, clock.GetElapsedTime(began), from, seen.ToDictionary(one => one.Policy, one => one.Cost, StringComparer.Ordinal), spent.Spend.Counted(budget), rate?.Value ?? 0, problem);
    }

    /// <summary>Since when what gateways settled is compared with what is stored.</summary>
    internal DateTimeOffset FromOf(BudgetPeriod period, DateTimeOffset now)
    {
        var hour = HourOf(now.AddHours(-options.Value.SeenHours));
        return hour > period.Start ? hour : period.Start;
    }

    internal static DateTimeOffset HourOf(DateTimeOffset instant) => new(instant.UtcTicks - instant.UtcTicks % TimeSpan.TicksPerHour, TimeSpan.Zero);

    private Remembered Remember((TenantId Tenant, Guid Budget) key)
    {
        if (_known.TryGetValue(key, out var known)) return known;
        if (_known.Count >= options.Value.MaxRemembered && _known.TryRemove(_known.MinBy(one => one.Value.Last?.AskedAt ?? DateTimeOffset.MaxValue).Key, out _)) Forgotten.Add(1);
        return _known.GetOrAdd(key, _ => new Remembered());
    }

    private sealed class Remembered
    {
        public Lock Lock { get; } = new();

        public LeaseSpend? Last { get; set; }

        public DateTimeOffset? FailedAt { get; set; }

        public Task<LeaseSpend?>? Asking { get; set; }

        public (int Version, BudgetPeriod Period) AskedFor { get; set; }
    }
}
