using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using FinOps.Domain.Policies;

namespace FinOps.Web.Features.Policies;

/// <summary>
/// A policy as a person writes it: by a few fields, or as its document. The fields make the document, and the document's reader says what is wrong, so that both ways tell the same mistakes.
/// </summary>
public sealed class PolicyForm
{
    /// <summary>The kinds that can be written by fields; the others, and whatever the fields cannot say, as a document.</summary>
    public static IReadOnlyList<PolicyKind> Kinds { get; } = [PolicyKind.OutputLimit, PolicyKind.ExactCache, PolicyKind.Route, PolicyKind.Fallback, PolicyKind.Budget];

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public PolicyKind Kind { get; set; } = PolicyKind.OutputLimit;
    public string Name { get; set; } = "";

    /// <summary>Values with commas between them, as the next four.</summary>
    public string Features { get; set; } = "";
    public string Teams { get; set; } = "";
    public string Customers { get; set; } = "";
    public string Environments { get; set; } = "";
    public string Models { get; set; } = "";

    public string MaxTokens { get; set; } = "400";
    public string LimitMode { get; set; } = "set";
    public string TtlSeconds { get; set; } = "3600";
    public string Scope { get; set; } = "key";

    /// <summary>Targets, one a line: <c>provider/model</c>, of a route with its weight behind it.</summary>
    public string Targets { get; set; } = "";

    /// <summary>Of a route: where hard prompts go; empty: there is no classifier, and <see cref="Targets"/> take all.</summary>
    public string Strong { get; set; } = "";
    public string Threshold { get; set; } = "0.5";

    public string Action { get; set; } = "block";
    public string RequestsPerMinute { get; set; } = "";
    public string TokensPerMinute { get; set; } = "";
    public string UsdPerMinute { get; set; } = "";
    public string DowngradeTo { get; set; } = "";

    /// <summary>Percent.</summary>
    public string Holdout { get; set; } = "5";
    public string Unit { get; set; } = "session";
    public bool DryRun { get; set; }

    public string Reason { get; set; } = "";

    /// <summary>Null while the fields are written in; else it is what counts.</summary>
    public string? Document { get; set; }

    /// <summary>Of a policy that is there already: a new version is written as its document.</summary>
    public static PolicyForm Of(string definition, PolicyKind kind) => new() { Kind = kind, Document = definition };

    public PolicyResult Read() => PolicyBundleReader.ReadPolicy(Encoding.UTF8.GetBytes(Document ?? ToDocument()));

    /// <summary>What the fields say. What is no number stays the text that was typed, which the reader then names.</summary>
    public string ToDocument()
    {
        var policy = new JsonObject
        {
            ["id"] = IdOf(Name),
            ["name"] = Name.Trim(),
            ["kind"] = PolicyWords.Kinds[Kind],
            ["dry_run"] = DryRun,
            ["match"] = Match(),
        };
        // A budget bounds everybody.
        if (Kind != PolicyKind.Budget && Holdout.Trim() is not ("" or "0")) policy["arms"] = new JsonObject { ["unit"] = Unit, ["holdout"] = BasisPoints(Holdout) };
        policy["body"] = Body();
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
        foreach (var (name, typed) in ((string, string)[])[("feature", Features), ("team", Teams), ("customer", Customers), ("environment", Environments), ("model", Models)])
        {
            var values = typed.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            if (values.Length > 0) match[name] = new JsonArray([.. values.Select(value => (JsonNode)value)]);
        }

        if (match.Count == 0) match["all"] = true;
        return match;
    }

    private JsonObject Body() => Kind switch
    {
        PolicyKind.OutputLimit => new JsonObject { ["max_tokens"] = Number(MaxTokens), ["mode"] = LimitMode },
        PolicyKind.ExactCache => new JsonObject { ["ttl_seconds"] = Number(TtlSeconds), ["scope"] = Scope },
        PolicyKind.Fallback => new JsonObject { ["on"] = new JsonArray("throttled", "transient", "timeout"), ["chain"] = Lines(Targets, weighted: false) },
        PolicyKind.Budget => Budget(),
        _ => Route(),
    };

    private JsonObject Route()
    {
        var easy = new JsonObject { ["tier"] = Strong.Trim().Length == 0 ? 2 : 1, ["targets"] = Lines(Targets, weighted: true) };
        if (Strong.Trim().Length == 0) return new JsonObject { ["rules"] = new JsonArray(easy) };
        var hard = new JsonObject { ["tier"] = 3, ["targets"] = Lines(Strong, weighted: true) };
        return new JsonObject { ["classifier"] = new JsonObject { ["threshold"] = Number(Threshold), ["weak"] = easy, ["strong"] = hard } };
    }

    private JsonObject Budget()
    {
        var body = new JsonObject { ["action"] = Action };
        foreach (var (name, typed) in ((string, string)[])[("requests_per_minute", RequestsPerMinute), ("tokens_per_minute", TokensPerMinute), ("usd_per_minute", UsdPerMinute)])
        {
            if (typed.Trim().Length > 0) body[name] = Number(typed);
        }

        if (Action == "downgrade") body["downgrade_to"] = Target(DowngradeTo.Trim());
        return body;
    }

    private static JsonArray Lines(string typed, bool weighted) => new([.. typed.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(line => (JsonNode)Line(line, weighted))]);

    private static JsonObject Line(string line, bool weighted)
    {
        var space = weighted ? line.LastIndexOf(' ') : -1;
        var target = Target(space > 0 ? line[..space].Trim() : line);
        if (space > 0) target["weight"] = Number(line[(space + 1)..]);
        return target;
    }

    /// <summary><c>provider/model</c>, or a model alone; a model's own name may have strokes.</summary>
    private static JsonObject Target(string text)
    {
        var stroke = text.IndexOf('/', StringComparison.Ordinal);
        return stroke < 0 ? new JsonObject { ["model"] = text } : new JsonObject { ["provider"] = text[..stroke].Trim(), ["model"] = text[(stroke + 1)..].Trim() };
    }

    private static JsonNode Number(string typed) =>
        decimal.TryParse(typed.Trim(), NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? JsonValue.Create(number) : JsonValue.Create(typed.Trim());

    private static JsonNode BasisPoints(string percent) =>
        decimal.TryParse(percent.Trim(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var share) && share <= 100 ? JsonValue.Create(share * 100 / 1.000m) : JsonValue.Create(percent.Trim());
}
