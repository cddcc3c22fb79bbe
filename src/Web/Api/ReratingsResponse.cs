using System.ComponentModel;
using System.Text.Json.Serialization;
using FinOps.Analytics.Reratings;
using FinOps.Analytics.Unpriced;

namespace FinOps.Web.Api;

/// <summary>Calls to rate anew.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record ReratingPreviewRequest
{
    [Description("Calls that started from here on, RFC 3339.")]
    public DateTimeOffset? From { get; init; }

    [Description("End of the range, RFC 3339, does not belong to it.")]
    public DateTimeOffset? To { get; init; }

    [Description("Only calls that tell this provider; an empty text: those that tell none. Left out: all.")]
    public string? Provider { get; init; }

    [Description("Only calls of this model, as they tell it. Left out: all.")]
    public string? Model { get; init; }

    [Description("Why; it stands in the audit record.")]
    public string? Reason { get; init; }
}

/// <summary>Re-ratings of the organisation.</summary>
/// <param name="Reratings">The latest first, 50 at most.</param>
public sealed record ReratingsResponse(IReadOnlyList<ReratingSummary> Reratings);

/// <summary>A re-rating with its difference; each list has the largest changes first, days in order.</summary>
public sealed record ReratingResponse(ReratingSummary Rerating, IReadOnlyList<ReratingLine> ByModel, IReadOnlyList<ReratingLine> ByFeature, IReadOnlyList<ReratingLine> ByDay);

/// <summary>What changes for the calls of one model, feature or day of UTC. Costs are USD, of the calls that change; a call without a price counts as none.</summary>
public sealed record ReratingLine(string Name, long Calls, decimal OldCost, decimal NewCost, long PricedCalls, long UnpricedCalls);

/// <summary>How far a re-rating is.</summary>
public sealed record ReratingSummary
{
    public required Guid Id { get; init; }

    [Description("previewing, previewed, applying, applied, reverting, reverted, cancelled or failed.")]
    public required string State { get; init; }

    [Description("Share of the state's work that is done, 0 to 1.")]
    public required double Done { get; init; }
    public required DateTimeOffset From { get; init; }
    public required DateTimeOffset To { get; init; }
    public required string? Provider { get; init; }
    public required string? Model { get; init; }
    public required string Reason { get; init; }
    public required DateTimeOffset RequestedAt { get; init; }
    public required string RequestedBy { get; init; }

    [Description("The version of the price book that all of its calls are rated with.")]
    public required long BookVersion { get; init; }

    [Description("Calls that were looked at.")]
    public required long Calls { get; init; }

    [Description("Of them those whose cost, or whether it is known, differs.")]
    public required long ChangedCalls { get; init; }

    [Description("Of the changed ones those that get a price.")]
    public required long PricedCalls { get; init; }

    [Description("Of the changed ones those that lose theirs.")]
    public required long UnpricedCalls { get; init; }

    [Description("What all calls that were looked at cost, USD.")]
    public required decimal OldCost { get; init; }

    [Description("What they cost by `bookVersion`, USD.")]
    public required decimal NewCost { get; init; }

    [Description("Calls that were rated once more while applying, because something had written them since the preview.")]
    public required long MovedCalls { get; init; }
    public required DateTimeOffset? AppliedAt { get; init; }
    public required string? AppliedBy { get; init; }

    [Description("What stopped the last worker; empty unless it is tried again or has failed.")]
    public required string Problem { get; init; }

    internal static ReratingSummary Of(Rerating run) => new()
    {
        Id = run.Id,
        State = CallsEndpoint.Word(run.State),
        Done = Math.Round(run.Done, 4),
        From = run.From,
        To = run.To,
        Provider = run.Provider,
        Model = run.Model,
        Reason = run.Reason,
        RequestedAt = run.RequestedAt,
        RequestedBy = run.RequestedBy,
        BookVersion = run.BookVersion,
        Calls = run.Calls,
        ChangedCalls = run.ChangedCalls,
        PricedCalls = run.PricedCalls,
        UnpricedCalls = run.UnpricedCalls,
        OldCost = run.OldCost,
        NewCost = run.NewCost,
        MovedCalls = run.MovedCalls,
        AppliedAt = run.AppliedAt,
        AppliedBy = run.AppliedBy,
        Problem = run.Problem,
    };
}

/// <summary>Calls without a price, those of the most frequent models first.</summary>
/// <param name="Models">By provider and model as told.</param>
/// <param name="Truncated">There are more than `limit`.</param>
public sealed record UnpricedResponse(IReadOnlyList<UnpricedEntry> Models, bool Truncated);

/// <summary>Answered calls of one provider and model that are in no sum.</summary>
public sealed record UnpricedEntry
{
    public required string Provider { get; init; }
    public required string Model { get; init; }

    [Description("noPriceOfModel, noPriceThen, partWithoutPrice, pricedSince (rate them anew) or noUsage.")]
    public required string Reason { get; init; }
    public required long Calls { get; init; }
    public required DateTimeOffset First { get; init; }
    public required DateTimeOffset Last { get; init; }
    public required long InputTokens { get; init; }
    public required long OutputTokens { get; init; }

    [Description("Features that they are from, five at most.")]
    public required IReadOnlyList<string> Features { get; init; }

    [Description("Models of the price book that the name could stand for, the best first. Never used by themselves.")]
    public required IReadOnlyList<UnpricedMatch> Suggestions { get; init; }

    internal static UnpricedEntry Of(UnpricedModel model) => new()
    {
        Provider = model.Provider,
        Model = model.Model,
        Reason = CallsEndpoint.Word(model.Reason),
        Calls = model.Calls,
        First = model.First,
        Last = model.Last,
        InputTokens = model.InputTokens,
        OutputTokens = model.OutputTokens,
        Features = model.Features,
        Suggestions = [.. model.Suggestions.Select(one => new UnpricedMatch(one.Model.Provider, one.Model.Model, one.Model.Score, CallsEndpoint.Word(one.Model.Reason), one.EstimatedCost, one.Model.IsFree))],
    };
}

/// <summary>A model that a name could stand for. `estimatedCost` is USD for all of the calls at the usage of an average one: an estimate.</summary>
public sealed record UnpricedMatch(string Provider, string Model, double Score, string Reason, decimal? EstimatedCost, bool Free);
