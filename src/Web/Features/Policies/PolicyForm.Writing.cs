using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using FinOps.Domain.Policies;

namespace FinOps.Web.Features.Policies;

/// <summary>From the fields to the document.</summary>
public sealed partial class PolicyForm
{
    /// <summary>What the fields say. What is no number stays the text that was typed, which the reader then names.</summary>
    public string ToDocument() => ToDocument(Match());

    private string ToDocument(JsonObject match)
    {
        var policy = new JsonObject
        {
            ["id"] = Id.Length > 0 ? Id : IdOf(Name),
            ["name"] = Name.Trim(),
            ["kind"] = PolicyWords.Kinds[Kind],
            ["dry_run"] = DryRun,
            ["match"] = match,
        };
        if (Priority.Trim() is not ("" or "0")) policy["priority"] = Number(Priority);
        // A budget bounds everybody.
        if (Kind != PolicyKind.Budget) policy["arms"] = new JsonObject { ["unit"] = Unit, ["unknown"] = Unknown, ["holdout"] = BasisPoints(Holdout), ["canary"] = BasisPoints(Canary) };
        policy["body"] = Body();
        foreach (var (path, value) in _kept) PolicyFields.Put(policy, path, value);
        if (match.Count == 0) match["all"] = true;
        return policy.ToJsonString(Indented);
    }

    /// <summary>Small letters, digits and hyphens of a name; empty where it has none.</summary>
    internal static string IdOf(string name)
    {
        var id = new StringBuilder();
        foreach (var letter in name.Trim().ToLowerInvariant())
        {
            if (char.IsAsciiLetterOrDigit(letter)) id.Append(letter);
            else if (id.Length > 0 && id[^1] != '-') id.Append('-');
        }

        return id.ToString().Trim('-') is { Length: > Policy.MaxIdLength } text ? text[..Policy.MaxIdLength].Trim('-') : id.ToString().Trim('-');
    }

    private JsonObject Match()
    {
        var match = new JsonObject();
        foreach (var (name, typed) in ((string, string)[])
            [
                ("feature", Features), ("team", Teams), ("customer", Customers), ("environment", Environments), ("model", Models), ("user", Users), ("service", Services), ("key", Keys), ("provider", Providers),
                ("operation", Operations), ("task", Tasks),
            ])
            PolicyFields.List(match, name, typed);
        PolicyFields.Range(match, MinBytes, MaxBytes);
        return match;
    }

    private static JsonObject Match(IEnumerable<(string Name, IReadOnlyList<string> Values)> parts)
    {
        var match = new JsonObject();
        foreach (var (name, values) in parts)
            if (values.Count > 0) match[name] = new JsonArray([.. values.Select(value => (JsonNode)value)]);
        return match;
    }

    private static IEnumerable<(string Name, IReadOnlyList<string> Values)> Parts(PolicyMatch match) =>
    [
        ("feature", match.Features), ("team", match.Teams), ("customer", match.Customers), ("environment", match.Environments), ("model", match.Models), ("user", match.Users), ("service", match.Services), ("provider", match.Providers),
    ];

    private JsonObject Body() => Kind switch
    {
        PolicyKind.OutputLimit => new JsonObject { ["max_tokens"] = Number(MaxTokens), ["mode"] = LimitMode },
        PolicyKind.ExactCache => Cache(),
        PolicyKind.EmbeddingCache => new JsonObject { ["ttl_seconds"] = Number(TtlSeconds), ["scope"] = Scope },
        PolicyKind.Coalesce => new JsonObject { ["scope"] = Scope, ["max_waiters"] = Number(MaxWaiters) },
        PolicyKind.Fallback => new JsonObject { ["on"] = new JsonArray([.. PolicyWords.Failures.All.Where(On.Contains).Select(word => (JsonNode)word)]), ["retries"] = Number(Retries), ["chain"] = Lines(Targets, weighted: false) },
        PolicyKind.Budget => Limit(),
        _ => Route(),
    };

