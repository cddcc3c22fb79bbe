using FinOps.Domain.Usage;
using FinOps.Ingest.Health;

namespace FinOps.Ingest.Tests.Mapping;

public sealed class PolicyTouchesTests
{
    [Fact]
    public void Policies_OfACall_AreKeptInTheirOrder()
    {
        Assert.Equal(
            ("cap@3:treatment:limited,keep@1:dry_run:miss", 0L), Map((string[])["cap@3:treatment:limited", "keep@1:dry_run:miss"]));
        // As long as it gets within the limits: no name's limit cuts it.
        var many = Enumerable.Range(1, 32).Select(number => $"a-policy-with-a-long-name-{number}@{number}:treatment:unchanged").ToArray();
        Assert.Equal((string.Join(',', many), 0L), Map(many));
    }

    [Fact]
    public void Policies_ThatAreNoneOrTooMany_AreLeftOutAndCounted()
    {
        Assert.Equal(("cap@3:treatment:limited,x@1:control:none", 1L), Map((string[])["cap@3:treatment:limited", "nonsense", "x@1:control:none", new string('x', 500)]));
        Assert.Equal((string.Join(',', Enumerable.Repeat("x@1:control:none", 32)), 1L), Map(Enumerable.Repeat("x@1:control:none", 40).ToArray()));
        Assert.Equal(("", 1L), Map("cap@3:treatment:limited"));
        Assert.Equal(("", 1L), Map(7L));
    }

    [Fact]
    public void Policies_OfTheSpanBefore_DoNotStick()
    {
        var harness = new MapperHarness();
        harness.Spans("finops.gateway", Span(("finops.policies", (string[])["cap@3:treatment:limited"])), Span());
        Assert.Equal(["cap@3:treatment:limited", ""], harness.Rows.Calls.Select(call => call.Policies));
        Assert.Equal(ReportSource.Gateway, harness.Rows.Calls[0].Source);
        harness.Rows.Clear();
        harness.Spans("finops.gateway", Span());
        Assert.Equal("", Assert.Single(harness.Rows.Calls).Policies);
    }

    [Fact]
    public void KeyAndCache_OfACall_AreKept_AndDoNotStick()
    {
        var harness = new MapperHarness();
        harness.Spans(
            "finops.gateway", Span(("finops.key", "checkout"), ("finops.cache", "partial"), ("finops.tokens_avoided", 7L)), Span(),
            Span(("finops.cache", "hit"), ("finops.cache_hit", true), ("finops.tokens_avoided", 10L)), Span(("finops.tokens_avoided", -1L)), Span(("finops.tokens_avoided", 5_000_000_000L)));
        // What a whole hit avoided is its usage: it is not told twice.
        Assert.Equal(
            [("checkout", "partial", 7u), ("", "", 0u), ("", "hit", 0u), ("", "", 0u), ("", "", uint.MaxValue)],
            harness.Rows.Calls.Select(call => (call.GatewayKey, call.Cache, call.TokensAvoided)));
        harness.Rows.Clear();
        harness.Spans("finops.gateway", Span(), Span(), Span(), Span(), Span());
        Assert.All(harness.Rows.Calls, call => Assert.Equal(("", "", 0u), (call.GatewayKey, call.Cache, call.TokensAvoided)));
    }

    [Fact]
    public void AskedModel_OfARoutedCall_IsWhatItIsPricedBy_UntilTheAnswerNamesOne()
    {
        var harness = new MapperHarness();
        harness.Spans(
            "finops.gateway", Span(("gen_ai.request.model", "dear"), ("finops.asked_model", "cheap")),
            Span(("gen_ai.request.model", "dear"), ("finops.asked_model", "cheap"), ("gen_ai.response.model", "cheap-2026")), Span(("gen_ai.request.model", "dear")));
        Assert.Equal([("dear", "cheap"), ("dear", "cheap-2026"), ("dear", "dear")], harness.Rows.Calls.Select(call => (call.RequestedModel, call.Model)));
    }

    private static (string Policies, long Dropped) Map(object value)
    {
        var harness = new MapperHarness();
        harness.Spans("finops.gateway", Span(("finops.policies", value)));
        Assert.Equal(1, harness.Tally[IngestReason.Accepted]);
        return (Assert.Single(harness.Rows.Calls).Policies, harness.Tally[IngestReason.PoliciesDropped]);
    }

    private static TestSpan Span(params (string Key, object Value)[] attributes) =>
        new() { Attributes = [("gen_ai.request.model", "gpt-5"), ("gen_ai.usage.input_tokens", 10L), .. attributes] };
}
