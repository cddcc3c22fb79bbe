using System.Text.Json.Serialization;

namespace FinOps.Domain.Policies.Control;

/// <summary>
/// How an agent and the control plane speak: JSON over HTTPS, field names in snake_case, the same types on both sides. The key that an agent gets when it enrols tells who it is,
/// and whose: <c>Authorization: Bearer fin_ag_…</c>, the same one with which it sends telemetry. docs/http-api.md describes each address.
/// </summary>
public static class AgentControl
{
    /// <summary><c>POST</c> <see cref="EnrolRequest"/> → 200 <see cref="EnrolResponse"/>; 401: the token is unknown, used, revoked or expired. Needs no key.</summary>
    public const string EnrolPath = "/agent/v1/enrol";

    /// <summary>
    /// <c>GET ?have=N&amp;wait=30</c> → 200 <see cref="SignedBundle"/> at once where its version is not N; 304 after the wait, where nothing changed; 404: there is no bundle yet
    /// (after the wait, too), so that nothing is to be obeyed.
    /// </summary>
    public const string BundlePath = "/agent/v1/bundle";

    /// <summary><c>POST</c> <see cref="Acknowledgement"/> → 204.</summary>
    public const string AcknowledgePath = "/agent/v1/acknowledge";

    /// <summary><c>POST</c> <see cref="Heartbeat"/> → 200 <see cref="HeartbeatResponse"/>.</summary>
    public const string HeartbeatPath = "/agent/v1/heartbeat";

    /// <summary>
    /// <c>POST</c> <see cref="LeaseRequest"/> → 200 <see cref="LeaseGrant"/>, whose <see cref="LeaseGrant.Usd"/> is 0 where nothing is left; 404: the tenant has no such budget, or no active policy leases it. Money is reserved until it is
    /// settled, returned, or its time is over. Asked again with the same <see cref="LeaseRequest.RequestId"/>, it is the lease that was granted already. 409: what is left cannot be told (no rate of the budget's currency) or the agent has too many leases; 503: neither can it for now. Both name the reason.
    /// </summary>
    public const string ReserveLeasePath = "/agent/v1/leases/reserve";

    /// <summary><c>POST</c> <see cref="LeaseSettlement"/> → 204: what was spent of a lease so far, which goes on; told twice, it counts once. 404: this agent was never granted it.</summary>
    public const string SettleLeasePath = "/agent/v1/leases/settle";

    /// <summary><c>POST</c> <see cref="LeaseSettlement"/> → 204: the last word about a lease; what is left of it is free at once. Also after its time is over. 404 as above.</summary>
    public const string ReturnLeasePath = "/agent/v1/leases/return";

    /// <summary>The version that is held; 0 or left out: none.</summary>
    public const string HaveParameter = "have";

    /// <summary>Seconds to wait for another version, 0 to <see cref="MaxWaitSeconds"/>; left out: none.</summary>
    public const string WaitParameter = "wait";

    /// <summary>Default 60: shorter than what proxies usually cut.</summary>
    public const int MaxWaitSeconds = 60;

    /// <summary>How often an agent tells that it lives. Default 30.</summary>
    public const int HeartbeatSeconds = 30;

    /// <summary>Bytes of a body that an agent sends. Default 256 KiB.</summary>
    public const int MaxBodyBytes = 256 << 10;

    /// <summary>Characters of names and versions that an agent tells; longer ones are cut. Default 100.</summary>
    public const int MaxTextLength = 100;
}

/// <summary>What an agent sends once.</summary>
/// <param name="Token">The one-time token, <c>fin_en_…</c>.</param>
/// <param name="Software">Name and version of the agent's program.</param>
/// <param name="Host">The machine that it runs on, for people.</param>
public sealed record EnrolRequest(string Token, string Software, string Host);

