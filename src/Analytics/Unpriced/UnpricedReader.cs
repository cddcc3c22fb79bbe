using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Pricing;
using FinOps.Domain.Usage;

namespace FinOps.Analytics.Unpriced;

/// <summary>Tells which calls have no price, why, and what their names could stand for.</summary>
public sealed class UnpricedReader(ClickHouseStore store, IPriceSource prices, TimeProvider clock)
{
    public async Task<UnpricedAnswer> AskAsync(UnpricedQuestion question, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(question.Limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(question.Limit, UnpricedQuestion.MaxLimit);
        var groups = await store.QueryAsync(new UnpricedGroups(question.Tenant, question.Range, question.Limit + 1), cancellationToken);
        var truncated = groups.Count > question.Limit;
        if (truncated) groups.RemoveAt(question.Limit);
        var snapshot = prices.Current(question.Tenant);
        return new UnpricedAnswer([.. groups.Select(group => Describe(group, snapshot, clock.GetUtcNow()))], truncated);
    }

    /// <summary>Pure but for what it is given.</summary>
    internal static UnpricedModel Describe(UnpricedGroup group, PriceSnapshot snapshot, DateTimeOffset now)
    {
        var reason = ReasonOf(group, snapshot, now);
        IReadOnlyList<UnpricedSuggestion> suggestions = reason != UnpricedReason.NoPriceOfModel ? [] :
            [.. ModelSuggestions.For(group.Provider, group.Model, snapshot.Entries.Where(entry => snapshot.HasPrice(entry.Provider, entry.Model)), isFree: snapshot.IsFree)
                .Select(model => new UnpricedSuggestion(model, Estimate(group, snapshot, model), PricesOf(group, snapshot, model)))];
        return new UnpricedModel(
            group.Provider, group.Model, reason, group.Calls, group.First, group.Last, group.InputTokens, group.OutputTokens, group.Features, group.FeatureCount, suggestions);
    }

    private static UnpricedReason ReasonOf(UnpricedGroup group, PriceSnapshot snapshot, DateTimeOffset now)
    {
        if (group.ToldNothing) return UnpricedReason.NoUsage;
        if (IsPriced(snapshot, Call(group, group.Provider, group.Model, group.First))) return UnpricedReason.PricedSince;
        if (IsPriced(snapshot, Call(group, group.Provider, group.Model, now))) return UnpricedReason.NoPriceThen;
        return snapshot.HasPrice(group.Provider, group.Model) ? UnpricedReason.PartWithoutPrice : UnpricedReason.NoPriceOfModel;
    }

    private static decimal? Estimate(UnpricedGroup group, PriceSnapshot snapshot, ModelSuggestion model)
    {
        var call = Call(group, model.Provider, model.Model, group.Last);
        return IsPriced(snapshot, call) ? call.Cost * group.Calls : null;
    }

    /// <summary>The prices of one token each; what only stands in for a missing one is none.</summary>
    private static IReadOnlyList<MeterPrice> PricesOf(UnpricedGroup group, PriceSnapshot snapshot, ModelSuggestion model)
    {
        var call = Call(group, model.Provider, model.Model, group.Last);
        call.Usage = new UsageVector { InputFresh = 1, CacheRead = 1, CacheWrite5m = 1, CacheWrite1h = 1, OutputText = 1 };
        call.Told = UsageParts.CacheWriteSplit;
        return [.. snapshot.Explain(call).Where(line => line.Label == PriceLabel.Exact && Meters.IsToken(line.Meter) && (line.UnitPrice != 0 || line.Meter is Meter.Input or Meter.Output))
            .Select(line => new MeterPrice(line.Meter, line.UnitPrice * OwnPriceRules.UsualUnitSize(line.Meter) / line.UnitSize))];
    }

    private static bool IsPriced(PriceSnapshot snapshot, CallReport call)
    {
        snapshot.Rate(call);
        return !call.Flags.HasFlag(CallFlags.Unpriced);
    }

    private static CallReport Call(UnpricedGroup group, string provider, string model, DateTimeOffset at) => new()
    {
        Provider = provider,
        ServedModel = model,
        StartUnixMicros = CellRanges.Micros(at),
        Usage = group.Average,
        UsageSource = UsageSource.Reported,
    };
}
