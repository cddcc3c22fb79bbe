using System.ComponentModel;
using System.Text.Json.Serialization;
using FinOps.Analytics.Policies;
using FinOps.Domain.Policies;
using FinOps.Domain.Usage;

namespace FinOps.Web.Api;

/// <summary>A gateway key as it shall be.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record GatewayKeyRequest
{
    [Description("For people, 1 to 200 characters.")]
    public required string Name { get; init; }

    [Description("As policies match it: small letters, digits, -, _ and .; it never changes. Left out: made of the name. Only where a key is made.")]
    public string Id { get; init; } = "";

    [Description("What its calls count as, whatever they tell: feature, user, team, customer, environment, service.")]
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();

    [Description("Models that may be asked for, * for any letters. Left out or empty: all.")]
    public IReadOnlyList<string> Models { get; init; } = [];

    [Description("Gateways' names of providers that may be asked. Left out or empty: all.")]
    public IReadOnlyList<string> Providers { get; init; } = [];

    [Description("It opens nothing from then on. Left out or null: no end.")]
    public DateTimeOffset? ExpiresAt { get; init; }

    [Description("False: it opens nothing until it is true again. Left out: true.")]
    public bool Enabled { get; init; } = true;

    /// <summary>A misspelt tag must not silently bind nothing.</summary>
    internal (GatewayKeyDraft? Draft, ApiProblem? Problem) Read()
    {
        var tags = new Dictionary<Tag, string>();
        foreach (var (word, value) in Tags)
        {
            if (PolicyWords.Tags.Find(word) is not { } tag) return (null, new ApiProblem("tags", $"A key cannot bind \"{word}\".", [.. PolicyWords.Tags.All]));
            if (value.Trim().Length > 0) tags[tag] = value.Trim();
        }

        return (new GatewayKeyDraft(Name) { Tags = tags, Models = Models, Providers = Providers, ExpiresAt = ExpiresAt, Enabled = Enabled }, null);
    }
}

/// <summary>A gateway key without its token.</summary>
public sealed record GatewayKeyResponse
{
    public required string Id { get; init; }
    public required string Name { get; init; }

    [Description("How the key begins.")]
    public required string Prefix { get; init; }

    [Description("live, disabled, expired or revoked.")]
    public required string State { get; init; }
    public required IReadOnlyDictionary<string, string> Tags { get; init; }
    public required IReadOnlyList<string> Models { get; init; }
    public required IReadOnlyList<string> Providers { get; init; }
    public required DateTimeOffset? ExpiresAt { get; init; }
    public required bool Enabled { get; init; }
    public required DateTimeOffset MadeAt { get; init; }
    public required string MadeBy { get; init; }
    public required DateTimeOffset? RevokedAt { get; init; }
    public required string? RevokedBy { get; init; }

    internal static GatewayKeyResponse Of(GatewayKey row, DateTimeOffset now) => new()
    {
        Id = row.Id,
        Name = row.Name,
        Prefix = row.Prefix,
        State = StateOf(row, now),
        Tags = row.Tags.OrderBy(tag => tag.Key).ToDictionary(tag => PolicyWords.Tags[tag.Key], tag => tag.Value),
        Models = row.Models,
        Providers = row.Providers,
        ExpiresAt = row.ExpiresAt,
        Enabled = row.Enabled,
        MadeAt = row.MadeAt,
        MadeBy = row.MadeBy,
        RevokedAt = row.RevokedAt,
        RevokedBy = row.RevokedBy,
    };

    /// <summary>The word for what a key is worth now.</summary>
    internal static string StateOf(GatewayKey row, DateTimeOffset now) => row.RevokedAt is not null ? "revoked" : row.ExpiresAt <= now ? "expired" : row.Enabled ? "live" : "disabled";
}

/// <summary>Gateway keys of the organisation.</summary>
/// <param name="Keys">Live ones first, the latest first.</param>
/// <param name="Total">Of all pages.</param>
public sealed record GatewayKeysResponse(IReadOnlyList<GatewayKeyResponse> Keys, int Total);

/// <summary>A gateway key that was just made.</summary>
/// <param name="Key">As it is listed.</param>
/// <param name="Token">The key itself, shown this once: what clients send instead of a provider's key.</param>
public sealed record GatewayKeyMadeResponse(GatewayKeyResponse Key, string Token);
