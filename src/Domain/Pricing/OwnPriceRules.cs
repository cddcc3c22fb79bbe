using System.Globalization;
using FinOps.Domain.Currencies;

namespace FinOps.Domain.Pricing;

/// <summary>What a tenant may say of prices: brings rows and aliases into their one spelling, and tells in plain words what is wrong with them.</summary>
public static class OwnPriceRules
{
    /// <summary>Characters of a name, region, variant or clause.</summary>
    public const int MaxTextLength = 256;

    /// <summary>A price is for at most this many units: an hour of milliseconds is 3,600,000.</summary>
    public const decimal MaxUnitSize = 1_000_000_000m;

    /// <summary>Decimals of a price; finer ones do not reach a call's 12 decimals.</summary>
    public const int MaxDecimals = 12;

    private static readonly string[] Tiers = ["", "flex", "priority", "fast"];

    /// <summary>Units that a price of a meter is usually told for: a million tokens, a thousand searches, an hour.</summary>
    public static decimal UsualUnitSize(Meter meter) => meter switch
    {
        Meter.GpuTime => 3_600_000m,
        Meter.Discount or Meter.AudioTime or Meter.InputAudioTime or Meter.Image or Meter.CodeSession => 1m,
        Meter.CacheStorage => 1_000_000m,
        _ => Meters.IsToken(meter) ? 1_000_000m : 1_000m,
    };

    /// <summary>In the one spelling by which rows are compared: without spaces around, the seller by the list's id, a named tier as the list has it.</summary>
    public static PriceRow Normal(PriceRow row) => row with
    {
        Provider = ProviderNames.Seller(row.Provider.Trim()),
        HostPlatform = row.HostPlatform.Trim(),
        Model = row.Model.Trim(),
        ModelName = row.ModelName.Trim(),
        ServiceTier = row.ServiceTier.Trim().ToLowerInvariant() is var tier && tier == "standard" ? "" : tier,
        Region = row.Region.Trim(),
        Variant = row.Variant.Trim(),
        ValidFrom = Whole(row.ValidFrom),
        ValidTo = Whole(row.ValidTo),
        Price = (row.Agreed is { Rate: > 0 } agreed ? agreed.Usd : row.Price) / 1.0000000000000000000000000000m, // without zeros at the end
        Agreed = row.Agreed is { } told ? told with { Currency = told.Currency.Trim(), Amount = Plain(told.Amount), Rate = Plain(told.Rate) } : null,
    };

    private static decimal Plain(decimal value) => value / 1.0000000000000000000000000000m;

    public static PriceAlias Normal(PriceAlias alias) => alias with
    {
        ToldProvider = alias.ToldProvider.Trim(),
        Provider = ProviderNames.Seller(alias.Provider.Trim()),
        Model = alias.Model.Trim(),
        ValidFrom = Whole(alias.ValidFrom),
        ValidTo = Whole(alias.ValidTo),
    };

    /// <summary>Null where the row can be kept.</summary>
    public static string? FindProblem(PriceRow row)
    {
        if (row.Provider.Length == 0) return "Name the seller.";
        if (row.Model.Length == 0) return "Name the model.";
        if (!Enum.IsDefined(row.Meter)) return "There is no such meter.";
        foreach (var text in (string[])[row.Provider, row.HostPlatform, row.Model, row.ModelName, row.Region, row.Variant])
            if (ProblemOf(text) is { } problem) return problem;
        if (!Tiers.Contains(row.ServiceTier)) return $"There is no service tier \"{row.ServiceTier}\": leave it empty, or take flex, priority or fast.";
        if (row.Meter == Meter.Discount && row.Price is < 0 or > 1) return "A discount is a share from 0 to 1: 0.15 takes 15 % off.";
        if (ProblemOf(row) is { } currency) return currency;
        // An amount without a rate yet is not one of USD.
        if (row.Agreed is not { Rate: 0 } && row.Price is < 0 or > PriceRow.MaxPrice) return string.Create(CultureInfo.InvariantCulture, $"A price is 0 to {PriceRow.MaxPrice:N0} USD.");
        if (decimal.Round(row.Price, MaxDecimals) != row.Price) return $"A price has at most {MaxDecimals} decimals.";
        if (row.UnitSize is <= 0 or > MaxUnitSize) return string.Create(CultureInfo.InvariantCulture, $"A price is for more than 0 and at most {MaxUnitSize:N0} units.");
        if (row.Meter == Meter.Discount && (row.UnitSize != 1m || row.ContextStart != 0 || row.ServiceTier.Length != 0 || row.Batch))
            return "A discount is off the whole sum of a call: it has no unit size, context start, service tier or batch.";
        if (row.Batch && row.ServiceTier.Length != 0) return "A batch has no service tier.";
        if (row.DayStart is null != row.DayEnd is null) return "A time of the day has a start and an end.";
        if (row.DayStart is not null && row.DayStart == row.DayEnd) return "A time of the day has an end other than its start.";
        return ProblemOf(row.Match) ?? ProblemOf(row.ValidFrom, row.ValidTo);
    }

