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
public sealed partial class PolicyForm
{
    /// <summary>All of them; whatever the fields cannot say is written as a document.</summary>
    public static IReadOnlyList<PolicyKind> Kinds { get; } =
        [PolicyKind.OutputLimit, PolicyKind.ExactCache, PolicyKind.EmbeddingCache, PolicyKind.Coalesce, PolicyKind.Route, PolicyKind.Fallback, PolicyKind.Budget];

    /// <summary>Characters of a budget's name in that of its policy.</summary>
    private const int MaxBudgetName = 80;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>What stands in the document and in no field, by its path: it stays as it is.</summary>
    private readonly Dictionary<string, JsonNode?> _kept = new(StringComparer.Ordinal);
    private PolicyKind _kind = PolicyKind.OutputLimit;

    /// <summary>Another one has another body.</summary>
    public PolicyKind Kind
    {
        get => _kind;
        set
        {
            if (value != _kind) foreach (var path in _kept.Keys.Where(path => path.StartsWith("body.", StringComparison.Ordinal)).ToList()) _kept.Remove(path);
            _kind = value;
        }
    }

    /// <summary>Empty: made of the name.</summary>
    public string Id { get; set; } = "";
    public string Name { get; set; } = "";

    /// <summary>Values with commas between them, as all lists.</summary>
    public string Features { get; set; } = "";
    public string Teams { get; set; } = "";
    public string Customers { get; set; } = "";
    public string Environments { get; set; } = "";
    public string Models { get; set; } = "";
    public string Users { get; set; } = "";
    public string Services { get; set; } = "";
    public string Keys { get; set; } = "";
    public string Providers { get; set; } = "";
    public string Operations { get; set; } = "";
    public string Tasks { get; set; } = "";
    public string MinBytes { get; set; } = "";
    public string MaxBytes { get; set; } = "";

    public string MaxTokens { get; set; } = "400";
    public string LimitMode { get; set; } = "set";
    public string TtlSeconds { get; set; } = "3600";
    public string Scope { get; set; } = "key";
    public string MaxEntryBytes { get; set; } = "";
    public string MaxWaiters { get; set; } = "1000";

    /// <summary>Targets, one a line: <c>provider/model</c>, of a route with its weight behind it.</summary>
    public string Targets { get; set; } = "";

    /// <summary>Of a route, before all else: the first whose conditions hold decides.</summary>
    public List<RouteRuleForm> Rules { get; } = [];
    public string StickySeconds { get; set; } = "300";

    /// <summary>Empty: 1 beside a classifier, else 2.</summary>
    public string Tier { get; set; } = "";
    public string StrongTier { get; set; } = "3";

    /// <summary>Of a fallback: words of <see cref="PolicyWords.Failures"/>.</summary>
    public HashSet<string> On { get; } = ["throttled", "transient", "timeout"];
    public string Retries { get; set; } = "1";

    /// <summary>Of a route: where hard prompts go; empty: there is no classifier, and <see cref="Targets"/> take all.</summary>
    public string Strong { get; set; } = "";
    public string Threshold { get; set; } = "0.5";

    public string Action { get; set; } = "block";
    public string RequestsPerMinute { get; set; } = "";
    public string TokensPerMinute { get; set; } = "";
    public string UsdPerMinute { get; set; } = "";
    public string DowngradeTo { get; set; } = "";
    public string ThrottledRequests { get; set; } = "6";
    public bool Kill { get; set; }

    /// <summary>The id of the budget that is leased; empty: none.</summary>
    public string Budget { get; set; } = "";
    public string LeaseUsd { get; set; } = "1";
    public string LeaseSeconds { get; set; } = "60";
    public string AwaySeconds { get; set; } = "900";
    public string WhenAway { get; set; } = "open";

    /// <summary>Percent.</summary>
    public string Holdout { get; set; } = "5";
    public string Unit { get; set; } = "session";

    /// <summary>Percent that is treated at most.</summary>
    public string Canary { get; set; } = "100";
    public string Unknown { get; set; } = "key";
    public string Priority { get; set; } = "0";
    public bool DryRun { get; set; }

    public string Reason { get; set; } = "";

    /// <summary>Null while the fields are written in; else it is what counts.</summary>
    public string? Document { get; set; }

    /// <summary>Paths of what the document says and no field shows: it is kept.</summary>
    public IReadOnlyList<string> Kept => [.. _kept.Keys.Concat(Rules.SelectMany((rule, index) => rule.Kept.Select(path => string.Create(CultureInfo.InvariantCulture, $"body.rules[{index}].{path}")))).Order(StringComparer.Ordinal)];

    /// <summary>Of a policy's document: its fields filled, and what they cannot show kept. What is no such document stays one.</summary>
    public static PolicyForm Of(string definition, PolicyKind kind) => OfDocument(definition) ?? new PolicyForm { Kind = kind, Document = definition };

    /// <summary>Null where it is no JSON object of a known kind.</summary>
    public static PolicyForm? OfDocument(string document)
    {
        try
        {
            var options = new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };
            if (JsonNode.Parse(document, documentOptions: options) is not JsonObject policy || policy["kind"] is not JsonValue word || !word.TryGetValue<string>(out var told) || PolicyWords.Kinds.Find(told) is not { } kind) return null;
            var form = new PolicyForm { Kind = kind, Holdout = "0" };
            form.Fill(policy);
            return form;
        }
        catch (Exception unreadable) when (unreadable is JsonException or ArgumentException)
        {
            return null; // It stays a document, whose reader says what is wrong.
        }
    }

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
}
