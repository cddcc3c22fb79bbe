using System.ComponentModel;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using FinOps.Analytics.Prices;
using FinOps.Domain.Pricing;
using FinOps.Domain.Tenancy;

namespace FinOps.Web.Api;

/// <summary>Own prices to be added.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record PricesRequest
{
    [Description("1 to 100; all of them are added, or none.")]
    public IReadOnlyList<PriceRequest?>? Prices { get; init; }

    [Description("Why; it stands in the history and in the audit record.")]
    public string? Reason { get; init; }
}

/// <summary>One own price or discount. Conditions that are left out mean "whatever it is".</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record PriceRequest
{
    [Description("The seller, by the list's id or as telemetry tells it.")]
    public string? Provider { get; init; }

    [Description("The entry of the list, or a name of your own; `*` for all models of the seller.")]
    public string? Model { get; init; }

    [Description("Which told names it is for: `{\"equals\": \"…\"}`, `starts_with`, `ends_with`, `contains`, `regex`, `and`, `or`. Left out: whatever the list finds under `model`.")]
    public JsonElement? Match { get; init; }

    [Description("What it is for, such as `input`, `cacheRead`, `cacheWrite5m`, `output`, `webSearch`; `discount` is a share from 0 to 1 off a call's other lines.")]
    public string? Meter { get; init; }

    [Description("For `unitSize` units, in `currency`; of a discount the share.")]
    public decimal? Price { get; init; }

    [Description("ISO 4217. Left out: USD.")]
    public string? Currency { get; init; }

    [Description("What 1 USD is in `currency`. It is kept with the price: costs do not move with later rates. Left out: the organisation's own rate of `rateDay`.")]
    public decimal? ExchangeRate { get; init; }

    [Description("The day that the rate is of. Left out: the day of `validFrom`, or today.")]
    public DateOnly? RateDay { get; init; }

    [Description("Left out: a million tokens, a thousand searches or requests, one picture, one hour.")]
    public decimal? UnitSize { get; init; }

    [Description("Only for attempts with more input tokens than this.")]
    public uint ContextStart { get; init; }

    [Description("`flex`, `priority` or `fast`; left out: standard.")]
    public string? ServiceTier { get; init; }
    public bool Batch { get; init; }

    [Description("Only for calls that tell exactly this provider, where a seller has several platforms.")]
    public string? HostPlatform { get; init; }
    public string? Region { get; init; }

    [Description("Quality and size of a picture.")]
    public string? Variant { get; init; }

    [Description("Time of the day in UTC from which on it holds.")]
    public TimeOnly? DayStart { get; init; }
    public TimeOnly? DayEnd { get; init; }

    [Description("Id of the project that it was negotiated for; left out: all.")]
    public Guid? Project { get; init; }
    public DateTimeOffset? ValidFrom { get; init; }

    [Description("Exclusive.")]
    public DateTimeOffset? ValidTo { get; init; }

    internal (PriceRow? Row, ApiProblem? Problem) ToRow()
    {
        if (Meter is null || !ApiBody.TryWord<Meter>(Meter, out var meter)) return (null, ApiBody.NoWord<Meter>("meter", Meter ?? ""));
        if (Price is not { } price) return (null, new ApiProblem("price", "Give the price, USD."));
        if (Currency is null or "USD" && (ExchangeRate is not null || RateDay is not null)) return (null, new ApiProblem("currency", "A price in USD has no rate: name the currency."));
        if (ExchangeRate <= 0) return (null, new ApiProblem("exchangeRate", "The rate is what 1 USD is, above 0."));
        if (string.IsNullOrWhiteSpace(Model)) return (null, new ApiProblem("model", "Name the model, or * for all of the seller's."));
        var match = Model == "*" ? ModelMatch.Every : ModelMatch.OfEntry(Model.Trim());
        if (Match is { } clause && !PricesResponse.TryMatch(clause, out match, out var problem)) return (null, problem);
        return (new PriceRow
        {
            Provider = Provider ?? "",
            HostPlatform = HostPlatform ?? "",
            Model = Model,
            ModelName = Model == "*" ? "All models" : "",
            Match = match!,
            Meter = meter,
            UnitSize = UnitSize ?? OwnPriceRules.UsualUnitSize(meter),
            Price = price,
            Agreed = Currency is null or "USD" ? null : new AgreedPrice(Currency, price, ExchangeRate ?? 0m, RateDay ?? default),
            ContextStart = ContextStart,
            ServiceTier = ServiceTier ?? "",
            Batch = Batch,
            Region = Region ?? "",
            Variant = Variant ?? "",
            DayStart = DayStart,
            DayEnd = DayEnd,
            Project = Project is { } project ? new ProjectId(project) : null,
            ValidFrom = ValidFrom,
            ValidTo = ValidTo,
        }, null);
    }
}

