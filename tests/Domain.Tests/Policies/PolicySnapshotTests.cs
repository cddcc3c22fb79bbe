using System.Security.Cryptography;
using System.Text;
using CsCheck;
using FinOps.Domain.Policies;
using FinOps.Domain.Policies.Classification;
using FinOps.Domain.Usage;
using FinOps.Testing;
using static FinOps.Domain.Tests.Policies.PolicyDocuments;

namespace FinOps.Domain.Tests.Policies;

public sealed class PolicySnapshotTests
{
    [Theory]
    [InlineData("""{"all":true}""", true)]
    [InlineData("""{"feature":"search"}""", true)]
    [InlineData("""{"feature":["x","search"]}""", true)]
    [InlineData("""{"feature":["a","b","c","d","e","search"]}""", true)]
    [InlineData("""{"feature":["a","b","c","d","e"]}""", false)]
    [InlineData("""{"feature":"Search"}""", false)]
    [InlineData("""{"team":""}""", true)]
    [InlineData("""{"user":""}""", false)]
    [InlineData("""{"feature":"search","user":"u2"}""", false)]
    [InlineData("""{"model":"GPT-4o-mini"}""", true)]
    [InlineData("""{"model":"gpt-4*"}""", true)]
    [InlineData("""{"model":"*mini"}""", true)]
    [InlineData("""{"model":"g*4o*i"}""", true)]
    [InlineData("""{"model":"g*5*i"}""", false)]
    [InlineData("""{"model":"gpt-4o"}""", false)]
    [InlineData("""{"provider":"OpenAI"}""", true)]
    [InlineData("""{"provider":"groq"}""", false)]
    [InlineData("""{"operation":["chat","responses"]}""", true)]
    [InlineData("""{"operation":"messages"}""", false)]
    [InlineData("""{"task":"rag"}""", true)]
    [InlineData("""{"task":["intent","code"]}""", false)]
    [InlineData("""{"session":true}""", true)]
    [InlineData("""{"session":false}""", false)]
    [InlineData("""{"streaming":true}""", true)]
    [InlineData("""{"streaming":false}""", false)]
    [InlineData("""{"key":"k1"}""", true)]
    [InlineData("""{"key":"k2"}""", false)]
    [InlineData("""{"prompt_bytes":{"min":1000,"max":1000}}""", true)]
    [InlineData("""{"prompt_bytes":{"min":1001}}""", false)]
    [InlineData("""{"prompt_bytes":{"max":999}}""", false)]
    public void Match_OfARequest_HoldsWhereAllPartsDo(string match, bool expected)
    {
        var facts = Facts();
        PolicySnapshot.Create(Read(Bundle(Policy("output_limit", """{"max_tokens":5}""", match)))).Resolve(in facts, out var applied);

        Assert.Equal(expected, applied[PolicyKind.OutputLimit] is not null);
    }

    [Fact]
    public void Match_OfATaskThatIsNotKnown_DoesNotHold()
    {
        var snapshot = PolicySnapshot.Create(Read(Bundle(Policy("output_limit", """{"max_tokens":5}""", """{"task":"other"}"""))));
        var facts = Facts() with { Task = null };
        snapshot.Resolve(in facts, out var applied);

        Assert.True(snapshot.NeedsTask);
        Assert.Null(applied[PolicyKind.OutputLimit]);
        Assert.False(PolicySnapshot.Create(Read(Bundle(Limit))).NeedsTask);
    }

