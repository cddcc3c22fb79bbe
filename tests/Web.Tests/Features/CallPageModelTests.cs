using FinOps.Analytics.Calls;
using FinOps.Domain.Policies;
using FinOps.Domain.Pricing;
using FinOps.Domain.Usage;
using FinOps.Web.Features.Calls;

namespace FinOps.Web.Tests.Features;

public sealed class CallPageModelTests
{
    private static readonly LineItem Avoided = new(Meter.Input, 1_000, "token", 1_000_000, 2.5m, 1, 0.0025m, 7, "list", PriceLabel.Exact);

    [Fact]
    public void AHit_TellsWhatTheCacheAvoided()
    {
        var hit = Detail("keep@2:treatment:hit", CallFlags.CacheHit, Avoided, Avoided);
        Assert.Equal((ResponseCache.Hit, 0.005m, "$0.005 avoided by the cache"), (hit.Cache, hit.AvoidedCost, CallPageModel.CostNote(hit)));
        Assert.Equal(["cache hit"], CallPageModel.Remarks(hit).Select(remark => remark.Word));

        var unpriced = Detail("keep@2:treatment:hit", CallFlags.CacheHit);
        Assert.Equal("answered from the cache", CallPageModel.CostNote(unpriced));
        Assert.Contains("What that avoided is not known", CallPageModel.NoLines(unpriced), StringComparison.Ordinal);
    }

    [Fact]
    public void AListWithKeptVectors_TellsWhatWasPaidAndWhatWasAvoidedBesideIt()
    {
        var paid = Avoided with { Quantity = 400, Cost = 0.001m };
        var partial = Detail("texts@1:treatment:partial", CallFlags.None, Avoided) with { LineItems = [paid] };
        (partial.Report.Cache, partial.Report.TokensAvoided) = ("partial", 1_000);
        Assert.Equal((ResponseCache.Partial, 0.0025m, "$0.0025 more avoided by kept vectors"), (partial.Cache, partial.AvoidedCost, CallPageModel.CostNote(partial)));
        Assert.Equal("had the vectors of a part of the list", CallPageModel.CacheWords(partial.Cache));
        Assert.Equal([new CostLine(paid, 0.001m, 0m), new CostLine(Avoided, 0m, 0.0025m)], CallPageModel.Lines(partial));
        // Of a whole hit nothing was paid: its own lines would tell the same again.
        var hit = Detail("keep@2:treatment:hit", CallFlags.CacheHit, Avoided) with { LineItems = [Avoided with { Cost = 0 }] };
        Assert.Equal([new CostLine(Avoided, 0m, 0.0025m)], CallPageModel.Lines(hit));
    }

