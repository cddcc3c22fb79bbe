using System.Buffers;
using System.Globalization;
using System.Text.Json;
using FinOps.Domain.Budgets;
using FinOps.Domain.Usage;

namespace FinOps.Domain.Policies;

/// <summary>Reads one policy, or one key, of a document: its form. What does not fit together is <see cref="PolicyRules"/>' to find.</summary>
internal static class PolicyReader
{
    private static readonly SearchValues<char> IdLetters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");

    /// <summary>Null where it is too wrong to be looked at any further; then there are errors.</summary>
    public static Policy? Read(JsonElement element, string path, PolicyErrors errors)
    {
        var before = errors.Count;
        var fields = new Fields(element, path, errors);
        var id = Id(fields, errors);
        var name = fields.RequireText("name", Policy.MaxNameLength, "Write what people should read.");
        var version = fields.Whole("version", 1, int.MaxValue) ?? 1;
        var enabled = fields.Flag("enabled") ?? true;
        var dryRun = fields.Flag("dry_run") ?? false;
        var priority = fields.Whole("priority", -Policy.MaxPriority, Policy.MaxPriority) ?? 0;
        var match = fields.RequireNested("match", "Name whose calls it is for, or write {\"all\": true}.") is { } part ? Match(part, errors, needsPart: true) : null;
        var arms = Arms(fields.Nested("arms"));
        var kind = fields.RequireWord("kind", PolicyWords.Kinds);
        var hasBody = fields.TryRequire("body", "Write what the policy does.", out var bodyElement);
        var body = kind is { } known && hasBody ? Body(known, new Fields(bodyElement, fields.Of("body"), errors), errors) : null;
        fields.RefuseOthers();
        if (errors.Count > before || id is null || name is null || match is null || body is null) return null;
        return new Policy
        {
            Id = id,
            Version = (int)version,
            Name = name,
            Enabled = enabled,
            DryRun = dryRun,
            Priority = (int)priority,
            Match = match,
            Arms = arms,
            Body = body,
        };
    }

    public static VirtualKey? ReadKey(Fields fields, PolicyErrors errors)
    {
        var id = Id(fields, errors);
        var hash = fields.RequireText("sha256", 64, "Write the SHA-256 of the key as 64 hexadecimal digits.");
        byte[]? sha256 = null;
        if (hash is not null)
        {
            if (hash.Length == 64 && hash.All(char.IsAsciiHexDigit)) sha256 = Convert.FromHexString(hash);
            else errors.Add(fields.Of("sha256"), "This is no SHA-256.", "Write 64 hexadecimal digits, never the key itself.");
        }

        var tags = new Dictionary<Tag, string>();
        if (fields.Nested("tags") is { } told)
        {
            foreach (var tag in VirtualKey.Bindable)
            {
                if (told.Text(PolicyWords.Tags[tag], PolicyMatch.MaxValueLength) is { } value) tags[tag] = value;
            }

            told.RefuseOthers();
        }

        var (name, models, providers) = (fields.Text("name", Policy.MaxNameLength), fields.TextList("models", StringComparer.OrdinalIgnoreCase), fields.TextList("providers", StringComparer.OrdinalIgnoreCase));
        var (expires, enabled) = (fields.Instant("expires_at"), fields.Flag("enabled") ?? true);
        fields.RefuseOthers();
        return id is null || sha256 is null ? null : new VirtualKey(id, sha256) { Name = name ?? "", Tags = tags, Models = models, Providers = providers, ExpiresAt = expires, Enabled = enabled };
    }

    private static string? Id(Fields fields, PolicyErrors errors)
    {
        if (fields.RequireText("id", Policy.MaxIdLength, "Write a short name that never changes.") is not { } id) return null;
        if (!id.AsSpan().ContainsAnyExcept(IdLetters)) return id;
        errors.Add(fields.Of("id"), "An id has letters, digits, -, _ and . only.", "Write it without the others; the name is for people.");
        return null;
    }

