using System.Globalization;
using FinOps.Domain.Channels;
using FinOps.Domain.Currencies;
using FinOps.Domain.Usage;

namespace FinOps.Domain.Budgets;

/// <summary>What a threshold is compared with. The names are stored and part of the API.</summary>
public enum ThresholdBasis
{
    /// <summary>What was spent so far.</summary>
    Actual,

    /// <summary>What the period ends with (<see cref="BudgetEvaluation.Projected"/>).</summary>
    Forecast,
}

/// <summary>What a passed threshold asks for, each more than the one before. The names are stored and part of the API.</summary>
public enum BudgetAction
{
    /// <summary>An alert, and nothing else.</summary>
    Notify,

    /// <summary>The gateway takes cheaper models where its routes have some.</summary>
    Downgrade,

    /// <summary>The gateway lets fewer calls through.</summary>
    Throttle,

    /// <summary>The gateway lets no call of the scope through.</summary>
    Block,
}

/// <summary>A share of the budget at which an alert is raised, once in each period.</summary>
/// <param name="Percent">Of the allowance, above 0 and at most <see cref="MaxPercent"/>, with two decimals.</param>
/// <param name="Basis">Actual or forecast.</param>
/// <param name="Action">What is asked for from then on until the period is over.</param>
public readonly record struct BudgetThreshold(decimal Percent, ThresholdBasis Basis = ThresholdBasis.Actual, BudgetAction Action = BudgetAction.Notify)
{
    /// <summary>Default 1,000.</summary>
    public const decimal MaxPercent = 1_000;

    /// <summary>50, 80 and 100 % of what was spent.</summary>
    public static IReadOnlyList<BudgetThreshold> Usual { get; } = [new(50), new(80), new(100)];

    /// <summary>In the invariant culture, without needless zeros: <c>80</c>, <c>99.5</c>.</summary>
    public string PercentText => Percent.ToString("0.##", CultureInfo.InvariantCulture);
}

/// <summary>An amount that a scope may spend in each period. Pure: the server evaluates it, and a gateway that holds it decides by the same arithmetic.</summary>
public sealed record Budget(Guid Id, string Name, decimal Amount)
{
    public const int MaxNameLength = 200;
    public const int MaxOwnerLength = 256;

    /// <summary>Default 20.</summary>
    public const int MaxThresholds = 20;

    /// <summary>Default one thousand billion: sums of many stay exact.</summary>
    public const decimal MaxAmount = 1_000_000_000_000;

    /// <summary>What budgets can be limited to: sessions and keys are too many, and too short-lived.</summary>
    public static IReadOnlyList<ScopeDimension> Dimensions { get; } =
    [
        ScopeDimension.Project, ScopeDimension.Feature, ScopeDimension.Team, ScopeDimension.Customer, ScopeDimension.User,
        ScopeDimension.Model, ScopeDimension.Provider, ScopeDimension.Service, ScopeDimension.Environment, ScopeDimension.GpuPool, ScopeDimension.VectorDatabase,
    ];

    /// <summary>Whose share of a GPU's money is known.</summary>
    private static readonly ScopeDimension[] OfGpus = [ScopeDimension.GpuPool, ScopeDimension.Feature, ScopeDimension.Team, ScopeDimension.Customer, ScopeDimension.Model];

    /// <summary>Whose share of a vector database's money is known.</summary>
    private static readonly ScopeDimension[] OfVectors = [ScopeDimension.VectorDatabase, ScopeDimension.Feature, ScopeDimension.Team, ScopeDimension.Customer];

    /// <summary>Whose calls count.</summary>
    public SpendScope Scope { get; init; } = SpendScope.Everything;

    /// <summary>What counts in place of calls: <see cref="ScopeDimension.GpuPool"/> or <see cref="ScopeDimension.VectorDatabase"/>; null: calls.</summary>
    public ScopeDimension? Resource => Scope.Resource;

    /// <summary>ISO 4217. Each day is converted at its own rate.</summary>
    public string Currency { get; init; } = ExchangeRates.Usd;

    public BudgetCycle Cycle { get; init; } = BudgetCycle.Month;

    /// <summary>IANA name of the zone in which days, weeks, months and quarters begin.</summary>
    public string TimeZone { get; init; } = "UTC";

    /// <summary>What a period leaves is added to the next one's allowance, up to one amount (<see cref="BudgetRollOver"/>).</summary>
    public bool RollOver { get; init; }

    public IReadOnlyList<BudgetThreshold> Thresholds { get; init; } = BudgetThreshold.Usual;

    /// <summary>Who looks after it: an e-mail address, a team's name.</summary>
    public string Owner { get; init; } = "";

    /// <summary>What each call without a price counts, in <see cref="Currency"/>; null: nothing, and alerts say how many there were.</summary>
    public decimal? CeilingPerUnpricedCall { get; init; }

    /// <summary>Channels that its alerts go to instead of where the organisation's routes lead; empty = the routes decide.</summary>
    public IReadOnlyList<Guid> Channels { get; init; } = [];

    /// <summary>What is wrong with it, for people; null when it can be used.</summary>
    public string? FindProblem()
    {
        if (Name.Trim().Length is 0 or > MaxNameLength) return $"A budget's name has 1 to {MaxNameLength} characters.";
        if (Amount is < 0 or > MaxAmount || decimal.Round(Amount, 12) != Amount) return "The amount is 0 or more, at most one thousand billion, with up to 12 decimals.";
        if (!ExchangeRates.IsCode(Currency)) return $"\"{Currency}\" is not a currency's code of three capital letters, for example EUR.";
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(TimeZone, out _)) return $"\"{TimeZone}\" is not the IANA name of a time zone, for example Europe/Berlin.";
        if (Owner.Length > MaxOwnerLength) return $"The owner has at most {MaxOwnerLength} characters.";
        if (CeilingPerUnpricedCall is < 0 or > 1_000_000) return "The ceiling price of a call without a price is 0 to 1,000,000.";
        if (Channels.Count > AlertRoute.MaxChannels || Channels.Distinct().Count() < Channels.Count) return $"A budget has at most {AlertRoute.MaxChannels} channels, each once.";
        if (Thresholds.Count is 0 or > MaxThresholds) return $"A budget has 1 to {MaxThresholds} thresholds.";
        foreach (var threshold in Thresholds)
        {
            if (threshold.Percent is <= 0 or > BudgetThreshold.MaxPercent || decimal.Round(threshold.Percent, 2) != threshold.Percent)
                return $"A threshold is above 0 and at most {BudgetThreshold.MaxPercent:0} %, with up to two decimals.";
        }

        if (Thresholds.GroupBy(threshold => (threshold.Percent, threshold.Basis)).Any(group => group.Count() > 1)) return "A threshold stands twice.";
        if (Scope.Parts.FirstOrDefault(part => !Dimensions.Contains(part.Dimension)) is { } odd) return $"A budget cannot be limited to one {odd.Dimension}.";
        if (Resource is { } resource && Scope.Parts.FirstOrDefault(part => !(resource == ScopeDimension.GpuPool ? OfGpus : OfVectors).Contains(part.Dimension)) is { } unknown)
        {
            return resource == ScopeDimension.GpuPool
                ? $"What GPUs cost is known by feature, team, customer and model, not by {unknown.Dimension}."
                : $"What vector databases cost is known by feature, team and customer, not by {unknown.Dimension}.";
        }

        return Scope.FindProblem();
    }
}