/// <summary>What the agent keeps from then on: the only time that its key is told.</summary>
/// <param name="AgentId">Its id.</param>
/// <param name="Name">As people called it when they made the token.</param>
/// <param name="Tenant">Whose policies it obeys: a bundle of another one is refused.</param>
/// <param name="AgentKey">For this interface, and for sending telemetry.</param>
/// <param name="SigningKey">The only key whose bundles it takes: DER of the public key (SubjectPublicKeyInfo), in base64. See <see cref="BundleKey"/>.</param>
/// <param name="Project">Which its telemetry counts to, for prices that were negotiated for one project. Null: the control plane is of an earlier release.</param>
public sealed record EnrolResponse(Guid AgentId, string Name, Guid Tenant, string AgentKey, byte[] SigningKey, Guid? Project = null);

/// <summary>What became of a bundle at an agent.</summary>
/// <param name="Version">Of the bundle; 0 where it could not be read.</param>
/// <param name="Refusal">One of <see cref="PolicyWords.Refusals"/>: <c>none</c> where it is applied.</param>
/// <param name="Errors">What is wrong with the document, as far as it was told.</param>
public sealed record Acknowledgement(long Version, string Refusal, IReadOnlyList<PolicyError> Errors);

/// <summary>That an agent lives, and what it obeys.</summary>
/// <param name="Version">Of the bundle that it obeys; 0: none.</param>
/// <param name="Software">Name and version of the agent's program.</param>
/// <param name="Calls">Requests that it answered since it started.</param>
/// <param name="WaitingSpans">Spans that wait for ingest.</param>
/// <param name="LostSpans">Spans that were given up since it started.</param>
public sealed record Heartbeat(long Version, string Software, long Calls = 0, long WaitingSpans = 0, long LostSpans = 0);

/// <param name="Version">Of the newest bundle; 0: there is none.</param>
/// <param name="NextSeconds">After how long to tell again.</param>
public sealed record HeartbeatResponse(long Version, int NextSeconds);

/// <summary>An agent asks for a part of a budget before it lets calls spend it.</summary>
/// <param name="PolicyId">The policy of the bundle that draws on the budget (<see cref="BudgetLimit.Lease"/>); its action tells which of the budget's thresholds is the end.</param>
/// <param name="BudgetId">The budget's id as the policy names it.</param>
/// <param name="Usd">As much as is wanted, above 0; less may be granted.</param>
/// <param name="Seconds">How long it is wanted, 5 to <see cref="BudgetLease.MaxSeconds"/>.</param>
/// <param name="RequestId">Made by the agent and the same until it has an answer, not all zeros: what was granted for it is granted once. Null: the agent is of an earlier release, and each request is another one.</param>
public sealed record LeaseRequest(string PolicyId, string BudgetId, decimal Usd, int Seconds, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Guid? RequestId = null);

/// <summary>What may be spent, and until when.</summary>
/// <param name="LeaseId">Named when it is settled or returned; of a refusal all zeros.</param>
/// <param name="Usd">What is reserved; 0: the budget's end is reached.</param>
/// <param name="Seconds">After which it is taken back, of a request that is repeated the rest of it; of a refusal: after which to ask again.</param>
/// <param name="LeftUsd">What was still free of the budget behind this lease when it was granted, for people and for pacing.</param>
public sealed record LeaseGrant(Guid LeaseId, decimal Usd, int Seconds, decimal LeftUsd);

/// <summary>What was spent of a lease. Calls that drew on it are known again by their touch on the span: <c>ID@VERSION:treatment:EFFECT</c>, whatever the effect (<see cref="PolicyTouch"/>).</summary>
/// <param name="LeaseId">Of the grant.</param>
/// <param name="SpentUsd">Since the grant, all together, by the gateway's prices, 0 to <see cref="BudgetLimit.MostUsd"/>; may be above what was granted by the calls that were in flight.</param>
/// <param name="Calls">Since the grant, all together.</param>
public sealed record LeaseSettlement(Guid LeaseId, decimal SpentUsd, long Calls);
