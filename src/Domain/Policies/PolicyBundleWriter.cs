using System.Buffers;
using System.Globalization;
using System.Text.Json;
using FinOps.Domain.Budgets;

namespace FinOps.Domain.Policies;

/// <summary>Writes what <see cref="PolicyBundleReader"/> reads, always in the same words and order, so that equal bundles are equal bytes. What has its default is left out where it is long.</summary>
public static class PolicyBundleWriter
{
    /// <param name="bundle">Its prices are not written: they go in as the list's own document.</param>
    /// <param name="prices">The price list as it was exported, or a <see cref="Pricing.PriceOverlay"/>; empty: none.</param>
    public static byte[] Write(PolicyBundle bundle, ReadOnlyMemory<byte> prices = default)
    {
        return Written(writer =>
        {
            writer.WriteStartObject();
            writer.WriteNumber("schema", PolicyBundle.Schema);
            writer.WriteNumber("version", bundle.Version);
            if (bundle.Tenant is { } tenant) writer.WriteString("tenant", tenant.Value);
            if (bundle.IssuedAt is { } issued) Instant(writer, "issued_at", issued);
            if (bundle.NotAfter is { } end) Instant(writer, "not_after", end);
            if (bundle.Providers.Count > 0)
            {
                writer.WriteStartObject("providers");
                foreach (var (name, protocol) in bundle.Providers.OrderBy(pair => pair.Key, StringComparer.Ordinal)) writer.WriteString(name, PolicyWords.Protocols[protocol]);
                writer.WriteEndObject();
            }

            writer.WriteStartArray("policies");
            foreach (var policy in bundle.Policies) Write(writer, policy);
            writer.WriteEndArray();
            if (bundle.Keys.Count > 0)
            {
                writer.WriteStartArray("keys");
                foreach (var key in bundle.Keys) Write(writer, key);
                writer.WriteEndArray();
            }

            if (!prices.IsEmpty)
            {
                writer.WritePropertyName("prices");
                writer.WriteRawValue(prices.Span);
            }

            writer.WriteEndObject();
        });
    }

    /// <summary>One policy's document, for people to read: with line breaks.</summary>
    public static byte[] Write(Policy policy) => Written(writer => Write(writer, policy), isIndented: true);

