using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using FinOps.Domain.Budgets;
using FinOps.Domain.Policies;

namespace FinOps.Web.Features.Policies;

/// <summary>
/// A policy as a person writes it: by a few fields, or as its document. The fields make the document, and the document's reader says what is wrong, so that both ways tell the same mistakes.
/// </summary>
public sealed class PolicyForm
{
    /// <summary>The kinds that can be written by fields; the others, and whatever the fields cannot say, as a document.</summary>
    public static IReadOnlyList<PolicyKind> Kinds { get; } = [PolicyKind.OutputLimit, PolicyKind.ExactCache, PolicyKind.Route, PolicyKind.Fallback, PolicyKind.Budget];

    /// <summary>Characters of a budget's name in that of its policy.</summary>
    private const int MaxBudgetName = 80;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public PolicyKind Kind { get; set; } = PolicyKind.OutputLimit;
    public string Name { get; set; } = "";

    /// <summary>Values with commas between them, as the next four.</summary>
    public string Features { get; set; } = "";
    public string Teams { get; set; } = "";
    public string Customers { get; set; } = "";
    public string Environments { get; set; } = "";
    public string Models { get; set; } = "";

    /// <summary>Of a budget alone, as the next two: budgets of the control plane are limited to them, too.</summary>
    public string Users { get; set; } = "";
    public string Services { get; set; } = "";
    public string Providers { get; set; } = "";

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

    /// <summary>The id of the budget that is leased; empty: none.</summary>
    public string Budget { get; set; } = "";
    public string LeaseUsd { get; set; } = "1";
    public string LeaseSeconds { get; set; } = "60";
    public string AwaySeconds { get; set; } = "900";
    public string WhenAway { get; set; } = "open";

    /// <summary>Percent.</summary>
    public string Holdout { get; set; } = "5";
    public string Unit { get; set; } = "session";
    public bool DryRun { get; set; }

    public string Reason { get; set; } = "";

    /// <summary>Null while the fields are written in; else it is what counts.</summary>
    public string? Document { get; set; }

    /// <summary>Of a policy that is there already: a new version is written as its document.</summary>
    public static PolicyForm Of(string definition, PolicyKind kind) => new() { Kind = kind, Document = definition };

    /// <summary>What makes gateways enforce a budget: with its calls, a lease of it, and the action that one of its thresholds asks for. Where a downgrade leads to is left to be filled in.</summary>
    /// <exception cref="ArgumentException">No gateway knows its calls.</exception>
    public static PolicyForm Enforcing(Budget budget, BudgetAction action)
    {
        var match = BudgetEnforcement.Match(budget);
        var form = new PolicyForm
        {
            Kind = PolicyKind.Budget,
            Name = $"{(budget.Name.Length <= MaxBudgetName ? budget.Name : budget.Name[..MaxBudgetName].Trim())}: {PolicyWords.Actions[action]}",
            Features = Typed(match.Features),
            Teams = Typed(match.Teams),
            Customers = Typed(match.Customers),
            Environments = Typed(match.Environments),
            Models = Typed(match.Models),
            Users = Typed(match.Users),
            Services = Typed(match.Services),
            Providers = Typed(match.Providers),
            Action = PolicyWords.Actions[action],
            Budget = budget.Id.ToString(),
            LeaseUsd = BudgetEnforcement.LeaseUsd(budget).ToString(CultureInfo.InvariantCulture),
        };
        // What commas would take apart, or what is "not told", a document can say.
        if (budget.Scope.Parts.Any(part => part.Values.Any(value => value.Trim() != value || value.Length == 0 || value.Contains(',', StringComparison.Ordinal))))
            form.Document = form.ToDocument(Match(Parts(match)));
        return form;

        static string Typed(IReadOnlyList<string> values) => string.Join(", ", values);
    }

    public PolicyResult Read() => PolicyBundleReader.ReadPolicy(Encoding.UTF8.GetBytes(Document ?? ToDocument()));

    /// <summary>What the fields say. What is no number stays the text that was typed, which the reader then names.</summary>
    public string ToDocument() => ToDocument(Match());

    private string ToDocument(JsonObject match)
    {
        var policy = new JsonObject
        {
            ["id"] = IdOf(Name),
            ["name"] = Name.Trim(),
            ["kind"] = PolicyWords.Kinds[Kind],
            ["dry_run"] = DryRun,
            ["match"] = match,
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
        List<(string Name, string Typed)> fields = [("feature", Features), ("team", Teams), ("customer", Customers), ("environment", Environments), ("model", Models)];
        if (Kind == PolicyKind.Budget) fields.AddRange([("user", Users), ("service", Services), ("provider", Providers)]);
        return Match(fields.Select(field => (field.Name, (IReadOnlyList<string>)field.Typed.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))));
    }

    private static JsonObject Match(IEnumerable<(string Name, IReadOnlyList<string> Values)> parts)
    {
        var match = new JsonObject();
        foreach (var (name, values) in parts)
            if (values.Count > 0) match[name] = new JsonArray([.. values.Select(value => (JsonNode)value)]);
        if (match.Count == 0) match["all"] = true;
        return match;
    }

    private static IEnumerable<(string Name, IReadOnlyList<string> Values)> Parts(PolicyMatch match) =>
    [
        ("feature", match.Features), ("team", match.Teams), ("customer", match.Customers), ("environment", match.Environments), ("model", match.Models), ("user", match.Users), ("service", match.Services), ("provider", match.Providers),
    ];

    private JsonObject Body() => Kind switch
    {
        PolicyKind.OutputLimit => new JsonObject { ["max_tokens"] = Number(MaxTokens), ["mode"] = LimitMode },
        PolicyKind.ExactCache => new JsonObject { ["ttl_seconds"] = Number(TtlSeconds), ["scope"] = Scope },
        PolicyKind.Fallback => new JsonObject { ["on"] = new JsonArray("throttled", "transient", "timeout"), ["chain"] = Lines(Targets, weighted: false) },
        PolicyKind.Budget => Limit(),
        _ => Route(),
    };

    private JsonObject Route()
    {
        var easy = new JsonObject { ["tier"] = Strong.Trim().Length == 0 ? 2 : 1, ["targets"] = Lines(Targets, weighted: true) };
        if (Strong.Trim().Length == 0) return new JsonObject { ["rules"] = new JsonArray(easy) };
        var hard = new JsonObject { ["tier"] = 3, ["targets"] = Lines(Strong, weighted: true) };
        return new JsonObject { ["classifier"] = new JsonObject { ["threshold"] = Number(Threshold), ["weak"] = easy, ["strong"] = hard } };
    }

    private JsonObject Limit()
    {
        var body = new JsonObject { ["action"] = Action };
        foreach (var (name, typed) in ((string, string)[])[("requests_per_minute", RequestsPerMinute), ("tokens_per_minute", TokensPerMinute), ("usd_per_minute", UsdPerMinute)])
        {
            if (typed.Trim().Length > 0) body[name] = Number(typed);
        }

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
