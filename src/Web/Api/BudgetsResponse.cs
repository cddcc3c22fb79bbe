using System.ComponentModel;
using System.Text.Json.Serialization;
using FinOps.Analytics.Budgets;
using FinOps.Domain.Budgets;
using FinOps.Domain.Currencies;
using FinOps.Domain.Usage;

namespace FinOps.Web.Api;

/// <summary>A budget as it shall be.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record BudgetRequest
{
    [Description("One budget has a name at a time.")]
    public required string Name { get; init; }

    [Description("For each period, 0 or more.")]
    public required decimal Amount { get; init; }

    [Description("ISO 4217. Default: USD. Each day is converted at its own rate.")]
    public string? Currency { get; init; }

    [Description("`day`, `week` (from Monday on), `month` or `quarter`. Default: month.")]
    public string? Period { get; init; }

    [Description("IANA name of the zone in which periods begin. Default: UTC.")]
    public string? TimeZone { get; init; }

    [Description("What a period leaves is added to the next one, up to one amount.")]
    public bool RollOver { get; init; }

    [Description("For each of `project`, `feature`, `team`, `customer`, `user`, `model`, `provider`, `service` and `environment` that limits it, the values that count; an empty value: calls that do not tell it. With `gpuPool` (accelerators or hosts) or `vectorDatabase` (systems, hosts or collections) what these cost counts in place of calls, limited by no more than `feature`, `team`, `customer` and, of GPUs, `model`. Default: all calls.")]
    public IReadOnlyDictionary<string, IReadOnlyList<string>>? Scope { get; init; }

    [Description("Default: 50, 80 and 100 % of what was spent.")]
    public IReadOnlyList<ThresholdEntry>? Thresholds { get; init; }

    [Description("Who looks after it.")]
    public string? Owner { get; init; }

    [Description("What each call without a price counts, in the budget's currency. Left out: nothing.")]
    public decimal? CeilingPerUnpricedCall { get; init; }

    [Description("Ids of channels that its alerts go to instead of where the organisation's routes lead. Default: the routes decide.")]
    public IReadOnlyList<Guid>? Channels { get; init; }

    [Description("To change one: the version that you have seen. A later one is a conflict.")]
    public int? Version { get; init; }

    internal (Budget? Budget, ApiProblem? Problem) ToBudget(Guid id)
    {
        if (!ApiBody.TryWord<BudgetCycle>(Period ?? "month", out var cycle)) return (null, ApiBody.NoWord<BudgetCycle>("period", Period!));
        var scope = SpendScope.Everything;
        foreach (var (name, values) in Scope ?? new Dictionary<string, IReadOnlyList<string>>())
        {
            if (!ApiBody.TryWord<ScopeDimension>(name, out var dimension) || !Budget.Dimensions.Contains(dimension))
                return (null, new ApiProblem("scope", $"A budget cannot be limited by \"{name}\".", [.. Budget.Dimensions.Select(CallsEndpoint.Word)]));
            if (values is null || values.Contains(null!)) return (null, new ApiProblem("scope", $"\"{name}\" is a list of texts."));
            scope = scope.And(dimension, values);
        }

        var thresholds = new List<BudgetThreshold>();
        foreach (var entry in Thresholds ?? [])
        {
            if (entry is null) return (null, new ApiProblem("thresholds", "A threshold is an object with percent."));
            if (!ApiBody.TryWord<ThresholdBasis>(entry.Of ?? "actual", out var basis)) return (null, ApiBody.NoWord<ThresholdBasis>("of", entry.Of!));
            if (!ApiBody.TryWord<BudgetAction>(entry.Action ?? "notify", out var action)) return (null, ApiBody.NoWord<BudgetAction>("action", entry.Action!));
            thresholds.Add(new BudgetThreshold(entry.Percent, basis, action));
        }

        var budget = new Budget(id, Name, Amount)
        {
            Scope = scope,
            Currency = Currency ?? ExchangeRates.Usd,
            Cycle = cycle,
            TimeZone = TimeZone ?? "UTC",
            RollOver = RollOver,
            Thresholds = Thresholds is null ? BudgetThreshold.Usual : thresholds,
            Owner = Owner ?? "",
            CeilingPerUnpricedCall = CeilingPerUnpricedCall,
            Channels = Channels ?? [],
        };
        return budget.FindProblem() is { } problem ? (null, new ApiProblem("body", problem)) : (budget, null);
    }
}

