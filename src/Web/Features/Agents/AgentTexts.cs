using FinOps.Analytics.Policies;

namespace FinOps.Web.Features.Agents;

/// <summary>Agents in words for people.</summary>
internal static class AgentTexts
{
    /// <summary>How it stands to the newest bundle, whose version is 0 where there is none.</summary>
    public static string State(RecordedAgent agent, long newest, DateTimeOffset now) =>
        agent.RevokedAt is not null ? "revoked"
        : now - agent.LastSeenAt > AgentBook.AwayAfter ? "away"
        : agent.RefusedVersion is not null && agent.RefusedVersion == newest ? "refused the newest"
        : agent.HeldVersion == newest ? newest == 0 ? "nothing to obey" : "obeys the newest" : "behind";

    public static string Tone(RecordedAgent agent, long newest, DateTimeOffset now) => State(agent, newest, now) switch
    {
        "obeys the newest" => "good",
        "away" or "behind" or "refused the newest" => "warn",
        _ => "",
    };

    /// <summary>What the gateway's file says of the control plane (docs/gateway.md).</summary>
    public static string Setting(string address) => $$"""
        "control": { "url": "{{address}}", "token": { "env": "FINOPS_ENROL_TOKEN" } }
        """;

    public static string Command(string token) => $"""
        export FINOPS_ENROL_TOKEN={token}
        ./finops gateway --config gateway.json
        """;
}
