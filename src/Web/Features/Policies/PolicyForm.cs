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

    /// <summary>Each field takes what it can show of the document; the rest is kept.</summary>
    private void Fill(JsonObject policy)
    {
        var kept = new PolicyFields(_kept);
        kept.Take(policy, "", ("id", node => PolicyFields.IsText(node, text => Id = text)), ("name", node => PolicyFields.IsText(node, text => Name = text)), ("kind", _ => true),
            // Given when it is saved.
            ("version", _ => true), ("enabled", node => node is JsonValue value && value.TryGetValue<bool>(out var enabled) && enabled),
            ("dry_run", node => PolicyFields.IsFlag(node, flag => DryRun = flag)), ("priority", node => PolicyFields.IsNumber(node, text => Priority = text)),
            ("match", node => node is JsonObject), ("arms", node => node is JsonObject && Kind != PolicyKind.Budget), ("body", node => node is JsonObject));
        if (policy["match"] is JsonObject match)
        {
            kept.Take(match, "match.", ("all", _ => match.Count == 1), ("feature", node => PolicyFields.IsList(node, text => Features = text)), ("team", node => PolicyFields.IsList(node, text => Teams = text)),
                ("customer", node => PolicyFields.IsList(node, text => Customers = text)), ("environment", node => PolicyFields.IsList(node, text => Environments = text)), ("model", node => PolicyFields.IsList(node, text => Models = text)),
                ("user", node => PolicyFields.IsList(node, text => Users = text)), ("service", node => PolicyFields.IsList(node, text => Services = text)), ("key", node => PolicyFields.IsList(node, text => Keys = text)),
                ("provider", node => PolicyFields.IsList(node, text => Providers = text)), ("operation", node => PolicyFields.IsList(node, text => Operations = text)), ("task", node => PolicyFields.IsList(node, text => Tasks = text)),
                ("prompt_bytes", node => PolicyFields.IsRange(node, (min, max) => (MinBytes, MaxBytes) = (min, max))));
        }

        if (Kind != PolicyKind.Budget && policy["arms"] is JsonObject arms)
        {
            kept.Take(arms, "arms.", ("unit", node => PolicyFields.IsText(node, text => Unit = text)), ("unknown", node => PolicyFields.IsText(node, text => Unknown = text)),
                ("holdout", node => PolicyFields.IsBasisPoints(node, text => Holdout = text)), ("canary", node => PolicyFields.IsBasisPoints(node, text => Canary = text)), ("salt", node => node is JsonValue value && value.TryGetValue<string>(out var salt) && salt.Length == 0));
        }

        if (policy["body"] is JsonObject body) FillBody(body, kept);
    }

    private void FillBody(JsonObject body, PolicyFields kept)
    {
        switch (Kind)
        {
            case PolicyKind.OutputLimit:
                kept.Take(body, "body.", ("max_tokens", node => PolicyFields.IsNumber(node, text => MaxTokens = text)), ("mode", node => PolicyFields.IsText(node, text => LimitMode = text)));
                break;
            case PolicyKind.ExactCache or PolicyKind.EmbeddingCache or PolicyKind.Coalesce:
                kept.Take(body, "body.", ("ttl_seconds", node => Kind != PolicyKind.Coalesce && PolicyFields.IsNumber(node, text => TtlSeconds = text)), ("scope", node => PolicyFields.IsText(node, text => Scope = text)),
                    ("max_entry_bytes", node => Kind == PolicyKind.ExactCache && PolicyFields.IsNumber(node, text => MaxEntryBytes = text)),
                    ("max_waiters", node => Kind == PolicyKind.Coalesce && PolicyFields.IsNumber(node, text => MaxWaiters = text)));
                break;
            case PolicyKind.Fallback:
                On.Clear();
                kept.Take(body, "body.", ("on", node => PolicyFields.IsList(node, text => On.UnionWith(PolicyFields.Split(text))) && On.All(word => PolicyWords.Failures.Find(word) is not null)),
                    ("retries", node => PolicyFields.IsNumber(node, text => Retries = text)), ("chain", node => PolicyFields.IsTargets(node, weighted: false, text => Targets = text)));
                break;
            case PolicyKind.Budget:
                kept.Take(body, "body.", ("action", node => PolicyFields.IsText(node, text => Action = text)), ("requests_per_minute", node => PolicyFields.IsNumber(node, text => RequestsPerMinute = text)),
                    ("tokens_per_minute", node => PolicyFields.IsNumber(node, text => TokensPerMinute = text)), ("usd_per_minute", node => PolicyFields.IsNumber(node, text => UsdPerMinute = text)),
                    ("kill", node => PolicyFields.IsFlag(node, flag => Kill = flag)), ("lease", IsLease), ("downgrade_to", node => PolicyFields.IsTargets(new JsonArray(node?.DeepClone()), weighted: false, text => DowngradeTo = text)),
                    ("throttled_requests_per_minute", node => PolicyFields.IsNumber(node, text => ThrottledRequests = text)));
                break;
            default:
                FillRoute(body, kept);
                break;
        }
    }

    private bool IsLease(JsonNode? told)
    {
        if (told is not JsonObject lease || lease.Any(field => field.Key is not ("budget" or "usd" or "seconds" or "away_seconds" or "when_away"))) return false;
        var (budget, usd, seconds, away, then) = ("", "", LeaseSeconds, AwaySeconds, WhenAway);
        if (!PolicyFields.IsText(lease["budget"], text => budget = text) || !PolicyFields.IsNumber(lease["usd"], text => usd = text)
            || (lease.ContainsKey("seconds") && !PolicyFields.IsNumber(lease["seconds"], text => seconds = text)) || (lease.ContainsKey("away_seconds") && !PolicyFields.IsNumber(lease["away_seconds"], text => away = text))
            || (lease.ContainsKey("when_away") && !PolicyFields.IsText(lease["when_away"], text => then = text))) return false;
        // All of it, or it is kept whole.
        (Budget, LeaseUsd, LeaseSeconds, AwaySeconds, WhenAway) = (budget, usd, seconds, away, then);
        return true;
    }

    private void FillRoute(JsonObject body, PolicyFields kept)
    {
        var classifier = body["classifier"] as JsonObject;
        kept.Take(body, "body.", ("sticky_seconds", node => PolicyFields.IsNumber(node, text => StickySeconds = text)), ("classifier", node => IsClassifier(node as JsonObject)), ("rules", node => IsRules(node as JsonArray, classifier is null)));
    }

    private bool IsClassifier(JsonObject? told)
    {
        if (told is not { Count: 3 } || told["weak"] is not JsonObject { Count: 2 } weak || told["strong"] is not JsonObject { Count: 2 } strong) return false;
        var (threshold, tier, targets, strongTier, hard) = ("", "", "", "", "");
        if (!PolicyFields.IsNumber(told["threshold"], text => threshold = text) || !PolicyFields.IsNumber(weak["tier"], text => tier = text) || !PolicyFields.IsTargets(weak["targets"], weighted: true, text => targets = text)
            || !PolicyFields.IsNumber(strong["tier"], text => strongTier = text) || !PolicyFields.IsTargets(strong["targets"], weighted: true, text => hard = text)) return false;
        // All of it, or it is kept whole.
        (Threshold, Tier, Targets, StrongTier, Strong) = (threshold, tier, targets, strongTier, hard);
        return true;
    }

    /// <summary>The last one that holds always, where no classifier decides, stands in the fields of the route itself.</summary>
    private bool IsRules(JsonArray? told, bool hasLast)
    {
        if (told is null || told.Any(rule => rule is not JsonObject)) return false;
        foreach (var (index, rule) in told.Select((rule, index) => (index, (JsonObject)rule!)))
        {
            var isLast = hasLast && index == told.Count - 1 && rule.Count == 2 && PolicyFields.IsNumber(rule["tier"], _ => { }) && PolicyFields.IsTargets(rule["targets"], weighted: true, _ => { });
            if (!isLast)
            {
                Rules.Add(RouteRuleForm.Of(rule));
                continue;
            }

            PolicyFields.IsNumber(rule["tier"], text => Tier = text);
            PolicyFields.IsTargets(rule["targets"], weighted: true, text => Targets = text);
        }

        return true;
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
