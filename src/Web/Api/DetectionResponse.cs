using System.ComponentModel;
using System.Text.Json.Serialization;
using FinOps.Analytics.Detection;
using FinOps.Domain.Usage;

namespace FinOps.Web.Api;

/// <summary>What is told of runaways and unusual spend.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record DetectionBody
{
    [Description("Kinds that are not told: loop, stuck, retryStorm, tokenFlood, velocity, anomaly.")]
    public required IReadOnlyList<string> Off { get; init; }

    [Description("Scopes that nothing is told of; those that have ended are left out.")]
    public required IReadOnlyList<MuteEntry> Mutes { get; init; }

    internal static DetectionBody Of(DetectionSettings settings) => new()
    {
        Off = settings.Off,
        Mutes = [.. settings.Mutes.Select(mute => new MuteEntry { Dimension = CallsEndpoint.Word(mute.Dimension), Value = mute.Value, Until = mute.Until, Reason = mute.Reason })],
    };

    /// <summary>Null, and the word, where a dimension is none.</summary>
    internal (DetectionSettings? Settings, string Unknown) ToSettings()
    {
        var mutes = new List<DetectionMute>(Mutes.Count);
        foreach (var mute in Mutes)
        {
            if (!ApiBody.TryWord<ScopeDimension>(mute.Dimension, out var dimension)) return (null, mute.Dimension);
            mutes.Add(new DetectionMute(dimension, mute.Value, mute.Until?.ToUniversalTime(), mute.Reason ?? ""));
        }

        return (new DetectionSettings(Off, mutes), "");
    }
}

/// <summary>A scope that nothing is told of.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record MuteEntry
{
    [Description("project (its id), feature, team, customer, user, model, provider, service, environment, session or key (its id).")]
    public required string Dimension { get; init; }
    public required string Value { get; init; }

    [Description("Null: until it is taken back.")]
    public DateTimeOffset? Until { get; init; }

    [Description("For people.")]
    public string? Reason { get; init; }
}