/// <summary>Another price under the same conditions.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record PriceChangeRequest
{
    [Description("Of the version that you looked at. If it was superseded since, the answer is 409.")]
    public DateTimeOffset? RecordedAt { get; init; }

    [Description("For the unit size of the price, in its currency.")]
    public decimal? Price { get; init; }

    [Description("Of a price in another currency: what 1 USD is. Left out: as before.")]
    public decimal? ExchangeRate { get; init; }

    [Description("The day that `exchangeRate` is of; goes with it.")]
    public DateOnly? RateDay { get; init; }

    [Description("From then on; the old price keeps the time before. Left out: a correction, the old price never held.")]
    public DateTimeOffset? From { get; init; }
    public string? Reason { get; init; }
}

/// <summary>What a told name stands for.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record AliasRequest
{
    [Description("Only where this provider is told, or this seller of the list; left out: whatever is told.")]
    public string? ToldProvider { get; init; }

    [Description("`{\"equals\": \"chat-prod\"}`, or `starts_with`, `ends_with`, `contains`, `regex`.")]
    public JsonElement? Match { get; init; }

    [Description("Who sells the model behind it, by the list's id.")]
    public string? Provider { get; init; }

    [Description("The model behind it, which has a price.")]
    public string? Model { get; init; }
    public Guid? Project { get; init; }
    public DateTimeOffset? ValidFrom { get; init; }
    public DateTimeOffset? ValidTo { get; init; }
    public string? Reason { get; init; }

    internal (PriceAlias? Alias, ApiProblem? Problem) ToAlias()
    {
        if (Match is not { } clause) return (null, new ApiProblem("match", "Give the told name, for example {\"equals\": \"chat-prod\"}."));
        return PricesResponse.TryMatch(clause, out var match, out var problem)
            ? (new PriceAlias
            {
                ToldProvider = ToldProvider ?? "",
                Match = match!,
                Provider = Provider ?? "",
                Model = Model ?? "",
                Project = Project is { } project ? new ProjectId(project) : null,
                ValidFrom = ValidFrom,
                ValidTo = ValidTo,
            }, null)
            : (null, problem);
    }
}

/// <summary>Why something is done.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record ReasonRequest
{
    public string? Reason { get; init; }
}

/// <summary>One page of the price book.</summary>
/// <param name="Models">By seller and name.</param>
/// <param name="NextCursor">For the next page; null = this was the last.</param>
public sealed record PricesResponse(IReadOnlyList<PricedModelEntry> Models, string? NextCursor)
{
    internal static PricesResponse Of(PricesAnswer answer) => new([.. answer.Models.Select(PricedModelEntry.Of)], answer.Next?.ToString());

    internal static bool TryMatch(JsonElement clause, out ModelMatch? match, out ApiProblem? problem)
    {
        if (ModelMatch.TryParse(clause.GetRawText(), out match, out var detail))
        {
            problem = null;
            return true;
        }

        problem = new ApiProblem("match", detail);
        return false;
    }
}

/// <summary>A model as one seller sells it. Own: some of its prices are the organisation's. The context window is in tokens; 0 = not known.</summary>
public sealed record PricedModelEntry(string Provider, string Model, string Name, bool Own, bool Deprecated, long ContextWindow, IReadOnlyList<PriceEntry> Prices)
{
    internal static PricedModelEntry Of(PricedModel model) =>
        new(model.Provider, model.Model, model.Name, model.IsOwn, model.Deprecated, model.ContextWindow, [.. model.Prices.Select(PriceEntry.Of)]);
}