    private static ArmPlan Arms(Fields? fields)
    {
        if (fields is null) return ArmPlan.Everyone;
        var plan = new ArmPlan
        {
            Unit = fields.Word("unit", PolicyWords.Units) ?? ArmUnit.Session,
            Unknown = fields.Word("unknown", PolicyWords.UnknownUnits) ?? UnknownUnit.Key,
            Holdout = (int)(fields.Whole("holdout", 0, ArmPlan.MaxHoldout) ?? 0),
            Canary = (int)(fields.Whole("canary", 1, ArmPlan.Whole) ?? ArmPlan.Whole),
            Salt = fields.Text("salt", ArmPlan.MaxSaltLength, minLength: 0) ?? "",
        };
        fields.RefuseOthers();
        return plan;
    }

    private static PolicyMatch Match(Fields fields, PolicyErrors errors, bool needsPart)
    {
        var before = errors.Count;
        var match = new PolicyMatch
        {
            All = fields.Flag("all") ?? false,
            Features = Tags("feature"),
            Users = Tags("user"),
            Teams = Tags("team"),
            Customers = Tags("customer"),
            Environments = Tags("environment"),
            Services = Tags("service"),
            Keys = fields.TextList("key", StringComparer.Ordinal, Policy.MaxIdLength),
            Providers = fields.TextList("provider", StringComparer.OrdinalIgnoreCase),
            Models = fields.TextList("model", StringComparer.OrdinalIgnoreCase),
            Operations = fields.WordList("operation", PolicyWords.Operations),
            Tasks = fields.WordList("task", PolicyWords.Tasks),
            HasSession = fields.Flag("session"),
            Streaming = fields.Flag("streaming"),
        };
        if (fields.Nested("prompt_bytes") is { } range)
        {
            match = match with { MinPromptBytes = range.Whole("min", 0, long.MaxValue), MaxPromptBytes = range.Whole("max", 0, long.MaxValue) };
            if (match.MinPromptBytes is null && match.MaxPromptBytes is null) errors.Add(range.Path, "The range has no end.", "Write min, max or both.");
            if (match.MinPromptBytes > match.MaxPromptBytes) errors.Add(range.Path, "The least is more than the most.", "Swap them.");
            range.RefuseOthers();
        }

        fields.RefuseOthers();
        if (errors.Count > before) return match;
        if (match.All && match.Parts > 0) errors.Add(fields.Of("all"), "It cannot be for all, and for some.", "Leave \"all\" out, or everything else.");
        if (needsPart && !match.All && match.Parts == 0) errors.Add(fields.Path, "Nothing says whose calls it is for.", "Name a tag, model, provider or other part; for every call write {\"all\": true}.");
        return match;

        // The empty text stands for "not told".
        IReadOnlyList<string> Tags(string name) => fields.TextList(name, StringComparer.Ordinal, minLength: 0);
    }

    private static PolicyBody? Body(PolicyKind kind, Fields fields, PolicyErrors errors)
    {
        PolicyBody? body = kind switch
        {
            PolicyKind.OutputLimit => ReadLimit(fields),
            PolicyKind.ExactCache => ReadCache(fields),
            PolicyKind.EmbeddingCache => ReadEmbeddings(fields),
            PolicyKind.Coalesce => new Coalesce { Scope = ReadScope(fields), MaxWaiters = (int)(fields.Whole("max_waiters", 1, Coalesce.MostWaiters) ?? 1_000) },
            PolicyKind.Route => ReadRoute(fields, errors),
            PolicyKind.Fallback => ReadFallback(fields, errors),
            _ => ReadBudget(fields, errors),
        };
        fields.RefuseOthers();
        return body;
    }

    private static OutputLimit? ReadLimit(Fields fields)
    {
        var mode = fields.Word("mode", PolicyWords.LimitModes) ?? OutputLimitMode.Set;
        return fields.RequireWhole("max_tokens", 1, OutputLimit.MostTokens) is { } tokens ? new OutputLimit((int)tokens, mode) : null;
    }

