using System.ComponentModel;
using System.Text.Json;
using System.Text.Json.Serialization;
using FinOps.Analytics.Policies;
using FinOps.Domain.Policies;

namespace FinOps.Web.Api;

/// <summary>A policy as somebody would have it.</summary>
/// <param name="Policy">The policy's document (docs/policies.md). Its version is given by the server.</param>
/// <param name="Reason">Why; it stands beside the version and in the audit record.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record PolicyDraftRequest(JsonElement Policy, string Reason = "");

/// <summary>A step of a version.</summary>
/// <param name="Reason">Why; it stands beside the version and in the audit record.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record PolicyStepRequest(string Reason = "");

/// <summary>An active version is taken back.</summary>
/// <param name="Restore">The version that it took the place of is active again. Default: true. False: nothing of the policy is.</param>
/// <param name="Reason">Why; it stands in the audit record.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record PolicyWithdrawal(bool Restore = true, string Reason = "");

/// <summary>One version of a policy.</summary>
public sealed record PolicyVersionResponse
{
    public required string Id { get; init; }
    public required int Version { get; init; }
    public required string Name { get; init; }

    [Description("As in the document: `output_limit`, `exact_cache`, `embedding_cache`, `coalesce`, `route`, `fallback` or `budget`.")]
    public required string Kind { get; init; }

    [Description("draft, submitted, refused, active, superseded or withdrawn.")]
    public required string State { get; init; }
    public required string Reason { get; init; }
    public required DateTimeOffset DraftedAt { get; init; }
    public required string DraftedBy { get; init; }
    public required DateTimeOffset? SubmittedAt { get; init; }
    public required string? SubmittedBy { get; init; }

    [Description("When it was approved or refused.")]
    public required DateTimeOffset? DecidedAt { get; init; }
    public required string? DecidedBy { get; init; }
    public required string? DecisionReason { get; init; }

    [Description("When it was superseded or withdrawn.")]
    public required DateTimeOffset? EndedAt { get; init; }
    public required string? EndedBy { get; init; }

    [Description("The policy's document.")]
    public required JsonElement Policy { get; init; }

    internal static PolicyVersionResponse Of(PolicyVersion row)
    {
        using var document = JsonDocument.Parse(row.Definition);
        return new PolicyVersionResponse
        {
            Id = row.PolicyId,
            Version = row.Version,
            Name = row.Name,
            Kind = PolicyWords.Kinds[row.Kind],
            State = CallsEndpoint.Word(row.State),
            Reason = row.Reason,
            DraftedAt = row.DraftedAt,
            DraftedBy = row.DraftedBy,
            SubmittedAt = row.SubmittedAt,
            SubmittedBy = row.SubmittedBy,
            DecidedAt = row.DecidedAt,
            DecidedBy = row.DecidedBy,
            DecisionReason = row.DecisionReason,
            EndedAt = row.EndedAt,
            EndedBy = row.EndedBy,
            Policy = document.RootElement.Clone(),
        };
    }
}

/// <summary>A policy with the versions that matter now.</summary>
/// <param name="Id">The policy's.</param>
/// <param name="Active">What gateways obey; null: nothing of it.</param>
/// <param name="Open">A draft, or what waits for approval; null: nothing.</param>
/// <param name="Latest">The latest version, whatever became of it.</param>
public sealed record PolicyResponse(string Id, PolicyVersionResponse? Active, PolicyVersionResponse? Open, PolicyVersionResponse Latest)
{
    internal static PolicyResponse Of(PolicyStanding standing) => new(
        standing.Latest.PolicyId,
        standing.Active is { } active ? PolicyVersionResponse.Of(active) : null,
        standing.Open is { } open ? PolicyVersionResponse.Of(open) : null,
        PolicyVersionResponse.Of(standing.Latest));
}

/// <summary>Policies of the organisation.</summary>
/// <param name="Bundle">The version of what gateways get; null: no policy was ever approved, and no gateway key made.</param>
/// <param name="Policies">Those that wait for approval first.</param>
public sealed record PoliciesResponse(long? Bundle, IReadOnlyList<PolicyResponse> Policies);

/// <summary>All versions of a policy.</summary>
/// <param name="Versions">The latest first.</param>
public sealed record PolicyVersionsResponse(IReadOnlyList<PolicyVersionResponse> Versions);

/// <summary>Answers of one arm of an output limit.</summary>
/// <param name="Calls">Answers that were no cache's.</param>
/// <param name="Cut">Of these, those that ended by their length.</param>
/// <param name="Share">1 = 100 %; null without answers.</param>
/// <param name="TooFew">Fewer than 100: the share says little.</param>
public sealed record ArmTruncationResponse(long Calls, long Cut, decimal? Share, bool TooFew)
{
    internal static ArmTruncationResponse Of(ArmTruncation arm) => new(arm.Calls, arm.Cut, arm.Share, arm.IsTooFew);
}

/// <summary>Answers from before the policy was obeyed, of the calls that its match fits as far as calls tell its parts.</summary>
/// <param name="From">As long before as the policy is obeyed, at most seven days.</param>
/// <param name="To">When it came to be obeyed.</param>
/// <param name="Answers">Answers of that time.</param>
public sealed record TruncationBeforeResponse(DateTimeOffset From, DateTimeOffset To, ArmTruncationResponse Answers);

/// <summary>How many answers ended by their length in the last seven days, where a policy touched them.</summary>
/// <param name="Treatment">Where it is obeyed.</param>
/// <param name="Control">Where they were left as they are, to compare with.</param>
/// <param name="DryRun">Where it was on trial.</param>
/// <param name="Before">The same calls before the policy was obeyed; null: it was never more than a trial.</param>
/// <param name="RoseClearly">They do clearly more often under the policy than in control (with none, than on trial; with neither, than before): by more than one percentage point, with 99 % confidence, of at least 100 answers on each side.</param>
public sealed record TruncationResponse(ArmTruncationResponse Treatment, ArmTruncationResponse Control, ArmTruncationResponse DryRun, TruncationBeforeResponse? Before, bool RoseClearly)
{
    internal static TruncationResponse Of(Truncation found) => new(ArmTruncationResponse.Of(found.Treatment), ArmTruncationResponse.Of(found.Control), ArmTruncationResponse.Of(found.DryRun),
        found.Before is { } before ? new TruncationBeforeResponse(before.From, before.To, ArmTruncationResponse.Of(before.Answers)) : null, found.RoseClearly);
}

/// <summary>What a policy would have touched in the last seven days: what is concerned, not what would have been saved.</summary>
/// <param name="From">Where the days begin.</param>
/// <param name="To">Where they end.</param>
/// <param name="Calls">Calls that its match fits.</param>
/// <param name="InputTokens">Of these.</param>
/// <param name="OutputTokens">Of these.</param>
/// <param name="Cost">Of these, USD.</param>
/// <param name="UnpricedCalls">Of these, without a price.</param>
/// <param name="AllCalls">All calls of these days.</param>
/// <param name="NotAsked">Parts of the match that calls do not tell: the figures are an upper bound where there are any.</param>
public sealed record PolicyPreviewResponse(
    DateTimeOffset From, DateTimeOffset To, long Calls, long InputTokens, long OutputTokens, decimal Cost, long UnpricedCalls, long AllCalls, IReadOnlyList<string> NotAsked)
{
    internal static PolicyPreviewResponse Of(PolicyPreview preview) => new(
        preview.Range.From, preview.Range.To, preview.Figures.Calls, preview.Figures.InputTokens, preview.Figures.OutputTokens, preview.Figures.Cost, preview.Figures.UnpricedCalls, preview.All.Calls, preview.NotAsked);
}