    [Fact]
    public void Resolve_OfSeveralOfAKind_TakesTheMostSpecificThenPriorityThenId()
    {
        static string Cap(string id, string match, int priority = 0) => Policy("output_limit", """{"max_tokens":5}""", match, $",\"priority\":{priority}", id);
        string[] all =
        [
            Cap("everyone", """{"all":true}""", 1000), Cap("b-model", """{"model":"gpt-*"}"""), Cap("a-feature", """{"feature":"search"}"""),
            Cap("c-first", """{"user":"u1"}""", 5), Cap("two", """{"feature":"search","model":"gpt-4o-mini"}""", -1000), Cap("other", """{"feature":"x","model":"y","user":"z"}"""),
        ];

        var order = new List<string>();
        for (var left = all.ToList(); left.Count > 0;)
        {
            var facts = Facts();
            PolicySnapshot.Create(Read(Bundle([.. left]))).Resolve(in facts, out var applied);
            if (applied[PolicyKind.OutputLimit] is not { } first) break;
            order.Add(first.Policy.Id);
            left.RemoveAll(policy => policy.Contains($"\"id\":\"{first.Policy.Id}\"", StringComparison.Ordinal));
        }

        Assert.Equal(["two", "c-first", "a-feature", "b-model", "everyone"], order);
    }

    [Fact]
    public void Resolve_OfATrial_TakesNobodysPlace()
    {
        var bundle = Read(Bundle(
            Policy("output_limit", """{"max_tokens":5}""", id: "real"),
            Policy("output_limit", """{"max_tokens":4}""", """{"feature":"search"}""", ""","dry_run":true""", "trial"),
            Policy("exact_cache", """{"ttl_seconds":5}""", """{"feature":"search"}""", id: "cache"),
            Policy("exact_cache", """{"ttl_seconds":5}""", more: ""","dry_run":true""", id: "late-trial"),
            Policy("coalesce", "{}", more: ""","enabled":false""", id: "off")));
        var facts = Facts();
        PolicySnapshot.Create(bundle).Resolve(in facts, out var applied);

        Assert.Equal("real", applied[PolicyKind.OutputLimit]!.Policy.Id);
        Assert.Equal("trial", applied.DryRun(PolicyKind.OutputLimit)!.Policy.Id);
        Assert.Equal("cache", applied[PolicyKind.ExactCache]!.Policy.Id);
        Assert.Null(applied.DryRun(PolicyKind.ExactCache));
        Assert.Null(applied[PolicyKind.Coalesce]);
        Assert.Null(applied[PolicyKind.Route]);
    }

    [Fact]
    public void Resolve_OfBudgets_TakesAllAndCountsWhatIsTooMany()
    {
        const string body = """{"action":"block","requests_per_minute":1}""";
        var budgets = Enumerable.Range(0, 18).Select(number => Policy("budget", body, number == 9 ? """{"feature":"search"}""" : """{"all":true}""", number < 3 ? ""","dry_run":true""" : "", $"b{number:00}"));
        var facts = Facts();
        PolicySnapshot.Create(Read(Bundle([.. budgets]))).Resolve(in facts, out var applied);

        var ids = Enumerable.Range(0, applied.BudgetCount).Select(index => applied.Budget(index).Policy.Id).ToList();
        Assert.Equal((AppliedPolicies.MaxBudgets, 2), (applied.BudgetCount, applied.BudgetsLeftOut));
        Assert.Equal(["b09", "b03", "b04"], ids[..3]);
        Assert.Equal("b00", ids[^1]);
    }

    [Fact]
    public void Resolve_OfMoreBudgetsThanHold_LeavesNoKillSwitchOut()
    {
        var narrow = Enumerable.Range(0, 18).Select(number => Policy("budget", """{"action":"block","requests_per_minute":1}""", """{"feature":"search"}""", id: $"b{number:00}"));
        const string kill = """{"action":"block","kill":true}""";
        var facts = Facts();
        PolicySnapshot.Create(Read(Bundle([.. narrow, Policy("budget", kill, id: "stop"), Policy("budget", kill, more: ""","dry_run":true""", id: "trial")]))).Resolve(in facts, out var applied);

        Assert.Equal(("stop", "b00", "b14"), (applied.Budget(0).Policy.Id, applied.Budget(1).Policy.Id, applied.Budget(15).Policy.Id));
        Assert.Equal(4, applied.BudgetsLeftOut);
    }

