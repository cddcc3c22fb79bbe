using FinOps.Analytics.Prices;
using FinOps.Domain.Pricing;
using FinOps.Domain.Tenancy;
using FinOps.Web.Parts;

namespace FinOps.Web.Features.Prices;

/// <summary>One page of the price book, as the address asks for it. Knows nothing of rendering.</summary>
public sealed class PricesPageModel(PriceBookReader book, PriceUses uses, TimeProvider time)
{
    /// <summary>Meters with a column of their own; what else a model has is counted.</summary>
    public static readonly IReadOnlyList<Meter> Columns = [Meter.Input, Meter.CacheRead, Meter.CacheWrite5m, Meter.Output];

    public Loaded<PricesAnswer> Page { get; } = new();
    public Loaded<List<string>> Sellers { get; } = new();
    public Loaded<IReadOnlyList<PriceUse>> Uses { get; } = new();

    public static PricesQuestion Question(TenantId tenant, ViewAddress address, DateTimeOffset now) => new(tenant, now)
    {
        Search = address.Get("search"),
        Provider = address.Get("seller"),
        OwnOnly = address.Get("own") == "yes",
        WithoutDeprecated = address.Get("deprecated") != "yes",
        After = address.Get("after") is { } after ? PriceCursor.Parse(after) : null,
    };

    public Task LoadAsync(TenantId tenant, ViewAddress address, Asking asking)
    {
        var question = Question(tenant, address, time.GetUtcNow());
        return Task.WhenAll(
            Page.LoadAsync(token => book.AskAsync(question, token), asking),
            Sellers.LoadAsync(token => book.SellersAsync(tenant, token), asking with { Anew = false }),
            Uses.LoadAsync(token => uses.AskAsync(tenant, token), asking with { Anew = false }));
    }

    /// <summary>Calls that the model's prices were for; null while that is not known.</summary>
    public long? CallsOf(PricedModel model) =>
        Uses.Value?.Where(use => use.EntrySeller == model.Provider && use.EntryModel == model.Model).Sum(use => use.Figures.Calls);

    /// <summary>The price that holds without any condition: the tenant's own before the list's.</summary>
    public static RecordedPrice? Standard(PricedModel model, Meter meter) => model.Prices.FirstOrDefault(row => row.Meter == meter && PriceWords.Conditions(row).Count == 0);

    /// <summary>Prices that have no column: other meters, and other conditions.</summary>
    public static int Others(PricedModel model) => model.Prices.Count - Columns.Count(meter => Standard(model, meter) is not null);
}
