using System.Globalization;
using FinOps.Analytics.Prices;
using FinOps.Domain.Tenancy;
using FinOps.Web.Parts;

namespace FinOps.Web.Features.Prices;

/// <summary>One model of one seller: what it costs, cost and will cost, who said so, and which calls it is for. Knows nothing of rendering.</summary>
public sealed class PriceModelPageModel(PriceBookReader book, PriceUses uses, TimeProvider time)
{
    public Loaded<ModelPriceHistory> History { get; } = new();
    public Loaded<IReadOnlyList<PriceUse>> Uses { get; } = new();
    public string Seller { get; private set; } = "";
    public string Entry { get; private set; } = "";

    /// <summary>The change after which the book is shown; null = as it is believed now.</summary>
    public PriceChange? Known { get; private set; }

    /// <summary>Prices as they were believed then, by what they are for; those of the tenant first.</summary>
    public IReadOnlyList<PriceLane> Lanes { get; private set; } = [];

    public IEnumerable<RecordedAlias> Aliases => History.Value?.Aliases.Where(row => IsBelieved(row.RecordedAt, row.SupersededAt)) ?? [];

    /// <summary>The start of the drawn time, and its end.</summary>
    public (DateTimeOffset From, DateTimeOffset To) Shown { get; private set; }

    public DateTimeOffset Now { get; private set; }

    public Task LoadAsync(TenantId tenant, ViewAddress address, Asking asking)
    {
        (Seller, Entry, Now) = (address.Get("seller") ?? "", address.Get("entry") ?? "", time.GetUtcNow());
        return Task.WhenAll(
            History.LoadAsync(async token => Arrange(await book.HistoryAsync(tenant, Seller, Entry, token), address.Get("known")), asking),
            Uses.LoadAsync(async token => [.. (await uses.AskAsync(tenant, token)).Where(use => use.EntrySeller == Seller && use.EntryModel == Entry)], asking with { Anew = false }));
    }

    /// <summary>Whether calls that start now go by it.</summary>
    public bool HoldsNow(RecordedPrice row) => (row.ValidFrom is null || row.ValidFrom <= Now) && (row.ValidTo is null || row.ValidTo > Now);

    /// <summary>Before the answer counts as there: the page shows it at once.</summary>
    private ModelPriceHistory Arrange(ModelPriceHistory history, string? known)
    {
        Known = long.TryParse(known, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? history.Changes.FirstOrDefault(change => change.Id == id) : null;
        var believed = history.Prices.Where(row => IsBelieved(row.RecordedAt, row.SupersededAt)).ToList();
        Lanes = PriceLane.Of(believed);
        Shown = PriceLane.Bounds(believed, Now);
        return history;
    }

    private bool IsBelieved(DateTimeOffset recordedAt, DateTimeOffset? supersededAt) =>
        Known is { ChangedAt: var at } ? recordedAt <= at && (supersededAt is null || supersededAt > at) : supersededAt is null;
}

/// <summary>Prices that follow each other: of one meter under one set of conditions, the list's or the tenant's own.</summary>
public sealed record PriceLane(bool IsOwn, FinOps.Domain.Pricing.Meter Meter, string Conditions, IReadOnlyList<RecordedPrice> Prices)
{
    /// <summary>How much of the past is drawn where prices have always held.</summary>
    private static readonly TimeSpan Past = TimeSpan.FromDays(120);

    /// <summary>What began earlier is drawn from the left edge.</summary>
    private static readonly TimeSpan MostPast = TimeSpan.FromDays(3 * 365);

    private static readonly TimeSpan Future = TimeSpan.FromDays(60);

    public static IReadOnlyList<PriceLane> Of(IEnumerable<RecordedPrice> believed) =>
        [.. believed.GroupBy(row => (IsOwn: row.TenantId is not null, row.Meter, Conditions: string.Join(", ", PriceWords.Conditions(row)), Every: row.TenantId is not null && PriceWords.IsForEvery(row)))
            .OrderBy(lane => lane.Key.Meter).ThenByDescending(lane => lane.Key.IsOwn).ThenBy(lane => lane.Key.Conditions.Length).ThenBy(lane => lane.Key.Conditions, StringComparer.Ordinal)
            .Select(lane => new PriceLane(lane.Key.IsOwn, lane.Key.Meter, (lane.Key.Every ? "all models" + (lane.Key.Conditions.Length > 0 ? ", " : "") : "") + lane.Key.Conditions, [.. lane.OrderBy(row => row.ValidFrom ?? DateTimeOffset.MinValue)]))];

    /// <summary>From before the first change of a price to after the last, with now inside.</summary>
    public static (DateTimeOffset From, DateTimeOffset To) Bounds(IEnumerable<RecordedPrice> believed, DateTimeOffset now)
    {
        var instants = believed.SelectMany(row => (DateTimeOffset?[])[row.ValidFrom, row.ValidTo]).OfType<DateTimeOffset>().ToList();
        var from = instants.Where(instant => instant >= now - MostPast).Select(instant => instant - TimeSpan.FromDays(30)).Append(now - Past).Min();
        var to = instants.Select(instant => instant + TimeSpan.FromDays(30)).Append(now + Future).Max();
        return (from, to);
    }

    /// <summary>Where a price begins and how wide it is, in percent of the drawn time; null where it lies outside.</summary>
    public static (decimal Left, decimal Width)? Place(RecordedPrice row, (DateTimeOffset From, DateTimeOffset To) shown)
    {
        var (start, end) = (row.ValidFrom is { } from && from > shown.From ? from : shown.From, row.ValidTo is { } to && to < shown.To ? to : shown.To);
        return start >= end ? null : (Percent(start, shown), Percent(end, shown) - Percent(start, shown));
    }

    public static decimal Percent(DateTimeOffset instant, (DateTimeOffset From, DateTimeOffset To) shown) =>
        Math.Round(100m * (instant - shown.From).Ticks / (shown.To - shown.From).Ticks, 3);
}