    [Fact]
    public void Resolve_OfAnyBundle_FindsWhatALinearSearchFinds()
    {
        string[] features = ["", "a", "b", "c"], users = ["", "u", "v"], models = ["m1", "m2", "M*"];
        var match = Gen.Select(Gen.Int[0, 7], Pick(features), Pick(users), Pick(models)).Select((parts, feature, user, model) => new PolicyMatch
        {
            All = parts == 0,
            Features = (parts & 1) != 0 ? [feature] : [],
            Users = (parts & 2) != 0 ? [user, "w"] : [],
            Models = (parts & 4) != 0 ? [model] : [],
        });
        var policies = Gen.Select(match, Gen.Int[-2, 2], Gen.Bool).Array[0, 30].Select(all => all.Select((part, index) => new Policy
        {
            Id = $"p{index}",
            Name = "P",
            Match = part.Item1,
            Priority = part.Item2,
            Body = part.Item3 ? new OutputLimit(1) : new ExactCache(1),
        }).ToList());
        Gen.Select(policies, Pick(features), Pick(users), Pick("m1", "m2", "x")).Sample(
            (all, feature, user, model) =>
            {
                var facts = new RequestFacts { Model = model };
                facts.Tags.Set(Tag.Feature, feature, TagLevel.Span);
                facts.Tags.Set(Tag.User, user, TagLevel.Span);
                var snapshot = PolicySnapshot.Create(new PolicyBundle { Policies = all });
                snapshot.Resolve(in facts, out var applied);
                return new[] { PolicyKind.OutputLimit, PolicyKind.ExactCache }.All(kind => applied[kind] == snapshot.Policies.FirstOrDefault(policy => policy.Kind == kind && policy.Matches(in facts)));
            },
            iter: 500, threads: 1);
    }

    [Fact]
    public void Resolve_OfARequest_AllocatesNothing()
    {
        var policies = Enumerable.Range(0, 300).Select(number => Policy("output_limit", """{"max_tokens":5}""", $$"""{"customer":"c{{number}}"}""", ""","arms":{"holdout":500,"unit":"user"}""", $"p{number}"));
        var snapshot = PolicySnapshot.Create(Read(Bundle([.. policies, Limit, Policy("exact_cache", """{"ttl_seconds":5}""", """{"model":"gpt-*"}""", id: "cache")])));
        var facts = Facts();
        facts.Tags.Set(Tag.Customer, "c7", TagLevel.Span);
        Ask();

        Assert.Equal(0, Allocated.LeastBytes(() =>
        {
            for (var turn = 0; turn < 1_000; turn++) Ask();
        }));

        void Ask()
        {
            snapshot.Resolve(in facts, out var applied);
            if (applied[PolicyKind.OutputLimit] is not { } limit || limit.Policy.Id != "p7" || applied[PolicyKind.ExactCache] is null) throw new InvalidOperationException("The policies are not found.");
            _ = limit.ArmOf(in facts);
        }
    }

    [Fact]
    public void Resolve_OfARequestInAnotherProtocol_FindsNoRoute()
    {
        const string body = """{"rules":[{"tier":1,"targets":[{"provider":"anthropic","model":"m"}]}]}""";
        var snapshot = PolicySnapshot.Create(Read(Bundle(Policy("route", body))));
        var (chat, messages) = (Facts(), Facts() with { Operation = RequestOperation.Messages });
        snapshot.Resolve(in chat, out var ofChat);
        snapshot.Resolve(in messages, out var ofMessages);

        Assert.Null(ofChat[PolicyKind.Route]);
        Assert.NotNull(ofMessages[PolicyKind.Route]);
    }