    private static byte[] Written(Action<Utf8JsonWriter> write, bool isIndented = false)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = isIndented, NewLine = "\n" })) write(writer);
        return buffer.WrittenSpan.ToArray();
    }

    private static void Write(Utf8JsonWriter writer, Policy policy)
    {
        writer.WriteStartObject();
        writer.WriteString("id", policy.Id);
        writer.WriteNumber("version", policy.Version);
        writer.WriteString("name", policy.Name);
        writer.WriteString("kind", PolicyWords.Kinds[policy.Kind]);
        writer.WriteBoolean("enabled", policy.Enabled);
        writer.WriteBoolean("dry_run", policy.DryRun);
        writer.WriteNumber("priority", policy.Priority);
        writer.WritePropertyName("match");
        Write(writer, policy.Match);
        if (policy.Arms != ArmPlan.Everyone)
        {
            writer.WriteStartObject("arms");
            writer.WriteString("unit", PolicyWords.Units[policy.Arms.Unit]);
            writer.WriteString("unknown", PolicyWords.UnknownUnits[policy.Arms.Unknown]);
            writer.WriteNumber("holdout", policy.Arms.Holdout);
            writer.WriteNumber("canary", policy.Arms.Canary);
            writer.WriteString("salt", policy.Arms.Salt);
            writer.WriteEndObject();
        }

        writer.WriteStartObject("body");
        WriteBody(writer, policy.Body);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, PolicyMatch match)
    {
        writer.WriteStartObject();
        if (match.All) writer.WriteBoolean("all", true);
        List(writer, "feature", match.Features);
        List(writer, "user", match.Users);
        List(writer, "team", match.Teams);
        List(writer, "customer", match.Customers);
        List(writer, "environment", match.Environments);
        List(writer, "service", match.Services);
        List(writer, "key", match.Keys);
        List(writer, "provider", match.Providers);
        List(writer, "model", match.Models);
        List(writer, "operation", [.. match.Operations.Select(operation => PolicyWords.Operations[operation])]);
        List(writer, "task", [.. match.Tasks.Select(task => PolicyWords.Tasks[task])]);
        if (match.HasSession is { } session) writer.WriteBoolean("session", session);
        if (match.Streaming is { } streaming) writer.WriteBoolean("streaming", streaming);
        if (match.MinPromptBytes is not null || match.MaxPromptBytes is not null)
        {
            writer.WriteStartObject("prompt_bytes");
            Number(writer, "min", match.MinPromptBytes);
            Number(writer, "max", match.MaxPromptBytes);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static void WriteBody(Utf8JsonWriter writer, PolicyBody body)
    {
        switch (body)
        {
            case OutputLimit limit:
                writer.WriteNumber("max_tokens", limit.MaxTokens);
                writer.WriteString("mode", PolicyWords.LimitModes[limit.Mode]);
                break;
            case ExactCache cache:
                writer.WriteNumber("ttl_seconds", cache.TtlSeconds);
                writer.WriteNumber("max_entry_bytes", cache.MaxEntryBytes);
                writer.WriteString("scope", PolicyWords.Scopes[cache.Scope]);
                break;
            case EmbeddingCache cache:
                writer.WriteNumber("ttl_seconds", cache.TtlSeconds);
                writer.WriteString("scope", PolicyWords.Scopes[cache.Scope]);
                break;
            case Coalesce coalesce:
                writer.WriteString("scope", PolicyWords.Scopes[coalesce.Scope]);
                writer.WriteNumber("max_waiters", coalesce.MaxWaiters);
                break;
            case Route route:
                WriteRoute(writer, route);
                break;
            case Fallback fallback:
                List(writer, "on", [.. fallback.On.Select(failure => PolicyWords.Failures[failure])]);
                Targets(writer, "chain", fallback.Chain, isWeighted: false);
                writer.WriteNumber("retries", fallback.Retries);
                break;
            case BudgetLimit budget:
                WriteBudget(writer, budget);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(body), body, "The kind of policy cannot be written.");
        }
    }

    private static void WriteRoute(Utf8JsonWriter writer, Route route)
    {
        writer.WriteNumber("sticky_seconds", route.StickySeconds);
        if (route.Rules.Count > 0)
        {
            writer.WriteStartArray("rules");
            foreach (var rule in route.Rules)
            {
                writer.WriteStartObject();
                if (!rule.When.All)
                {
                    writer.WritePropertyName("when");
                    Write(writer, rule.When);
                }

                WriteChoice(writer, rule.Choice);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        if (route.Classifier is not { } classifier) return;
        writer.WriteStartObject("classifier");
        writer.WriteNumber("threshold", classifier.Threshold);
        writer.WriteStartObject("weak");
        WriteChoice(writer, classifier.Weak);
        writer.WriteEndObject();
        writer.WriteStartObject("strong");
        WriteChoice(writer, classifier.Strong);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteChoice(Utf8JsonWriter writer, RouteChoice choice)
    {
        writer.WriteNumber("tier", choice.Tier);
        if (choice.Answer is { } answer) writer.WriteString("answer", answer);
        else Targets(writer, "targets", choice.Targets, isWeighted: true);
    }

    private static void WriteBudget(Utf8JsonWriter writer, BudgetLimit budget)
    {
        writer.WriteString("action", PolicyWords.Actions[budget.Action]);
        if (budget.Kill) writer.WriteBoolean("kill", true);
        Number(writer, "requests_per_minute", budget.RequestsPerMinute);
        Number(writer, "tokens_per_minute", budget.TokensPerMinute);
        if (budget.UsdPerMinute is { } usd) writer.WriteNumber("usd_per_minute", usd);
        if (budget.Lease is { } lease)
        {
            writer.WriteStartObject("lease");
            writer.WriteString("budget", lease.BudgetId);
            writer.WriteNumber("usd", lease.Usd);
            writer.WriteNumber("seconds", lease.Seconds);
            writer.WriteNumber("away_seconds", lease.AwaySeconds);
            writer.WriteString("when_away", PolicyWords.AwayModes[lease.WhenAway]);
            writer.WriteEndObject();
        }

        if (budget.DowngradeTo is { } target)
        {
            writer.WritePropertyName("downgrade_to");
            Target(writer, target, isWeighted: false);
        }

        if (budget.Action == BudgetAction.Throttle) writer.WriteNumber("throttled_requests_per_minute", budget.ThrottledRequestsPerMinute);
    }

    private static void Write(Utf8JsonWriter writer, VirtualKey key)
    {
        writer.WriteStartObject();
        writer.WriteString("id", key.Id);
        writer.WriteString("sha256", Convert.ToHexStringLower(key.Sha256.Span));
        if (key.Name.Length > 0) writer.WriteString("name", key.Name);
        if (key.Tags.Count > 0)
        {
            writer.WriteStartObject("tags");
            foreach (var (tag, value) in key.Tags.OrderBy(pair => pair.Key)) writer.WriteString(PolicyWords.Tags[tag], value);
            writer.WriteEndObject();
        }

        List(writer, "models", key.Models);
        List(writer, "providers", key.Providers);
        if (key.ExpiresAt is { } end) Instant(writer, "expires_at", end);
        writer.WriteBoolean("enabled", key.Enabled);
        writer.WriteEndObject();
    }

    private static void Targets(Utf8JsonWriter writer, string name, IReadOnlyList<PolicyTarget> targets, bool isWeighted)
    {
        writer.WriteStartArray(name);
        foreach (var target in targets) Target(writer, target, isWeighted);
        writer.WriteEndArray();
    }

    private static void Target(Utf8JsonWriter writer, PolicyTarget target, bool isWeighted)
    {
        writer.WriteStartObject();
        if (target.Provider.Length > 0) writer.WriteString("provider", target.Provider);
        if (target.Model.Length > 0) writer.WriteString("model", target.Model);
        if (isWeighted) writer.WriteNumber("weight", target.Weight);
        writer.WriteEndObject();
    }

    private static void List(Utf8JsonWriter writer, string name, IReadOnlyList<string> values)
    {
        if (values.Count == 0) return;
        writer.WriteStartArray(name);
        foreach (var value in values) writer.WriteStringValue(value);
        writer.WriteEndArray();
    }

    private static void Number(Utf8JsonWriter writer, string name, long? value)
    {
        if (value is { } number) writer.WriteNumber(name, number);
    }

    private static void Instant(Utf8JsonWriter writer, string name, DateTimeOffset value) =>
        writer.WriteString(name, value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture));
}