/// <summary>One version of one price.</summary>
public sealed record PriceEntry
{
    public required string Id { get; init; }

    [Description("Since when it is believed; give it back with an edit.")]
    public required DateTimeOffset RecordedAt { get; init; }

    [Description("Until when it was believed; null = it still is.")]
    public required DateTimeOffset? SupersededAt { get; init; }
    public required bool Own { get; init; }
    public required string Provider { get; init; }
    public required string HostPlatform { get; init; }
    public required string Model { get; init; }
    public required JsonElement Match { get; init; }
    public required string Meter { get; init; }
    public required string Unit { get; init; }
    public required decimal UnitSize { get; init; }

    [Description("USD for `unitSize` units; of a discount the share.")]
    public required decimal Price { get; init; }

    [Description("Set where it was agreed in another currency: ISO 4217.")]
    public required string? Currency { get; init; }

    [Description("For `unitSize` units, in `currency`.")]
    public required decimal? AgreedPrice { get; init; }

    [Description("What 1 USD is in `currency`: `agreedPrice` / `exchangeRate` = `price`.")]
    public required decimal? ExchangeRate { get; init; }
    public required DateOnly? RateDay { get; init; }
    public required long ContextStart { get; init; }
    public required string ServiceTier { get; init; }
    public required bool Batch { get; init; }
    public required string Region { get; init; }
    public required string Variant { get; init; }
    public required TimeOnly? DayStart { get; init; }
    public required TimeOnly? DayEnd { get; init; }
    public required Guid? Project { get; init; }
    public required DateTimeOffset? ValidFrom { get; init; }
    public required DateTimeOffset? ValidTo { get; init; }
    public required string Source { get; init; }

    internal static PriceEntry Of(RecordedPrice row) => new()
    {
        Id = row.Id.ToString(CultureInfo.InvariantCulture),
        RecordedAt = row.RecordedAt,
        SupersededAt = row.SupersededAt,
        Own = row.TenantId is not null,
        Provider = row.Provider,
        HostPlatform = row.HostPlatform,
        Model = row.Model,
        Match = Json(row.Match),
        Meter = CallsEndpoint.Word(row.Meter),
        Unit = row.Unit,
        UnitSize = row.UnitSize,
        Price = row.Price,
        Currency = row.Currency,
        AgreedPrice = row.AgreedAmount,
        ExchangeRate = row.ExchangeRate,
        RateDay = row.RateDay,
        ContextStart = row.ContextStart,
        ServiceTier = row.ServiceTier,
        Batch = row.Batch,
        Region = row.Region,
        Variant = row.Variant,
        DayStart = row.DayStart,
        DayEnd = row.DayEnd,
        Project = row.ProjectId,
        ValidFrom = row.ValidFrom,
        ValidTo = row.ValidTo,
        Source = row.Source,
    };

    internal static JsonElement Json(string clause)
    {
        using var document = JsonDocument.Parse(clause);
        return document.RootElement.Clone();
    }
}

/// <summary>One version of one alias.</summary>
public sealed record AliasEntry(
    string Id, DateTimeOffset RecordedAt, DateTimeOffset? SupersededAt, string ToldProvider, JsonElement Match, string Provider, string Model, Guid? Project,
    DateTimeOffset? ValidFrom, DateTimeOffset? ValidTo, string Author, string Reason)
{
    internal static AliasEntry Of(RecordedAlias row) => new(
        row.Id.ToString(CultureInfo.InvariantCulture), row.RecordedAt, row.SupersededAt, row.ToldProvider, PriceEntry.Json(row.Match), row.Provider, row.Model, row.ProjectId,
        row.ValidFrom, row.ValidTo, row.Author, row.Reason);
}

public sealed record AliasesResponse(IReadOnlyList<AliasEntry> Aliases);