/// <summary>A share of the budget at which an alert is raised, once in each period.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record ThresholdEntry
{
    [Description("Of the allowance, above 0 and at most 1,000, with two decimals.")]
    public required decimal Percent { get; init; }

    [Description("`actual` (default), or `forecast`: what the period ends with (`standing.projected`).")]
    public string? Of { get; init; }

    [Description("What is asked of a gateway from then on until the period is over: `notify` (default, nothing), `downgrade`, `throttle` or `block`.")]
    public string? Action { get; init; }

    internal static ThresholdEntry From(BudgetThreshold threshold) =>
        new() { Percent = threshold.Percent, Of = CallsEndpoint.Word(threshold.Basis), Action = CallsEndpoint.Word(threshold.Action) };
}

/// <summary>An earlier version to put back.</summary>
/// <param name="Version">Which.</param>
/// <param name="Seen">The version that you have seen as the present one.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record BudgetUndoRequest(int Version, int Seen);

/// <summary>Budgets of the organisation.</summary>
/// <param name="Budgets">Those first that have used most of their allowance.</param>
/// <param name="Total">How many there are that the search finds.</param>
public sealed record BudgetsResponse(IReadOnlyList<BudgetResponse> Budgets, int Total);

/// <summary>A budget with how it stands.</summary>
public sealed record BudgetResponse
{
    public required Guid Id { get; init; }
    public required int Version { get; init; }
    public required string Name { get; init; }
    public required decimal Amount { get; init; }
    public required string Currency { get; init; }
    public required string Period { get; init; }
    public required string TimeZone { get; init; }
    public required bool RollOver { get; init; }
    public required IReadOnlyDictionary<string, IReadOnlyList<string>> Scope { get; init; }
    public required IReadOnlyList<ThresholdEntry> Thresholds { get; init; }
    public required string Owner { get; init; }
    public required decimal? CeilingPerUnpricedCall { get; init; }

    [Description("Ids of channels that its alerts go to; empty: the organisation's routes decide.")]
    public required IReadOnlyList<Guid> Channels { get; init; }
    public required DateTimeOffset ChangedAt { get; init; }
    public required string ChangedBy { get; init; }

    [Description("Null while it is evaluated.")]
    public required DateTimeOffset? ArchivedAt { get; init; }

    [Description("How it stands now; null before the first evaluation, within a minute.")]
    public required BudgetStandingEntry? Standing { get; init; }

    internal static BudgetResponse Of(BudgetStanding standing) => Of(standing.Row, standing.Budget, standing is { Evaluation: { } evaluation, State: { } state } ? BudgetStandingEntry.Of(evaluation, state) : null);

    internal static BudgetResponse Of(RecordedBudget row, Budget budget, BudgetStandingEntry? standing) => new()
    {
        Id = row.Id,
        Version = row.Version,
        Name = budget.Name,
        Amount = budget.Amount,
        Currency = budget.Currency,
        Period = CallsEndpoint.Word(budget.Cycle),
        TimeZone = budget.TimeZone,
        RollOver = budget.RollOver,
        Scope = ScopeWords.Of(budget.Scope),
        Thresholds = [.. budget.Thresholds.Select(ThresholdEntry.From)],
        Owner = budget.Owner,
        CeilingPerUnpricedCall = budget.CeilingPerUnpricedCall,
        Channels = budget.Channels,
        ChangedAt = row.ChangedAt,
        ChangedBy = row.ChangedBy,
        ArchivedAt = row.ArchivedAt,
        Standing = standing,
    };
}

/// <summary>How a budget stands in one of its periods. Amounts are in its currency.</summary>
public sealed record BudgetStandingEntry
{
    public required DateTimeOffset PeriodStart { get; init; }
    public required DateTimeOffset PeriodEnd { get; init; }

    [Description("What counts against the allowance: `cost`, and calls without a price at their ceiling.")]
    public required decimal Spent { get; init; }

    [Description("Of calls that were seen and have a price.")]
    public required decimal Cost { get; init; }

    [Description("The estimate of what sampling left out of `cost`; it counts against nothing.")]
    public required decimal LeftOut { get; init; }
    public required long UnpricedCalls { get; init; }

    [Description("The amount with what the period before left, where it rolls over.")]
    public required decimal Allowance { get; init; }
    public required decimal Carried { get; init; }

    [Description("Of the allowance, 1 = all of it; null where that is 0.")]
    public required decimal? Share { get; init; }

    [Description("What the period ends with; null while nothing can be told.")]
    public required decimal? Projected { get; init; }

    [Description("Where the 80 % interval of `projected` begins; null without a model.")]
    public required decimal? ProjectedLow { get; init; }

    [Description("Where it ends.")]
    public required decimal? ProjectedHigh { get; init; }

    [Description("model: from habits, made anew each day; straightLine: fewer than seven whole days with spend are known, or none was made yet, so what was spent divided by the share of the period that is over; none: less than a tenth of it is.")]
    public required string ProjectedBy { get; init; }

