using System.Text.Json.Nodes;
using FinOps.Domain.Policies;

namespace FinOps.Web.Features.Policies;

/// <summary>From the document to the fields.</summary>
public sealed partial class PolicyForm
{
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
}