    [Fact]
    public void ACallThatGotTheAnswerOfAnEqualOne_TellsSo()
    {
        var shared = Detail("same@1:treatment:shared", CallFlags.CacheHit, Avoided);
        shared.Report.Cache = "shared";
        Assert.Equal((ResponseCache.Shared, "$0.0025 avoided by an equal call"), (shared.Cache, CallPageModel.CostNote(shared)));
        Assert.Contains("equal call in flight", CallPageModel.CacheWords(shared.Cache), StringComparison.Ordinal);
        var unpriced = Detail("same@1:treatment:shared", CallFlags.CacheHit);
        unpriced.Report.Cache = "shared";
        Assert.Contains("answer of an equal call", CallPageModel.NoLines(unpriced), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("miss", ResponseCache.Miss)]
    [InlineData("bypass", ResponseCache.Bypassed)]
    [InlineData("word_of_later", ResponseCache.None)]
    public void Cache_AsTheGatewayToldIt_NeedsNoPolicy(string told, ResponseCache cache)
    {
        var detail = Detail("", CallFlags.None);
        detail.Report.Cache = told;
        Assert.Equal(cache, detail.Cache);
    }

    [Fact]
    public void AFixedAnswer_IsNoHit()
    {
        var answered = Detail("tiers@1:treatment:answered", CallFlags.CacheHit);
        Assert.Equal((ResponseCache.None, "answered by a policy, without a model"), (answered.Cache, CallPageModel.CostNote(answered)));
        Assert.Equal(["fixed answer"], CallPageModel.Remarks(answered).Select(remark => remark.Word));
        // What is only tried out answers nothing.
        Assert.Equal(ResponseCache.Hit, Detail("keep@1:treatment:hit,tiers@1:dry_run:answered", CallFlags.CacheHit).Cache);
    }

    [Theory]
    [InlineData("", ResponseCache.None, "")]
    [InlineData("cap@1:treatment:limited", ResponseCache.None, "")]
    [InlineData("keep@1:treatment:miss", ResponseCache.Miss, "had no answer")]
    [InlineData("keep@1:treatment:bypassed", ResponseCache.Bypassed, "left aside, as the caller asked")]
    [InlineData("keep@1:dry_run:miss", ResponseCache.None, "")]
    public void Cache_OfACallThatWasPaid_IsWhatItsPoliciesTell(string policies, ResponseCache cache, string words)
    {
        var detail = Detail(policies, CallFlags.None);
        Assert.Equal((cache, words, "USD, list price"), (detail.Cache, CallPageModel.CacheWords(detail.Cache), CallPageModel.CostNote(detail)));
    }

    [Theory]
    [InlineData("cap@3:treatment:limited", "treatment", "limited the output")]
    [InlineData("cap@3:dry_run:limited", "dry run", "would have limited the output")]
    [InlineData("cap@3:control:none", "control", "left it as it is")]
    [InlineData("cap@3:outside:none", "outside", "left it as it is")]
    [InlineData("tiers@1:treatment:routed", "treatment", "sent it to another model")]
    [InlineData("tiers@1:treatment:kept_warm", "treatment", "left it where its prompt is warm, which is cheaper")]
    [InlineData("tiers@1:dry_run:kept_warm", "dry run", "would have left it where its prompt is warm, which is cheaper")]
    [InlineData("away@1:treatment:fell_back", "treatment", "fell back to another model")]
    [InlineData("keep@1:dry_run:hit", "dry run", "would have answered from the cache")]
    [InlineData("few@1:treatment:refused", "treatment", "refused it")]
    [InlineData("month@1:treatment:away", "treatment", "let it go while the control plane was away")]
    [InlineData("month@1:treatment:throttled", "treatment", "let it go as one of few")]
    [InlineData("month@1:dry_run:unknown", "dry run", "would have asked for a lease; what came of it is not known")]
    [InlineData("new@1:treatment:word_of_later", "treatment", "word of later")]
    public void Policy_IsToldInWords(string entry, string arm, string effect)
    {
        var policy = Assert.Single(PolicyTouch.ReadAll(entry));
        Assert.Equal((arm, effect), (CallPageModel.ArmWords(policy), CallPageModel.EffectWords(policy)));
        Assert.Equal($"/policies?policy={policy.Id}", CallPageModel.PolicyLink(policy));
    }

    private static CallDetail Detail(string policies, CallFlags flags, params LineItem[] avoided)
    {
        var report = new CallReport { Policies = policies, Flags = flags };
        var row = new CallRow
        {
            Id = default,
            Start = default,
            Duration = default,
            TimeToFirstToken = null,
            Project = default,
            Status = CallStatus.Answered,
            ErrorType = "",
            Operation = "chat",
            Provider = "openai",
            Model = "gpt-4o",
            RequestedModel = "gpt-4o",
            Feature = "",
            User = "",
            Team = "",
            Customer = "",
            Environment = "",
            Service = "",
            Endpoint = "",
            Session = "",
            ResponseId = "",
            Cost = 0,
            InputTokens = 0,
            CacheReadTokens = 0,
            CacheWriteTokens = 0,
            OutputTokens = 0,
            ReasoningTokens = 0,
            Flags = flags,
        };
        return new CallDetail(row, report, [], true, avoided, null, [], []);
    }
}
