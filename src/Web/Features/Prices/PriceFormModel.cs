using System.Globalization;
using FinOps.Domain.Currencies;
using FinOps.Domain.Pricing;
using FinOps.Domain.Tenancy;

namespace FinOps.Web.Features.Prices;

/// <summary>What the form makes.</summary>
public enum PriceFormKind
{
    Price,
    Discount,
    Alias,
}

/// <summary>How told names are matched.</summary>
public enum NameMatch
{
    /// <summary>Whatever the list finds under the model's entry.</summary>
    Entry,
    Equals,
    StartsWith,
    EndsWith,
    Contains,
    Regex,

    /// <summary>All models of the seller.</summary>
    Every,
}

/// <summary>What stands in the form, and what it says of prices: texts as people type them. Knows nothing of rendering.</summary>
public sealed class PriceFormModel
{
    public PriceFormKind Kind { get; set; }
    public string Seller { get; set; } = "";
    public string Model { get; set; } = "";

    /// <summary>Of a price or discount which names it is for; of an alias how the told name is meant.</summary>
    public NameMatch Match { get; set; }

    /// <summary>The told name, or the pattern.</summary>
    public string Told { get; set; } = "";
    public string ToldProvider { get; set; } = "";
    public Meter Meter { get; set; } = Meter.Input;

    /// <summary>In <see cref="Currency"/>, or percent of a discount.</summary>
    public string Amount { get; set; } = "";

    /// <summary>ISO 4217.</summary>
    public string Currency { get; set; } = ExchangeRates.Usd;

    /// <summary>What 1 USD is in another currency; empty = the organisation's own rate of the day from which the price holds.</summary>
    public string Rate { get; set; } = "";
    public string ContextStart { get; set; } = "";
    public string Tier { get; set; } = "";
    public bool Batch { get; set; }
    public string Region { get; set; } = "";
    public string Project { get; set; } = "";

    /// <summary>Days of UTC; empty = always.</summary>
    public string From { get; set; } = "";
    public string To { get; set; } = "";
    public string Reason { get; set; } = "";

    /// <summary>Null where the form says something that can be tried; otherwise what to change.</summary>
    public string? FindProblem()
    {
        if (Kind == PriceFormKind.Alias)
        {
            var (alias, problem) = ToAlias();
            return alias is null ? problem : OwnPriceRules.FindProblem(OwnPriceRules.Normal(alias)) ?? ProblemOfReason();
        }

        var (row, wrong) = ToRow();
        return row is null ? wrong : OwnPriceRules.FindProblem(OwnPriceRules.Normal(row)) ?? ProblemOfReason();
    }

    public (PriceRow? Row, string? Problem) ToRow()
    {
        if (!TryAmount(Amount, out var amount)) return (null, Kind == PriceFormKind.Discount ? "Give the discount in percent, for example 15." : $"Give the price in {Code}, for example 1.25.");
        if (!TryRate(Rate, out var rate)) return (null, "The rate is what 1 USD is, above 0, for example 0.9214.");
        uint start = 0;
        if (ContextStart.Trim().Length != 0 && !uint.TryParse(ContextStart.Trim(), NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out start))
            return (null, "The context step is a number of tokens, for example 200000.");
        if (!TryDay(From, out var from) || !TryDay(To, out var to)) return (null, "Give days as 2026-12-01.");
        var every = Match == NameMatch.Every;
        if (!every && Model.Trim().Length == 0) return (null, "Name the model.");
        string? unreadable = null;
        var match = Match switch
        {
            NameMatch.Every => ModelMatch.Every,
            NameMatch.Entry => ModelMatch.OfEntry(Model.Trim()),
            _ => Clause(out unreadable),
        };
        if (match is null) return (null, unreadable ?? "Give the name that calls tell.");
        var isDiscount = Kind == PriceFormKind.Discount;
        var meter = isDiscount ? Meter.Discount : Meter;
        return (new PriceRow
        {
            Provider = Seller,
            Model = every ? "*" : Model.Trim(),
            ModelName = every ? "All models" : "",
            Match = match,
            Meter = meter,
            UnitSize = OwnPriceRules.UsualUnitSize(meter),
            Price = isDiscount ? amount / 100m : amount,
            Agreed = isDiscount || Code == ExchangeRates.Usd ? null : new AgreedPrice(Code, amount, rate, from is { } day ? DateOnly.FromDateTime(day.UtcDateTime) : default),
            ContextStart = isDiscount ? 0 : start,
            ServiceTier = isDiscount ? "" : Tier,
            Batch = !isDiscount && Batch,
            Region = Region,
            Project = ProjectOf(),
            ValidFrom = from,
            ValidTo = to,
        }, null);
    }

    public (PriceAlias? Alias, string? Problem) ToAlias()
    {
        if (!TryDay(From, out var from) || !TryDay(To, out var to)) return (null, "Give days as 2026-12-01.");
        var match = Clause(out var problem);
        return match is null
            ? (null, problem ?? "Give the name that calls tell.")
            : (new PriceAlias { ToldProvider = ToldProvider, Match = match, Provider = Seller, Model = Model, Project = ProjectOf(), ValidFrom = from, ValidTo = to }, null);
    }

    /// <summary>As people type amounts: a point for decimals, commas between thousands.</summary>
    public static bool TryAmount(string text, out decimal amount) =>
        decimal.TryParse(text.Trim().TrimStart('$').TrimEnd('%'), NumberStyles.AllowDecimalPoint | NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out amount);

    /// <summary>True for nothing, too, which is 0: to be looked up.</summary>
    public static bool TryRate(string text, out decimal rate)
    {
        rate = 0;
        return text.Trim().Length == 0 || (decimal.TryParse(text.Trim(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out rate) && rate > 0);
    }

    /// <summary>True for nothing, too.</summary>
    public static bool TryDay(string text, out DateTimeOffset? day)
    {
        day = null;
        if (text.Trim().Length == 0) return true;
        if (!DateOnly.TryParseExact(text.Trim(), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)) return false;
        day = new DateTimeOffset(date.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);
        return true;
    }

    private string Code => Currency.Trim().ToUpperInvariant() is { Length: > 0 } code ? code : ExchangeRates.Usd;

    private ModelMatch? Clause(out string? problem)
    {
        problem = null;
        var told = Told.Trim();
        if (told.Length == 0) return null;
        var word = Match switch { NameMatch.StartsWith => "starts_with", NameMatch.EndsWith => "ends_with", NameMatch.Contains => "contains", NameMatch.Regex => "regex", _ => "equals" };
        return ModelMatch.TryParse(System.Text.Json.JsonSerializer.Serialize(new Dictionary<string, string> { [word] = told }), out var match, out problem) ? match : null;
    }

    private ProjectId? ProjectOf() => Guid.TryParse(Project, CultureInfo.InvariantCulture, out var id) ? new ProjectId(id) : null;

    private string? ProblemOfReason() => Reason.Trim().Length == 0 ? "Say why: it stands in the price's history." : null;
}