    /// <summary>Null where the alias can be kept; whether it leads to a price is for the book to say.</summary>
    public static string? FindProblem(PriceAlias alias)
    {
        if (alias.Provider.Length == 0 || alias.Model.Length == 0) return "Name the seller and the model that stand behind the alias.";
        foreach (var text in (string[])[alias.ToldProvider, alias.Provider, alias.Model])
            if (ProblemOf(text) is { } problem) return problem;
        if (alias.Match.Entry is not null) return "An alias is for a told name: equals, starts_with, ends_with, contains or regex.";
        if (alias.Match.Breadth > 2) return "An alias for every name would hide the whole list: name at least one letter.";
        if (alias.Match.Name is { } name && string.Equals(name, alias.Model, StringComparison.OrdinalIgnoreCase)
            && (alias.ToldProvider.Length == 0 || ProviderNames.Seller(alias.ToldProvider) == alias.Provider)) return "The alias leads to itself: name another model behind it.";
        return ProblemOf(alias.Match) ?? ProblemOf(alias.ValidFrom, alias.ValidTo);
    }

    /// <summary>Whether two rows would price the same calls at one time: the database refuses to believe both.</summary>
    public static bool Overlap(PriceRow one, PriceRow other) =>
        (one.Tenant, one.Project, one.Provider, one.HostPlatform, one.Meter) == (other.Tenant, other.Project, other.Provider, other.HostPlatform, other.Meter)
        && one.Match.Equals(other.Match)
        && (one.ContextStart, one.ServiceTier, one.Batch, one.Region, one.Variant, one.DayStart, one.DayEnd)
            == (other.ContextStart, other.ServiceTier, other.Batch, other.Region, other.Variant, other.DayStart, other.DayEnd)
        && Overlap(one.ValidFrom, one.ValidTo, other.ValidFrom, other.ValidTo);

    /// <inheritdoc cref="Overlap(PriceRow, PriceRow)"/>
    public static bool Overlap(PriceAlias one, PriceAlias other) =>
        (one.Project, one.ToldProvider) == (other.Project, other.ToldProvider) && one.Match.Equals(other.Match)
        && Overlap(one.ValidFrom, one.ValidTo, other.ValidFrom, other.ValidTo);

    private static bool Overlap(DateTimeOffset? from, DateTimeOffset? to, DateTimeOffset? otherFrom, DateTimeOffset? otherTo) =>
        (to is null || otherFrom is null || otherFrom < to) && (otherTo is null || from is null || from < otherTo);

    private static string? ProblemOf(PriceRow row)
    {
        if (row.Agreed is not { } agreed) return null;
        if (row.Meter == Meter.Discount) return "A discount is a share: it has no currency.";
        if (!ExchangeRates.IsCode(agreed.Currency) || agreed.Currency == ExchangeRates.Usd) return $"\"{agreed.Currency}\" is not another currency's code of three capital letters, for example EUR.";
        if (agreed.Amount < 0) return "A price is not negative.";
        if (decimal.Round(agreed.Amount, MaxDecimals) != agreed.Amount) return $"A price has at most {MaxDecimals} decimals.";
        return agreed.Rate == 0 ? null : decimal.Round(agreed.Rate, MaxDecimals) != agreed.Rate ? $"A rate has at most {MaxDecimals} decimals." : RateList.FindProblem(agreed.Rate);
    }

    private static string? ProblemOf(string text) =>
        text.Length > MaxTextLength ? $"A name has at most {MaxTextLength} characters." : text.Any(char.IsControl) ? "A name has no control characters." : null;

    private static string? ProblemOf(ModelMatch match) =>
        match.ToString() is var clause && clause.Length > 4 * MaxTextLength ? "The match clause is too long." : match.FindProblem();

    private static string? ProblemOf(DateTimeOffset? from, DateTimeOffset? to) => from >= to ? "The end must be after the beginning." : null;

    /// <summary>PostgreSQL keeps microseconds: a finer instant would differ from itself after a round trip.</summary>
    private static DateTimeOffset? Whole(DateTimeOffset? instant) =>
        instant is { } told ? new DateTimeOffset(told.UtcTicks - (told.UtcTicks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero) : null;
}
