using System.Globalization;
using FinOps.Domain.Allocation;
using FinOps.Domain.Currencies;
using FinOps.Domain.Pricing;

namespace FinOps.Domain.Commitments;

/// <summary>
/// What an organisation has promised to pay a seller, whatever is used. FOCUS' word is commitment discount; whether there is a discount stands in the prices, which are agreed beside it. It holds for whole
/// UTC days, and its periods follow on one another from <see cref="ValidFrom"/>.
/// </summary>
public sealed record Commitment
{
    public const int MaxNameLength = 120;

    /// <summary>Characters of a seller, a platform or a model's name.</summary>
    public const int MaxTextLength = 256;

    /// <summary>Models that one commitment names. Default 50.</summary>
    public const int MaxModels = 50;

    /// <summary>A larger amount is a mistake of somebody's.</summary>
    public const decimal MaxAmount = 10_000_000_000m;

    private const int FirstYear = 2000;
    private const int LastYear = 2200;

    public Guid Id { get; init; }

    /// <summary>As people call it: "OpenAI 2026".</summary>
    public required string Name { get; init; }
    public required CommitmentKind Kind { get; init; }

    /// <summary>Who is paid, by the price list's id: <c>openai</c>, <c>azure</c>.</summary>
    public required string Seller { get; init; }

    /// <summary>Only calls that tell exactly this provider, where one seller has several platforms; empty = all of them.</summary>
    public string HostPlatform { get; init; } = "";

    /// <summary>Served models by their told names, a <c>*</c> at the end for any rest; none = all of the seller.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>What <see cref="Amount"/> is for; of provisioned throughput always a month, by which its hours are shown.</summary>
    public CommitmentPeriod Period { get; init; }

    /// <summary>In <see cref="Currency"/>: for a period, or for an hour of provisioned throughput.</summary>
    public required decimal Amount { get; init; }

    /// <summary>ISO 4217.</summary>
    public string Currency { get; init; } = ExchangeRates.Usd;

    /// <summary>What 1 USD is in <see cref="Currency"/>. The row keeps it, as agreed prices do: what is promised never moves with later rates. 0 = to be looked up.</summary>
    public decimal Rate { get; init; } = 1m;

    /// <summary>The day that the rate is of.</summary>
    public DateOnly RateDay { get; init; }
    public required DateTimeOffset ValidFrom { get; init; }

    /// <summary>Null = until further notice.</summary>
    public DateTimeOffset? ValidTo { get; init; }

    /// <summary>USD with twelve decimals, of a period or of an hour.</summary>
    public decimal AmountUsd => ExactShares.Round(Amount / Rate);

    private int Months => Period switch { CommitmentPeriod.Month => 1, CommitmentPeriod.Quarter => 3, _ => 12 };

    /// <summary>Whether calls with this told provider and served model belong to it.</summary>
    public bool Covers(string provider, string model) => IsAt(provider) && (Models.Count == 0 || Models.Any(name => Matches(name, model)));