/// <summary>A change of the book; its id is the version that it made. Own: made by the organisation; otherwise an import of the public list.</summary>
public sealed record PriceChangeEntry(string Id, DateTimeOffset ChangedAt, bool Own, string Author, string Reason, int RowsAdded, int RowsSuperseded)
{
    internal static PriceChangeEntry Of(PriceChange change) => new(
        change.Id.ToString(CultureInfo.InvariantCulture), change.ChangedAt, change.TenantId is not null, change.Author, change.Reason, change.RowsAdded, change.RowsSuperseded);
}

public sealed record PriceChangesResponse(IReadOnlyList<PriceChangeEntry> Changes, string? NextBefore);

/// <summary>
/// One change with what is believed since it (added) and what was until then (superseded). Rows: prices in all, of which a page has some. Last: it is the
/// organisation's last change, which can be undone.
/// </summary>
public sealed record PriceDifferenceResponse(
    PriceChangeEntry Change, int Rows, bool IsLast, IReadOnlyList<PriceEntry> Added, IReadOnlyList<PriceEntry> Superseded, IReadOnlyList<AliasEntry> AliasesAdded,
    IReadOnlyList<AliasEntry> AliasesSuperseded)
{
    internal static PriceDifferenceResponse Of(PriceDifference difference)
    {
        var at = difference.Change.ChangedAt;
        return new PriceDifferenceResponse(
            PriceChangeEntry.Of(difference.Change), difference.Total, difference.IsLast,
            [.. difference.Prices.Where(row => row.RecordedAt == at).Select(PriceEntry.Of)], [.. difference.Prices.Where(row => row.SupersededAt == at).Select(PriceEntry.Of)],
            [.. difference.Aliases.Where(row => row.RecordedAt == at).Select(AliasEntry.Of)], [.. difference.Aliases.Where(row => row.SupersededAt == at).Select(AliasEntry.Of)]);
    }
}

/// <summary>All versions that were ever believed, from the latest belief; names that lead to the model; the changes. Left out: older versions beyond the limit.</summary>
public sealed record PriceHistoryResponse(IReadOnlyList<PriceEntry> Versions, IReadOnlyList<AliasEntry> Aliases, IReadOnlyList<PriceChangeEntry> Changes, int LeftOut)
{
    internal static PriceHistoryResponse Of(ModelPriceHistory history) => new(
        [.. history.Prices.Select(PriceEntry.Of)], [.. history.Aliases.Select(AliasEntry.Of)], [.. history.Changes.Select(PriceChangeEntry.Of)], history.LeftOut);
}

/// <summary>What an edit did. The version is the one of the book that it made: the id of the change.</summary>
public sealed record PriceEditResponse(
    string Version, IReadOnlyList<PriceEntry> Added, IReadOnlyList<PriceEntry> Superseded, IReadOnlyList<AliasEntry> AliasesAdded, IReadOnlyList<AliasEntry> AliasesSuperseded)
{
    internal static PriceEditResponse Of(PriceEditResult result) => new(
        result.BookVersion.ToString(CultureInfo.InvariantCulture), [.. result.Added.Select(PriceEntry.Of)], [.. result.Superseded.Select(PriceEntry.Of)],
        [.. result.AliasesAdded.Select(AliasEntry.Of)], [.. result.AliasesSuperseded.Select(AliasEntry.Of)]);

    /// <summary>Both rows of an overlap, or the change that came first.</summary>
    internal static Dictionary<string, object?> ConflictOf(PriceEditResult result)
    {
        var more = new Dictionary<string, object?>(StringComparer.Ordinal);
        if (result.Overlap is { } prices) (more["wanted"], more["there"]) = (PriceEntry.Of(prices.Wanted), PriceEntry.Of(prices.There));
        if (result.AliasOverlap is { } aliases) (more["wanted"], more["there"]) = (AliasEntry.Of(aliases.Wanted), AliasEntry.Of(aliases.There));
        if (result.Theirs is { } theirs) more["change"] = PriceChangeEntry.Of(theirs);
        return more;
    }
}
