using System.Globalization;
using FinOps.Analytics.Currencies;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Budgets;
using FinOps.Domain.Calendar;
using FinOps.Domain.Currencies;
using FinOps.Domain.Forecasting;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Budgets;

/// <summary>What was found of one budget's period.</summary>
/// <param name="Spend">In the budget's currency.</param>
/// <param name="Problem">Why it is not known, for people; empty = it is.</param>
internal readonly record struct FoundSpend(BudgetSpend Spend, string Problem = "");

/// <summary>
/// Asks what budgets spent: once for all of one period, dimensions and currency, not once for each. Costs come from the same cells as every other sum, so that a budget and the page beside it say the same.
/// </summary>
public sealed class BudgetSpendReader(SpendReader spend, ClickHouseStore store, BillingCurrencies currencies, IOptions<BudgetOptions> options)
{
    /// <summary>Characters of the values that one question names. Default 16,000: they travel in an address.</summary>
    private const int MaxNamedLength = 16_000;

    /// <summary>What the last whole period of a budget would have been; nothing is stored.</summary>
    public async Task<BudgetPreview> PreviewAsync(TenantId tenant, Budget budget, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(budget.TimeZone);
        var period = BudgetPeriod.Of(now, budget.Cycle, zone).Previous(budget.Cycle, zone);
        var granularity = budget.Cycle == BudgetCycle.Day ? Granularity.Hour : Granularity.Day;
        var range = new TimeRange(period.Start, period.End);
        var starts = Periods.Of(range, granularity, zone);
        var rows = budget.Resource is null
            ? (await spend.AskAsync(new SpendQuestion(ReadScope.Whole(tenant), range) { Granularity = granularity, TimeZone = zone, Filter = budget.Scope.ToFilter() }, cancellationToken)).Rows
            : await ResourceRowsAsync(tenant, budget, range, starts, cancellationToken);
        var rates = await currencies.RatesAsync(tenant, budget.Currency, range, cancellationToken);
        var found = rows.ToDictionary(row => row.Period.UtcTicks, row => row);
        var stretches = new List<BudgetStretch>(starts.Count);
        for (var i = 0; i < starts.Count; i++)
        {
            var one = default(BudgetSpend);
            if (found.TryGetValue(starts[i].UtcTicks, out var row) && !TryConvert(row, rates, out one)) throw new NoRateException(budget.Currency, DayOf(row));
            stretches.Add(new BudgetStretch(starts[i], i + 1 < starts.Count ? starts[i + 1] : period.End, one));
        }

        return BudgetPreview.Of(budget, period, stretches);
    }

    /// <summary>For the questions of one evaluation: those of one period look at the same cells.</summary>
    internal SpendReader Together() => spend.TogetherForJob();

    /// <summary>What each of the budgets spent in the period, in their order. They share period, dimensions and currency.</summary>
    internal async Task<IReadOnlyList<FoundSpend>> AskAsync(
        TenantId tenant, SpendReader together, BudgetPeriod period, IReadOnlyList<Budget> budgets, CancellationToken cancellationToken)
    {
        var found = new FoundSpend[budgets.Count];
        Array.Fill(found, new FoundSpend(default, ""));
        var rates = await currencies.RatesAsync(tenant, budgets[0].Currency, new TimeRange(period.Start, period.End), cancellationToken);
        if (budgets[0].Resource is not null)
        {
            await AskResourcesAsync(tenant, period, budgets, rates, found, cancellationToken);
            return found;
        }

        // Of USD each day's rate is one, so the days need not be told apart.
        var granularity = rates.Currency == ExchangeRates.Usd ? Granularity.Total : Granularity.Day;
        var asked = new Asked(tenant, new TimeRange(period.Start, period.End), TimeZoneInfo.FindSystemTimeZoneById(budgets[0].TimeZone), granularity, budgets, together, (at, row) =>
        {
            ref var sum = ref found[at];
            sum = TryConvert(row, rates, out var cost) ? sum with { Spend = sum.Spend + cost } : sum with { Problem = new NoRateException(rates.Currency, DayOf(row)).Message };
        });
        await AskAsync(asked, [.. Enumerable.Range(0, budgets.Count)], cancellationToken);
        return found;
    }

    /// <summary>
    /// What each of the budgets counted on each of the <see cref="SpendForecast.MaxDays"/> whole days before today, the oldest first. They share dimensions, currency and time zone. A day without a rate of the currency, and all before it, are
    /// as days without spend: a history begins behind them.
    /// </summary>
    internal async Task<IReadOnlyList<decimal[]>> HistoryAsync(
        TenantId tenant, SpendReader together, DateTime today, TimeZoneInfo zone, IReadOnlyList<Budget> budgets, CancellationToken cancellationToken)
    {
        var first = today.AddDays(-SpendForecast.MaxDays);
        var range = new TimeRange(LocalDay.FirstInstant(first, zone), LocalDay.FirstInstant(today, zone));
        var rates = await currencies.RatesAsync(tenant, budgets[0].Currency, range, cancellationToken);
        var (days, known) = (budgets.Select(_ => new decimal[SpendForecast.MaxDays]).ToArray(), new int[budgets.Count]);
        if (budgets[0].Resource is null)
            await AskAsync(new Asked(tenant, range, zone, Granularity.Day, budgets, together, Take), [.. Enumerable.Range(0, budgets.Count)], cancellationToken);
        else
        {
            var starts = Periods.Of(range, Granularity.Day, zone);
            for (var i = 0; i < budgets.Count; i++)
                foreach (var row in await ResourceRowsAsync(tenant, budgets[i], range, starts, cancellationToken)) Take(i, row);
        }

        for (var i = 0; i < budgets.Count; i++) Array.Clear(days[i], 0, known[i]);
        return days;

        void Take(int at, SpendRow row)
        {
            var day = (row.Period.Date - first).Days;
            if (TryConvert(row, rates, out var cost)) days[at][day] += cost.Counted(budgets[at]);
            else known[at] = Math.Max(known[at], day + 1);
        }
    }