    [Theory]
    [InlineData("openai", true, false)]
    [InlineData("claude-eu", false, true)]
    [InlineData("", true, true)]
    public void Resolve_OfARequestInAnotherProtocol_FindsABudget_WhichHasNothingCheaperForIt(string provider, bool ofChat, bool ofMessages)
    {
        var budget = Policy("budget", $$"""{"action":"downgrade","requests_per_minute":1,"downgrade_to":{"provider":"{{provider}}","model":"m"} }""".Replace("\"provider\":\"\",", "", StringComparison.Ordinal));
        var snapshot = PolicySnapshot.Create(Read(Bundle(budget).Replace("\"version\":7", "\"providers\":{\"claude-eu\":\"anthropic\"}", StringComparison.Ordinal)));

        Assert.All(Enum.GetValues<RequestOperation>(), operation =>
        {
            var facts = Facts() with { Operation = operation };
            snapshot.Resolve(in facts, out var applied);
            Assert.Equal(1, applied.BudgetCount);
            var expected = operation == RequestOperation.Messages ? ofMessages : operation != RequestOperation.Other && ofChat;
            Assert.Equal(expected, applied.Budget(0).Downgrades(operation));
        });
    }

    [Fact]
    public void RuleFor_ARequest_IsTheFirstThatHolds()
    {
        const string body = """
            {"rules":[
              {"when":{"task":"intent"},"tier":1,"answer":"yes"},
              {"when":{"prompt_bytes":{"max":2000}},"tier":2,"targets":[{"model":"small"}]}],
             "classifier":{"threshold":0.5,"weak":{"tier":2,"targets":[{"model":"a"}]},"strong":{"tier":3,"targets":[{"model":"b"}]}}}
            """;
        var route = Assert.Single(PolicySnapshot.Create(Read(Bundle(Policy("route", body)))).Policies);

        Assert.Equal("yes", route.RuleFor(Facts() with { Task = TaskKind.Intent })!.Answer);
        Assert.Equal("small", route.RuleFor(Facts())!.Pick(0).Model);
        Assert.Null(route.RuleFor(Facts() with { PromptBytes = 2001 }));
    }

    [Fact]
    public void FindKey_OfAToken_TellsItsTagsAndModels()
    {
        var hash = SHA256.HashData("fin_vk_1"u8);
        var json = $$"""{"schema":1,"keys":[{"id":"k1","sha256":"{{Convert.ToHexString(hash)}}","tags":{"feature":"bound"},"models":["gpt-4*"],"providers":["openai"],"expires_at":"2026-12-01T00:00:00Z"}]}""";
        var snapshot = PolicySnapshot.Create(Read(json));
        var key = snapshot.FindKey(hash)!;
        var facts = Facts();
        key.Bind(ref facts.Tags);

        Assert.Null(snapshot.FindKey(SHA256.HashData(Encoding.UTF8.GetBytes("fin_vk_2"))));
        Assert.Null(snapshot.FindKey([]));
        Assert.Equal(("bound", TagLevel.Bound), (facts.Tags[Tag.Feature], facts.Tags.Level(Tag.Feature)));
        Assert.True(key.AllowsModel("GPT-4o") && !key.AllowsModel("o3") && key.AllowsProvider("OpenAI") && !key.AllowsProvider("groq"));
        Assert.True(key.IsLive(new DateTimeOffset(2026, 11, 30, 0, 0, 0, TimeSpan.Zero)));
        Assert.False(key.IsLive(new DateTimeOffset(2026, 12, 1, 0, 0, 0, TimeSpan.Zero)));
    }

    private static Gen<string> Pick(params string[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);

    private static RequestFacts Facts()
    {
        var facts = new RequestFacts { Operation = RequestOperation.Chat, Task = TaskKind.Rag, PromptBytes = 1000, Streaming = true, Provider = "openai", Model = "gpt-4o-mini", KeyId = "k1" };
        facts.Tags.Set(Tag.Feature, "search", TagLevel.Span);
        facts.Tags.Set(Tag.User, "u1", TagLevel.Span);
        facts.Tags.Set(Tag.Session, "s1", TagLevel.Span);
        return facts;
    }
}
