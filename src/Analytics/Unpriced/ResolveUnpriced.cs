using FinOps.Analytics.Audit;
using FinOps.Analytics.Prices;
using FinOps.Analytics.Reratings;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Pricing;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Unpriced;

/// <summary>What a name without a price stands for.</summary>
/// <param name="ToldProvider">As calls tell it; empty = none.</param>
/// <param name="ToldModel">As calls tell it.</param>
/// <param name="Provider">The seller of the model behind it, by the list's id.</param>
/// <param name="Model">The model behind it.</param>
public sealed record UnpricedResolution(string ToldProvider, string ToldModel, string Provider, string Model);

/// <summary>Own prices for a name without one.</summary>
/// <param name="ToldProvider">As calls tell it; empty = none.</param>
/// <param name="ToldModel">As calls tell it.</param>
/// <param name="Prices">Of this name; whose they are is set when they are made.</param>
public sealed record UnpricedPricing(string ToldProvider, string ToldModel, IReadOnlyList<PriceRow> Prices);

/// <param name="Edit">What became of the alias or the prices.</param>
/// <param name="Rerating">The preview that was started; null where nothing was made, or <paramref name="Problem"/> says why not.</param>
/// <param name="Problem">The alias or the prices are made, and the preview could not be started.</param>
public sealed record UnpricedResolved(PriceEditResult Edit, Rerating? Rerating, string? Problem);

/// <summary>In one go: makes the alias or the own prices, then starts the preview of what they change. Nothing of a stored call changes before a person applies it.</summary>
public sealed class ResolveUnpriced(EditPrices edit, FinOps.Analytics.Reratings.Reratings reratings)
{
    public async Task<UnpricedResolved> AliasAsync(TenantId tenant, UnpricedResolution resolution, TimeRange range, Actor actor, CancellationToken cancellationToken)
    {
        var alias = new PriceAlias
        {
            ToldProvider = resolution.ToldProvider,
            Match = ModelMatch.Exactly(resolution.ToldModel),
            Provider = resolution.Provider,
            Model = resolution.Model,
        };
        var reason = $"{resolution.ToldModel} stands for {resolution.Provider} {resolution.Model}";
        var made = await edit.AddAliasAsync(tenant, alias, new PriceEdit(actor, reason), cancellationToken);
        return await PreviewAsync(tenant, made, new ReratingRequest(range, resolution.ToldProvider, resolution.ToldModel, reason), actor, cancellationToken);
    }

    public async Task<UnpricedResolved> PriceAsync(TenantId tenant, UnpricedPricing pricing, TimeRange range, PriceEdit priceEdit, CancellationToken cancellationToken)
    {
        var made = await edit.AddPricesAsync(tenant, pricing.Prices, priceEdit, cancellationToken);
        return await PreviewAsync(tenant, made, new ReratingRequest(range, pricing.ToldProvider, pricing.ToldModel, priceEdit.Reason), priceEdit.Actor, cancellationToken);
    }

    private async Task<UnpricedResolved> PreviewAsync(TenantId tenant, PriceEditResult made, ReratingRequest request, Actor actor, CancellationToken cancellationToken)
    {
        if (!made.IsDone) return new UnpricedResolved(made, null, null);
        try
        {
            return new UnpricedResolved(made, await reratings.RequestAsync(tenant, request, actor, cancellationToken), null);
        }
        catch (TenancyException refusal)
        {
            return new UnpricedResolved(made, null, refusal.Message);
        }
    }
}