    /// <summary>Whether calls with this told provider are paid to its seller, on its platform.</summary>
    public bool IsAt(string provider) =>
        provider.Length != 0 && ProviderNames.Seller(provider) == Seller && (HostPlatform.Length == 0 || string.Equals(provider, HostPlatform, StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether one call could belong to both: what it costs would then be promised twice.</summary>
    public bool SharesScopeWith(Commitment other) =>
        (Kind, Seller) == (other.Kind, other.Seller)
        && (HostPlatform.Length == 0 || other.HostPlatform.Length == 0 || HostPlatform == other.HostPlatform)
        && (Models.Count == 0 || other.Models.Count == 0 || Models.Any(one => other.Models.Any(two => Matches(one, Stem(two)) || Matches(two, Stem(one)))));

    /// <summary>The periods of which at least a part lies in the range, the earliest first. The last one ends where the commitment does.</summary>
    public IEnumerable<(DateTimeOffset From, DateTimeOffset To)> PeriodsIn(DateTimeOffset from, DateTimeOffset to)
    {
        var end = ValidTo < to ? ValidTo.Value : to;
        // Counted from the beginning, so that a month that begins on the 31st does so again after February.
        for (var i = Math.Max(0, (((from.UtcDateTime.Year - ValidFrom.UtcDateTime.Year) * 12) + from.UtcDateTime.Month - ValidFrom.UtcDateTime.Month) / Months - 1); Start(i) < end; i++)
        {
            var until = ValidTo < Start(i + 1) ? ValidTo.Value : Start(i + 1);
            if (until > from) yield return (Start(i), until);
        }
    }

    /// <summary>As it is stored and compared: one spelling of each name, models in order and once, whole microseconds.</summary>
    public Commitment Normal() => this with
    {
        Name = Name.Trim(),
        Seller = ProviderNames.Seller(Seller.Trim()),
        HostPlatform = HostPlatform.Trim().ToLowerInvariant(),
        Models = [.. Models.Select(name => name.Trim().ToLowerInvariant()).Where(name => name.Length != 0).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)],
        Period = Kind == CommitmentKind.Provisioned ? CommitmentPeriod.Month : Period,
        Currency = Currency.Trim(),
        Amount = Plain(Amount),
        Rate = Currency.Trim() == ExchangeRates.Usd ? 1m : Plain(Rate),
        ValidFrom = ValidFrom.ToUniversalTime(),
        ValidTo = ValidTo?.ToUniversalTime(),
    };

    /// <summary>Null, or what is wrong with a <see cref="Normal"/> commitment and what is allowed.</summary>
    public string? FindProblem() =>
        Name.Length is 0 or > MaxNameLength ? $"Give it a name of at most {MaxNameLength} characters, for example \"OpenAI 2026\"."
        : !Enum.IsDefined(Kind) ? "There is no such kind of commitment."
        : !Enum.IsDefined(Period) ? "There is no such period."
        : Seller.Length is 0 or > MaxTextLength ? $"Name the seller, for example openai, in at most {MaxTextLength} characters."
        : HostPlatform.Length > MaxTextLength ? $"A platform has at most {MaxTextLength} characters."
        : HostPlatform.Length != 0 && ProviderNames.Seller(HostPlatform) != Seller ? $"{HostPlatform} is no platform of {Seller}: leave it empty for all platforms."
        : Models.Count > MaxModels ? $"A commitment names at most {MaxModels} models."
        : Models.Any(name => name.Length > MaxTextLength) ? $"A model's name has at most {MaxTextLength} characters."
        : Models.Any(name => name.Contains(',', StringComparison.Ordinal) || name.IndexOf('*', StringComparison.Ordinal) is >= 0 and var star && star != name.Length - 1)
            ? "A model is a name without commas, with a * at its end for any rest: gpt-4o*."
        : Models.Contains("*") ? "Name no model for all of the seller's."
        : (Name + Seller + HostPlatform + string.Concat(Models)).Any(char.IsControl) ? "Names have no control characters."
        : Amount is <= 0 or > MaxAmount ? $"What is promised is above 0 and at most {MaxAmount.ToString("N0", CultureInfo.InvariantCulture)}."
        : Amount != ExactShares.Round(Amount) ? $"An amount has at most {ExactShares.Decimals} decimals."
        : !ExchangeRates.IsCode(Currency) ? $"\"{Currency}\" is not a currency's code of three capital letters, for example EUR."
        : Rate != ExactShares.Round(Rate) ? $"A rate has at most {ExactShares.Decimals} decimals."
        : RateList.FindProblem(Rate) is { } rate ? rate
        : AmountUsd == 0 ? "That is nothing in US dollars: look at the rate."
        : ValidFrom.TimeOfDay != TimeSpan.Zero || ValidTo is { TimeOfDay: var time } && time != TimeSpan.Zero ? "A commitment begins and ends with a UTC day."
        : ValidFrom.Year is < FirstYear or > LastYear || ValidTo?.Year > LastYear ? $"A commitment holds between {FirstYear} and {LastYear}."
        : ValidTo <= ValidFrom ? "A commitment ends after it begins."
        : ProblemOfEnd();

    private string? ProblemOfEnd()
    {
        // The amount is for a whole period: what a part of one would be worth is nothing that we could know.
        if (Kind != CommitmentKind.Spend || ValidTo is not { } end) return null;
        var last = PeriodsIn(end.AddDays(-1), end).Last();
        var i = 0;
        while (Start(i) < last.From) i++;
        return Start(i + 1) == end ? null
            : string.Create(CultureInfo.InvariantCulture, $"The amount is for a whole {Period.ToString().ToLowerInvariant()}: end it with one, on {Start(i + 1):d MMM yyyy}{(i == 0 ? "" : $" or {Start(i):d MMM yyyy}")}.");
    }

    private DateTimeOffset Start(int period) => ValidFrom.AddMonths(period * Months);

    private static bool Matches(string pattern, string model) =>
        pattern.EndsWith('*') ? model.StartsWith(Stem(pattern), StringComparison.OrdinalIgnoreCase) : string.Equals(pattern, model, StringComparison.OrdinalIgnoreCase);

    private static string Stem(string pattern) => pattern.TrimEnd('*');

    private static decimal Plain(decimal value) => value / 1.0000000000000000000000000000m;
}