    [Description("Thresholds that are passed.")]
    public required IReadOnlyList<ThresholdEntry> Passed { get; init; }

    [Description("What is asked of a gateway now: the most of what the passed thresholds ask for; null where none is passed.")]
    public required string? Action { get; init; }

    [Description("Why the figures could not be brought up to date; empty = they are.")]
    public required string Problem { get; init; }

    internal static BudgetStandingEntry Of(BudgetEvaluation evaluation, BudgetPeriodState state) => new()
    {
        PeriodStart = evaluation.Period.Start,
        PeriodEnd = evaluation.Period.End,
        Spent = evaluation.Spent,
        Cost = evaluation.Spend.Cost,
        LeftOut = evaluation.Spend.LeftOut,
        UnpricedCalls = evaluation.Spend.UnpricedCalls,
        Allowance = evaluation.Allowance,
        Carried = evaluation.Carried,
        Share = evaluation.Share is { } share ? decimal.Round(share, 6) : null,
        Projected = evaluation.Projected,
        ProjectedLow = evaluation.Low,
        ProjectedHigh = evaluation.High,
        ProjectedBy = CallsEndpoint.Word(evaluation.ProjectedBy),
        Passed = [.. evaluation.Passed.Select(ThresholdEntry.From)],
        Action = evaluation.Action is { } action ? CallsEndpoint.Word(action) : null,
        Problem = state.Problem,
    };
}

/// <summary>What was done to a budget, and how its periods stood; the latest first, 100 each.</summary>
public sealed record BudgetHistoryResponse(IReadOnlyList<BudgetVersionEntry> Versions, IReadOnlyList<BudgetPeriodEntry> Periods);

/// <summary>One change.</summary>
/// <param name="Version">1 for the first.</param>
/// <param name="Act">made, changed, undone, archived or restored.</param>
/// <param name="ChangedAt">When.</param>
/// <param name="ChangedBy">The e-mail address, or the name of the key.</param>
/// <param name="Budget">As it was from then on.</param>
public sealed record BudgetVersionEntry(int Version, string Act, DateTimeOffset ChangedAt, string ChangedBy, BudgetDefinition Budget);

/// <summary>What a version says.</summary>
public sealed record BudgetDefinition(
    string Name, decimal Amount, string Currency, string Period, string TimeZone, bool RollOver, IReadOnlyDictionary<string, IReadOnlyList<string>> Scope, IReadOnlyList<ThresholdEntry> Thresholds, string Owner,
    decimal? CeilingPerUnpricedCall, IReadOnlyList<Guid> Channels)
{
    internal static BudgetDefinition Of(Budget budget) => new(
        budget.Name, budget.Amount, budget.Currency, CallsEndpoint.Word(budget.Cycle), budget.TimeZone, budget.RollOver, ScopeWords.Of(budget.Scope), [.. budget.Thresholds.Select(ThresholdEntry.From)], budget.Owner,
        budget.CeilingPerUnpricedCall, budget.Channels);
}

/// <summary>One period, as it was last evaluated.</summary>
public sealed record BudgetPeriodEntry(DateTimeOffset PeriodStart, DateTimeOffset PeriodEnd, int Version, decimal Spent, decimal Allowance, decimal Carried, long UnpricedCalls)
{
    internal static BudgetPeriodEntry Of(BudgetPeriodState state) => new(state.StartsAt, state.EndsAt, state.Version, state.Spent, state.Allowance, state.Carried, state.UnpricedCalls);
}

/// <summary>What a budget would have done in the last whole period. Nothing is carried into it.</summary>
public sealed record BudgetPreviewResponse(DateTimeOffset PeriodStart, DateTimeOffset PeriodEnd, decimal Spent, long UnpricedCalls, IReadOnlyList<PreviewedThreshold> Thresholds)
{
    internal static BudgetPreviewResponse Of(BudgetPreview preview) => new(
        preview.Period.Start, preview.Period.End, preview.Spent, preview.Spend.UnpricedCalls,
        [.. preview.Alerts.Select(alert => new PreviewedThreshold(ThresholdEntry.From(alert.Threshold), alert.At))]);
}

/// <summary>When a threshold would have been passed.</summary>
/// <param name="Threshold">Which.</param>
/// <param name="At">The start of the day (of a daily budget: the hour) in which it would have been; null = never.</param>
public sealed record PreviewedThreshold(ThresholdEntry Threshold, DateTimeOffset? At);

/// <summary>Scopes as the API writes them.</summary>
internal static class ScopeWords
{
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> Of(SpendScope scope) => scope.Parts.ToDictionary(part => CallsEndpoint.Word(part.Dimension), part => part.Values);
}
