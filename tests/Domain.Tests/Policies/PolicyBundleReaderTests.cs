using System.Text;
using CsCheck;
using FinOps.Domain.Budgets;
using FinOps.Domain.Policies;
using FinOps.Domain.Policies.Classification;
using FinOps.Domain.Usage;
using static FinOps.Domain.Tests.Policies.PolicyDocuments;

namespace FinOps.Domain.Tests.Policies;

public sealed class PolicyBundleReaderTests
{
    /// <summary>The one that docs/policies.md shows, with comments.</summary>
    private static readonly Lazy<string> Documented = new(() =>
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "FinOps.sln"))) folder = Path.GetDirectoryName(folder)!;
        var page = File.ReadAllText(Path.Combine(folder, "docs", "policies.md"));
        const string fence = "```jsonc\n";
        var start = page.IndexOf(fence, StringComparison.Ordinal) + fence.Length;
        return page[start..page.IndexOf("```", start, StringComparison.Ordinal)];
    });

    [Fact]
    public void Read_OfTheDocumentedFile_FindsEveryKind()
    {
        var bundle = Read(Documented.Value);

        Assert.Equal(Enum.GetValues<PolicyKind>(), bundle.Policies.Select(policy => policy.Kind).Distinct().Order());
        var limit = bundle.Policies.Single(policy => policy.Id == "summaries-cap");
        Assert.Equal(new OutputLimit(400), limit.Body);
        Assert.Equal(["summaries"], limit.Match.Features);
        Assert.Equal((ArmUnit.User, 500, 2_500), (limit.Arms.Unit, limit.Arms.Holdout, limit.Arms.Canary));
        var route = (Route)bundle.Policies.Single(policy => policy.Kind == PolicyKind.Route).Body;
        Assert.Equal([TaskKind.Intent], route.Rules[0].When.Tasks);
        Assert.Equal([95, 5], route.Rules[0].Choice.Targets.Select(target => target.Weight));
        Assert.Equal(0.6, route.Classifier!.Threshold);
        var budget = (BudgetLimit)bundle.Policies.First(policy => policy.Kind == PolicyKind.Budget).Body;
        Assert.Equal((BudgetAction.Downgrade, 2.5m), (budget.Action, budget.UsdPerMinute!.Value));
        var key = Assert.Single(bundle.Keys);
        Assert.Equal("checkout", key.Tags[Tag.Feature]);
    }

    [Fact]
    public void Write_OfWhatWasRead_IsReadAgainAsTheSame()
    {
        var first = PolicyBundleWriter.Write(Read(Documented.Value));
        var second = PolicyBundleWriter.Write(Read(Encoding.UTF8.GetString(first)));

        Assert.Equal(Encoding.UTF8.GetString(first), Encoding.UTF8.GetString(second));
        var bundle = Read(Documented.Value);
        Assert.All(bundle.Policies, policy => Assert.Empty(PolicyBundleReader.ReadPolicy(PolicyBundleWriter.Write(policy), bundle.Providers).Errors));
    }

    [Theory]
    // Form
    [InlineData("[]", "$", "not an object")]
    [InlineData("{\"version\":1}", "$.schema", "missing")]
    [InlineData("{\"schema\":2}", "$.schema", "form 2 is not known")]
    [InlineData("{\"schema\":1,\"polices\":[]}", "$.polices", "no such field")]
    [InlineData("{\"schema\":1,\"version\":1,\"version\":2}", "$.version", "stands twice")]
    [InlineData("{\"schema\":1,\"version\":-1}", "$.version", "-1 may not stand here")]
    [InlineData("{\"schema\":1,\"version\":1.5}", "$.version", "1.5 may not stand here")]
    [InlineData("{\"schema\":1,\"tenant\":\"acme\"}", "$.tenant", "no organisation's id")]
    [InlineData("{\"schema\":1,\"issued_at\":\"2026-01-02T00:00:00Z\",\"not_after\":\"2026-01-01T00:00:00Z\"}", "$.not_after", "end before")]
    [InlineData("{\"schema\":1,\"issued_at\":\"yesterday\"}", "$.issued_at", "no instant")]
    [InlineData("{\"schema\":1,\"providers\":{\"x\":\"grpc\"}}", "$.providers.x", "none of the words")]
    [InlineData("{\"schema\":1,\"prices\":{\"format\":9}}", "$.prices", "format other than 1")]
    [InlineData("{\"schema\":1,", "$", "not JSON: line 1")]
    [InlineData("{\"schema\":1} x", "$", "not JSON")]
    [InlineData("{\"schema\":1,\"tenant\":\"\\ud800\"}", "$", "half of a character")]
    [InlineData("{\"schema\":1,\"keys\":[{\"id\":\"k\",\"sha256\":\"abc\"}]}", "$.keys[0].sha256", "no SHA-256")]
    [InlineData("{\"schema\":1,\"keys\":[{\"id\":\"k\",\"sha256\":\"0000000000000000000000000000000000000000000000000000000000000000\",\"tags\":{\"session\":\"s\"}}]}", "$.keys[0].tags.session", "no such field")]
    public void Read_OfAWrongDocument_NamesWhereAndWhat(string json, string path, string problem) =>
        Assert.Contains(Errors(json), error => error.Path == path && error.Problem.Contains(problem, StringComparison.Ordinal) && error.Remedy.Length > 0);

    [Theory]
    [InlineData("output_limit", "{\"max_tokens\":0}", "{\"all\":true}", "body.max_tokens", "0 may not stand here")]
    [InlineData("output_limit", "{}", "{\"all\":true}", "body.max_tokens", "missing")]
    [InlineData("output_limit", "{\"max_tokens\":1,\"mode\":\"raise\"}", "{\"all\":true}", "body.mode", "none of the words")]
    [InlineData("output_limit", "{\"max_tokens\":1}", "{\"operation\":\"embeddings\"}", "match.operation", "no output")]
    [InlineData("output_limits", "{\"max_tokens\":1}", "{\"all\":true}", "kind", "none of the words")]
    [InlineData("output_limit", "{\"max_tokens\":1}", "{}", "match", "Nothing says whose")]
    [InlineData("output_limit", "{\"max_tokens\":1}", "{\"feature\":[]}", "match.feature", "list is empty")]
    [InlineData("output_limit", "{\"max_tokens\":1}", "{\"feature\":[\"a\",\"a\"]}", "match.feature[1]", "stands twice")]
    [InlineData("output_limit", "{\"max_tokens\":1}", "{\"all\":true,\"user\":\"u\"}", "match.all", "for all, and for some")]
    [InlineData("output_limit", "{\"max_tokens\":1}", "{\"colour\":\"red\"}", "match.colour", "no such field")]
    [InlineData("output_limit", "{\"max_tokens\":1}", "{\"prompt_bytes\":{\"min\":9,\"max\":1}}", "match.prompt_bytes", "more than the most")]
    [InlineData("output_limit", "{\"max_tokens\":1}", "{\"prompt_bytes\":{}}", "match.prompt_bytes", "no end")]
    [InlineData("exact_cache", "{\"ttl_seconds\":99999999}", "{\"all\":true}", "body.ttl_seconds", "may not stand here")]
    [InlineData("embedding_cache", "{\"ttl_seconds\":60}", "{\"operation\":\"chat\"}", "match.operation", "Only embeddings")]
    [InlineData("coalesce", "{\"max_waiters\":0}", "{\"all\":true}", "body.max_waiters", "may not stand here")]
    [InlineData("route", "{}", "{\"all\":true}", "body", "leads nowhere")]
    [InlineData("route", "{\"rules\":[{\"tier\":2}]}", "{\"all\":true}", "body.rules[0]", "Nothing says what answers")]
    [InlineData("route", "{\"rules\":[{\"tier\":2,\"answer\":\"hi\"}]}", "{\"all\":true}", "body.rules[0].tier", "asks no model")]
    [InlineData("route", "{\"rules\":[{\"tier\":4,\"targets\":[{\"model\":\"m\"}]}]}", "{\"all\":true}", "body.rules[0].tier", "4 may not stand here")]
    [InlineData("route", "{\"rules\":[{\"tier\":1,\"targets\":[{\"model\":\"gpt-*\"}]}]}", "{\"all\":true}", "body.rules[0].targets[0].model", "one model")]
    [InlineData("route", "{\"rules\":[{\"tier\":1,\"targets\":[{\"weight\":2}]}]}", "{\"all\":true}", "body.rules[0].targets[0]", "neither provider nor model")]
    [InlineData("route", "{\"rules\":[{\"tier\":1,\"targets\":[{\"model\":\"m\"},{\"model\":\"M\"}]}]}", "{\"all\":true}", "body.rules[0].targets[1]", "stands twice")]
    [InlineData("route", "{\"rules\":[{\"tier\":1,\"targets\":[{\"model\":\"m\"}]},{\"tier\":1,\"targets\":[{\"model\":\"n\"}]}]}", "{\"all\":true}", "body.rules[1]", "never reached")]
    [InlineData("route", "{\"classifier\":{\"threshold\":1.2,\"weak\":{\"tier\":1,\"targets\":[{\"model\":\"m\"}]},\"strong\":{\"tier\":3,\"targets\":[{\"model\":\"n\"}]}}}", "{\"all\":true}", "body.classifier.threshold", "no number from 0 to 1")]
    [InlineData("route", "{\"rules\":[{\"tier\":1,\"targets\":[{\"provider\":\"openai\",\"model\":\"m\"},{\"provider\":\"anthropic\",\"model\":\"n\"}]}]}", "{\"all\":true}", "body", "and anthropic/n does not")]
    [InlineData("route", "{\"rules\":[{\"tier\":1,\"targets\":[{\"provider\":\"openai\",\"model\":\"m\"}]}]}", "{\"operation\":\"messages\"}", "match.operation", "messages is not of openai's")]
    [InlineData("route", "{\"rules\":[{\"when\":{\"provider\":\"anthropic\"},\"tier\":1,\"targets\":[{\"provider\":\"openai\",\"model\":\"m\"}]}]}", "{\"all\":true}", "body.rules[0].when.provider", "does not speak openai's")]
    [InlineData("fallback", "{\"on\":[\"throttled\"],\"chain\":[{\"model\":\"a\"},{\"model\":\"a\"}]}", "{\"all\":true}", "body.chain[1]", "stands twice")]
    [InlineData("fallback", "{\"on\":[\"throttled\"],\"chain\":[{\"model\":\"b\"},{\"model\":\"A\"}]}", "{\"model\":\"a\"}", "body.chain[1]", "leads back")]
    [InlineData("fallback", "{\"on\":[\"throttled\"],\"chain\":[{\"provider\":\"groq\"}]}", "{\"provider\":\"groq\"}", "body.chain[0]", "leads back")]
    [InlineData("fallback", "{\"on\":[\"client\"],\"chain\":[{\"model\":\"b\"}]}", "{\"all\":true}", "body.on[0]", "none of the words")]
    [InlineData("fallback", "{\"chain\":[{\"model\":\"b\"}]}", "{\"all\":true}", "body.on", "missing")]
    [InlineData("fallback", "{\"on\":[\"money\"]}", "{\"all\":true}", "body.chain", "missing")]
    [InlineData("budget", "{\"action\":\"block\"}", "{\"all\":true}", "body", "Nothing is limited")]
    [InlineData("budget", "{\"action\":\"notify\",\"requests_per_minute\":1}", "{\"all\":true}", "body.action", "none of the words")]
    [InlineData("budget", "{\"action\":\"downgrade\",\"requests_per_minute\":1}", "{\"all\":true}", "body.downgrade_to", "Nothing says what")]
    [InlineData("budget", "{\"action\":\"block\",\"requests_per_minute\":1,\"downgrade_to\":{\"model\":\"m\"}}", "{\"all\":true}", "body.downgrade_to", "Only the action downgrade")]
    [InlineData("budget", "{\"action\":\"throttle\",\"kill\":true}", "{\"all\":true}", "body.action", "lets nothing through")]
    [InlineData("budget", "{\"action\":\"block\",\"usd_per_minute\":0}", "{\"all\":true}", "body.usd_per_minute", "no amount")]
    [InlineData("budget", "{\"action\":\"block\",\"usd_per_minute\":1e400}", "{\"all\":true}", "body.usd_per_minute", "no amount")]
    [InlineData("budget", "{\"action\":\"block\",\"lease\":{\"budget\":\"b\"}}", "{\"all\":true}", "body.lease.usd", "missing")]
    public void Read_OfAWrongPolicy_NamesWhereAndWhat(string kind, string body, string match, string path, string problem)
    {
        var errors = Errors(Bundle(Policy(kind, body, match)));

        Assert.Contains(errors, error => error.Path == "$.policies[0]." + path && error.Problem.Contains(problem, StringComparison.Ordinal) && error.Remedy.Length > 0);
    }

    [Fact]
    public void Read_OfSeveralMistakes_NamesEachOfThem()
    {
        var errors = Errors(Bundle(Policy("route", "{}", id: "a b"), Policy("exact_cache", """{"ttl_seconds":"x"}""", id: "p"), Limit, Limit));

        Assert.Equal(["$.policies[0].id", "$.policies[1].body.ttl_seconds", "$.policies[3].id"], errors.Select(error => error.Path));
    }

    [Fact]
    public void Read_OfManyMistakes_TellsHowManyAreNotListed()
    {
        var errors = Errors(Bundle([.. Enumerable.Range(0, 250).Select(number => Policy("output_limit", "{}", id: $"p{number}"))]));

        Assert.Equal(PolicyBundleReader.MaxErrors + 1, errors.Count);
        Assert.Contains("50 more errors", errors[^1].Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(",\"arms\":{\"holdout\":500}", "arms", "no holdout")]
    [InlineData(",\"arms\":{\"canary\":100}", "arms", "no holdout")]
    [InlineData(",\"priority\":5000", "priority", "5000 may not stand here")]
    [InlineData(",\"arms\":{\"holdout\":9000}", "arms.holdout", "9000 may not stand here")]
    [InlineData(",\"arms\":{\"canary\":0}", "arms.canary", "0 may not stand here")]
    public void Read_OfABudgetWithArms_IsRefused(string more, string path, string problem) =>
        Assert.Contains(
            Errors(Bundle(Policy("budget", """{"action":"block","requests_per_minute":1}""", more: more))),
            error => error.Path == "$.policies[0]." + path && error.Problem.Contains(problem, StringComparison.Ordinal));

    [Fact]
    public void Read_OfADeclaredProvider_FollowsItsProtocol()
    {
        const string route = """{"rules":[{"tier":2,"targets":[{"provider":"claude-eu","model":"m"}]}]}""";
        var declared = Bundle(Policy("route", route, """{"operation":"messages"}""")).Replace("\"version\":7", "\"version\":7,\"providers\":{\"claude-eu\":\"anthropic\"}", StringComparison.Ordinal);

        Assert.NotEmpty(Errors(Bundle(Policy("route", route, """{"operation":"messages"}"""))));
        Assert.Single(Read(declared).Policies);
        Assert.Single(Read(Bundle(Policy("route", route.Replace("claude-eu", "anthropic-eu", StringComparison.Ordinal), """{"operation":"messages"}"""))).Policies);
        Assert.Equal(WireProtocol.OpenAi, Protocols.Of("anthropical"));
        var own = new Dictionary<string, WireProtocol>(StringComparer.OrdinalIgnoreCase) { ["claude-eu"] = WireProtocol.Anthropic };
        Assert.Empty(PolicyBundleReader.Read(Encoding.UTF8.GetBytes(Bundle(Policy("route", route, """{"operation":"messages"}"""))), own).Errors);
    }

    [Fact]
    public void Read_OfAnyBytes_TellsErrorsAndThrowsNothing()
    {
        var document = Encoding.UTF8.GetBytes(Documented.Value);
        Gen.Select(Gen.Int[0, document.Length - 1], Gen.Byte, Gen.Int[0, 12]).Sample(
            (place, value, cut) =>
            {
                var bytes = document.ToArray();
                bytes[place] = value;
                var (bundle, errors) = PolicyBundleReader.Read(bytes.AsSpan(0, cut == 0 ? place : bytes.Length));
                return bundle is null != errors.Count is 0;
            },
            iter: 2_000, threads: 1);
        Gen.Byte.Array[0, 200].Sample(bytes => PolicyBundleReader.Read(bytes).Errors.Count > 0, iter: 2_000, threads: 1);
    }

    [Theory]
    [InlineData(OutputLimitMode.Set, null, 100L)]
    [InlineData(OutputLimitMode.Set, 500, 100L)]
    [InlineData(OutputLimitMode.Set, 50, null)]
    [InlineData(OutputLimitMode.Set, 100, null)]
    [InlineData(OutputLimitMode.Lower, null, null)]
    [InlineData(OutputLimitMode.Lower, 500, 100L)]
    [InlineData(OutputLimitMode.Lower, 50, null)]
    [InlineData(OutputLimitMode.Default, null, 100L)]
    [InlineData(OutputLimitMode.Default, 500, null)]
    public void OutputLimit_Applied_NeverRaises(OutputLimitMode mode, int? requested, long? expected) =>
        Assert.Equal(expected, new OutputLimit(100, mode).Apply(requested));
}