    private static ExactCache? ReadCache(Fields fields)
    {
        var ttl = fields.RequireWhole("ttl_seconds", 1, ExactCache.MaxTtlSeconds);
        var size = fields.Whole("max_entry_bytes", 1, ExactCache.MostEntryBytes);
        var scope = ReadScope(fields);
        if (ttl is null) return null;
        var cache = new ExactCache((int)ttl) { Scope = scope };
        return size is { } bytes ? cache with { MaxEntryBytes = (int)bytes } : cache;
    }

    private static EmbeddingCache? ReadEmbeddings(Fields fields)
    {
        var scope = ReadScope(fields);
        return fields.RequireWhole("ttl_seconds", 1, EmbeddingCache.MaxTtlSeconds) is { } ttl ? new EmbeddingCache((int)ttl) { Scope = scope } : null;
    }

    private static SharingScope ReadScope(Fields fields) => fields.Word("scope", PolicyWords.Scopes) ?? SharingScope.Key;

    private static Route ReadRoute(Fields fields, PolicyErrors errors)
    {
        var rules = new List<RouteRule>();
        foreach (var (element, path) in fields.Items("rules", Route.MaxRules))
        {
            var rule = new Fields(element, path, errors);
            var when = rule.Nested("when") is { } part ? Match(part, errors, needsPart: true) : PolicyMatch.Everything;
            if (ReadChoice(rule, errors) is { } choice) rules.Add(new RouteRule(when, choice));
        }

        RouteClassifier? classifier = null;
        if (fields.Nested("classifier") is { } both)
        {
            var threshold = both.RequireFraction("threshold");
            var weak = both.RequireNested("weak", "Name the targets of easy prompts.") is { } easy ? ReadChoice(easy, errors) : null;
            var strong = both.RequireNested("strong", "Name the targets of hard prompts.") is { } hard ? ReadChoice(hard, errors) : null;
            both.RefuseOthers();
            if (threshold is { } at && weak is not null && strong is not null) classifier = new RouteClassifier(at, weak, strong);
        }

        var route = new Route { Rules = rules, Classifier = classifier };
        return fields.Whole("sticky_seconds", 0, Route.MaxStickySeconds) is { } sticky ? route with { StickySeconds = (int)sticky } : route;
    }

    private static RouteChoice? ReadChoice(Fields fields, PolicyErrors errors)
    {
        var before = errors.Count;
        var tier = fields.RequireWhole("tier", 1, RouteChoice.MaxTier);
        var answer = fields.Text("answer", RouteChoice.MaxAnswerLength);
        var targets = Targets(fields, "targets", RouteChoice.MaxTargets, errors, weighted: true);
        fields.RefuseOthers();
        if (errors.Count > before) return null;
        if (answer is null == targets.Count is 0) errors.Add(fields.Path, answer is null ? "Nothing says what answers." : "It has targets and an answer.", "Write either targets, or an answer of tier 1.");
        if (answer is not null && tier != 1) errors.Add(fields.Of("tier"), "A fixed answer asks no model.", "Write 1.");
        return errors.Count > before ? null : new RouteChoice((int)tier!.Value, targets) { Answer = answer };
    }

    private static Fallback ReadFallback(Fields fields, PolicyErrors errors)
    {
        var on = fields.WordList("on", PolicyWords.Failures);
        if (on.Count == 0 && !fields.TryGet("on", out _)) errors.Add(fields.Of("on"), "The field is missing.", PolicyWords.Failures.Remedy);
        var chain = Targets(fields, "chain", Fallback.MaxTargets, errors, weighted: false);
        if (chain.Count == 0 && !fields.TryGet("chain", out _)) errors.Add(fields.Of("chain"), "The field is missing.", "Name who answers instead, in order.");
        var fallback = new Fallback(on, chain);
        return fields.Whole("retries", 0, Fallback.MostRetries) is { } retries ? fallback with { Retries = (int)retries } : fallback;
    }