    private JsonObject Cache()
    {
        var body = new JsonObject { ["ttl_seconds"] = Number(TtlSeconds), ["scope"] = Scope };
        if (MaxEntryBytes.Trim().Length > 0) body["max_entry_bytes"] = Number(MaxEntryBytes);
        return body;
    }

    private JsonObject Route()
    {
        var body = new JsonObject { ["sticky_seconds"] = Number(StickySeconds) };
        var (isHardApart, rules) = (Strong.Trim().Length > 0, new JsonArray([.. Rules.Select(rule => (JsonNode)rule.ToJson())]));
        var easy = new JsonObject { ["tier"] = Number(Tier.Trim().Length > 0 ? Tier : isHardApart ? "1" : "2"), ["targets"] = Lines(Targets, weighted: true) };
        if (isHardApart)
        {
            body["classifier"] = new JsonObject
            {
                ["threshold"] = Number(Threshold),
                ["weak"] = easy,
                ["strong"] = new JsonObject { ["tier"] = Number(StrongTier), ["targets"] = Lines(Strong, weighted: true) },
            };
        }
        else if (Targets.Trim().Length > 0 || (rules.Count == 0 && !_kept.ContainsKey("body.classifier") && !_kept.ContainsKey("body.rules")))
        {
            rules.Add(easy);
        }

        if (rules.Count > 0) body["rules"] = rules;
        return body;
    }

    private JsonObject Limit()
    {
        var body = new JsonObject { ["action"] = Action };
        foreach (var (name, typed) in ((string, string)[])[("requests_per_minute", RequestsPerMinute), ("tokens_per_minute", TokensPerMinute), ("usd_per_minute", UsdPerMinute)])
        {
            if (typed.Trim().Length > 0) body[name] = Number(typed);
        }

        if (Kill) body["kill"] = true;
        if (Budget.Trim().Length > 0)
        {
            body["lease"] = new JsonObject
            {
                ["budget"] = Budget.Trim(),
                ["usd"] = Number(LeaseUsd),
                ["seconds"] = Number(LeaseSeconds),
                ["away_seconds"] = Number(AwaySeconds),
                ["when_away"] = WhenAway,
            };
        }

        if (Action == "downgrade") body["downgrade_to"] = Target(DowngradeTo.Trim());
        if (Action == "throttle") body["throttled_requests_per_minute"] = Number(ThrottledRequests);
        return body;
    }

    internal static JsonArray Lines(string typed, bool weighted) => new([.. typed.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(line => (JsonNode)Line(line, weighted))]);

    private static JsonObject Line(string line, bool weighted)
    {
        var space = weighted ? line.LastIndexOf(' ') : -1;
        var target = Target(space > 0 ? line[..space].Trim() : line);
        if (space > 0) target["weight"] = Number(line[(space + 1)..]);
        return target;
    }

    /// <summary><c>provider/model</c>, <c>provider/</c>, or a model alone; a model's own name may have strokes, and begins with one where no provider is told.</summary>
    private static JsonObject Target(string text)
    {
        var stroke = text.IndexOf('/', StringComparison.Ordinal);
        if (stroke < 0) return new JsonObject { ["model"] = text };
        var (target, provider, model) = (new JsonObject(), text[..stroke].Trim(), text[(stroke + 1)..].Trim());
        if (provider.Length > 0) target["provider"] = provider;
        if (model.Length > 0) target["model"] = model;
        return target;
    }

    internal static JsonNode Number(string typed) =>
        decimal.TryParse(typed.Trim(), NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? JsonValue.Create(number) : JsonValue.Create(typed.Trim());

    private static JsonNode BasisPoints(string percent) =>
        decimal.TryParse(percent.Trim(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var share) && share <= 100 ? JsonValue.Create(share * 100 / 1.000m) : JsonValue.Create(percent.Trim());
}