    /// <summary>One question for each: of GPUs and vector databases few are limited, and their rows are few.</summary>
    private async Task AskResourcesAsync(
        TenantId tenant, BudgetPeriod period, IReadOnlyList<Budget> budgets, ExchangeRates rates, FoundSpend[] found, CancellationToken cancellationToken)
    {
        var range = new TimeRange(period.Start, period.End);
        var starts = Periods.Of(range, Granularity.Day, TimeZoneInfo.FindSystemTimeZoneById(budgets[0].TimeZone));
        for (var i = 0; i < budgets.Count; i++)
        {
            foreach (var row in await ResourceRowsAsync(tenant, budgets[i], range, starts, cancellationToken))
            {
                found[i] = TryConvert(row, rates, out var cost)
                    ? found[i] with { Spend = found[i].Spend + cost }
                    : found[i] with { Problem = new NoRateException(rates.Currency, DayOf(row)).Message };
            }
        }
    }

    private async Task<IReadOnlyList<SpendRow>> ResourceRowsAsync(TenantId tenant, Budget budget, TimeRange range, IReadOnlyList<DateTimeOffset> starts, CancellationToken cancellationToken)
    {
        var costs = budget.Resource == ScopeDimension.GpuPool
            ? await store.QueryAsync(new GpuSpend(tenant, range, starts, budget.Scope), cancellationToken)
            : await store.QueryAsync(new DataStoreSpend(tenant, range, starts, budget.Scope), cancellationToken);
        return costs.ConvertAll(one => new SpendRow(PeriodStarts.Find(starts, one.Period), [], new SpendFigures(one.Cost, 0, 0, 0, 0, 0, 0, 0, 0)));
    }

    private async Task AskAsync(Asked asked, int[] places, CancellationToken cancellationToken)
    {
        var names = places.Length <= options.Value.BudgetsPerQuestion && LengthOf(asked, places) <= MaxNamedLength;
        if (await TryAskAsync(asked, places, names, cancellationToken)) return;
        var part = names ? (places.Length + 1) / 2 : options.Value.BudgetsPerQuestion;
        foreach (var few in places.Chunk(Math.Max(1, Math.Min(part, (places.Length + 1) / 2)))) await AskAsync(asked, few, cancellationToken);
    }

    /// <summary>False where the answer has too many rows to be read at once: then the budgets are asked about in parts.</summary>
    private async Task<bool> TryAskAsync(Asked asked, int[] places, bool names, CancellationToken cancellationToken)
    {
        var scopes = places.Select(place => asked.Budgets[place].Scope).ToList();
        var dimensions = scopes[0].Parts.Select(part => part.Dimension).ToList();
        // A budget alone is summed by its conditions, however many combinations of values it has.
        var isAlone = places.Length == 1;
        var answer = await asked.Spend.AskAsync(new SpendQuestion(ReadScope.Whole(asked.Tenant), asked.Range)
        {
            Granularity = asked.Granularity,
            TimeZone = asked.Zone,
            GroupBy = isAlone ? [] : [.. dimensions.Select(dimension => dimension.ToDimension())],
            Filter = names || isAlone ? new SpendFilter([.. dimensions.Select(dimension => new DimensionFilter(dimension.ToDimension(), ValuesOf(scopes, dimension)))]) : SpendFilter.None,
            Limit = options.Value.RowsPerQuestion,
        }, cancellationToken);
        if (answer.Truncated) return false;
        var matcher = isAlone ? new BudgetMatcher([], scopes) : new BudgetMatcher(dimensions, scopes);
        foreach (var row in answer.Rows)
        {
            foreach (var at in matcher.Find(row.Group)) asked.Take(places[at], row);
        }

        return true;
    }

    private static bool TryConvert(SpendRow row, ExchangeRates rates, out BudgetSpend cost)
    {
        cost = default;
        if (row.Figures.IsEmpty) return true;
        if (rates.Find(DayOf(row)) is not { } rate) return false;
        cost = new BudgetSpend(In(row.Figures.Cost), In(row.Figures.LeftOut.LeftOutCost), row.Figures.UnpricedCalls);
        return true;

        decimal In(decimal usd) => rates.Currency == ExchangeRates.Usd ? usd : decimal.Round(usd * rate.Value, 12, MidpointRounding.ToEven);
    }

    private static int LengthOf(Asked asked, int[] places) => places.Sum(place => asked.Budgets[place].Scope.Parts.Sum(part => part.Values.Sum(value => value.Length + 3)));

    private static IReadOnlyList<string> ValuesOf(List<SpendScope> scopes, ScopeDimension dimension) =>
        [.. scopes.SelectMany(scope => scope.Find(dimension)!).Distinct(StringComparer.Ordinal)];

    private static DateOnly DayOf(SpendRow row) => DateOnly.FromDateTime(row.Period.DateTime);

    /// <param name="Take">Is given each row that counts for a budget, with the budget's place.</param>
    private sealed record Asked(TenantId Tenant, TimeRange Range, TimeZoneInfo Zone, Granularity Granularity, IReadOnlyList<Budget> Budgets, SpendReader Spend, Action<int, SpendRow> Take);
}

/// <summary>A day has no rate of a budget's currency: nothing is converted by guess.</summary>
public sealed class NoRateException(string currency, DateOnly day)
    : Exception(string.Create(CultureInfo.InvariantCulture, $"There is no rate of {currency} for {day:yyyy-MM-dd}. Import rates: Prices › Currency."));