    private static List<PolicyTarget> Targets(Fields fields, string name, int most, PolicyErrors errors, bool weighted)
    {
        var targets = new List<PolicyTarget>();
        foreach (var (element, path) in fields.Items(name, most))
        {
            if (Target(new Fields(element, path, errors), errors, weighted) is not { } target) continue;
            if (targets.Exists(target.IsSame)) errors.Add(path, $"{target} stands twice.", weighted ? "Leave one, with the sum of the weights." : "Leave the first: a chain that leads back to where it was would go round.");
            else targets.Add(target);
        }

        return targets;
    }

    private static PolicyTarget? Target(Fields fields, PolicyErrors errors, bool weighted)
    {
        var before = errors.Count;
        var (provider, model) = (fields.Text("provider", PolicyMatch.MaxValueLength) ?? "", fields.Text("model", PolicyMatch.MaxValueLength) ?? "");
        var weight = weighted ? fields.Whole("weight", 1, PolicyTarget.MaxWeight) ?? 1 : 1;
        fields.RefuseOthers();
        if (errors.Count > before) return null;
        if (provider.Length + model.Length == 0) errors.Add(fields.Path, "The target names neither provider nor model.", "Name at least one of them; the request's own stands for the other.");
        if (!NamePattern.IsExact(model)) errors.Add(fields.Of("model"), "A target is one model.", "Write its name without *.");
        return errors.Count > before ? null : new PolicyTarget(provider, model, (int)weight);
    }

    private static BudgetLimit? ReadBudget(Fields fields, PolicyErrors errors)
    {
        var action = fields.RequireWord("action", PolicyWords.Actions);
        var kill = fields.Flag("kill") ?? false;
        var (requests, tokens, usd) = (fields.Whole("requests_per_minute", 1, BudgetLimit.MostPerMinute), fields.Whole("tokens_per_minute", 1, BudgetLimit.MostPerMinute), fields.Amount("usd_per_minute", BudgetLimit.MostUsd));
        var lease = fields.Nested("lease") is { } part ? ReadLease(part) : null;
        var downgrade = fields.Nested("downgrade_to") is { } target ? Target(target, errors, weighted: false) : null;
        var throttled = fields.Whole("throttled_requests_per_minute", 1, BudgetLimit.MostPerMinute);
        if (action is not { } what) return null;
        if (throttled is not null && what != BudgetAction.Throttle) errors.Add(fields.Of("throttled_requests_per_minute"), "Only the action throttle lets some calls through.", "Leave it out, or write \"action\": \"throttle\".");
        var budget = new BudgetLimit { Action = what, Kill = kill, RequestsPerMinute = requests, TokensPerMinute = tokens, UsdPerMinute = usd, Lease = lease, DowngradeTo = downgrade };
        return throttled is { } few ? budget with { ThrottledRequestsPerMinute = few } : budget;
    }

    private static BudgetLease? ReadLease(Fields fields)
    {
        var id = fields.RequireText("budget", Policy.MaxIdLength, "Write the id of a budget of the control plane.");
        var usd = fields.TryRequire("usd", string.Create(CultureInfo.InvariantCulture, $"Write a number above 0 and up to {BudgetLimit.MostUsd}."), out _) ? fields.Amount("usd", BudgetLimit.MostUsd) : null;
        var (seconds, away, mode) = (fields.Whole("seconds", BudgetLease.MinSeconds, BudgetLease.MaxSeconds), fields.Whole("away_seconds", 0, BudgetLease.MaxAwaySeconds), fields.Word("when_away", PolicyWords.AwayModes));
        fields.RefuseOthers();
        return id is null || usd is not { } money ? null : new BudgetLease(id, money) { Seconds = (int)(seconds ?? 60), AwaySeconds = (int)(away ?? 900), WhenAway = mode ?? AwayMode.Open };
    }
}
