using FinOps.Domain.Settlement;
using FinOps.Domain.Usage;

namespace FinOps.Domain.Tests.Settlement;

public sealed class CallMergeTests
{
    [Fact]
    public void Tags_ComeFromTheSpanThenTheNearestAncestorThenTheResourceThenTheKey()
    {
        var spans = new Spans();
        spans.Link(1).Tags.Set(Tag.User, "far", TagLevel.Span);
        spans.Links[0].Tags.Set(Tag.Feature, "far", TagLevel.Span);
        spans.Links[0].Tags.Set(Tag.Team, "far", TagLevel.Span);
        spans.Link(2, 1).Tags.Set(Tag.User, "near", TagLevel.Span);
        var call = spans.Call(3, 2, 10, 1);
        call.Tags.Set(Tag.Feature, "own", TagLevel.Span);
        call.Tags.Set(Tag.Team, "resource", TagLevel.Resource);
        call.Tags.Set(Tag.Environment, "resource", TagLevel.Resource);
        call.Tags.Set(Tag.Customer, "key", TagLevel.Key);
        spans.Settle();

        Assert.Equal(("own", TagLevel.Span), (call.Tags[Tag.Feature], call.Tags.Level(Tag.Feature)));
        Assert.Equal(("near", TagLevel.Inherited), (call.Tags[Tag.User], call.Tags.Level(Tag.User)));
        Assert.Equal(("far", TagLevel.Inherited), (call.Tags[Tag.Team], call.Tags.Level(Tag.Team)));
        Assert.Equal(("resource", TagLevel.Resource), (call.Tags[Tag.Environment], call.Tags.Level(Tag.Environment)));
        Assert.Equal(("key", TagLevel.Key), (call.Tags[Tag.Customer], call.Tags.Level(Tag.Customer)));
    }

    [Fact]
    public void Tags_OfAnotherReportOfTheCall_AreTakenOver()
    {
        var spans = new Spans();
        spans.Link(9, trace: 2).Tags.Set(Tag.Team, "payments", TagLevel.Span);
        var sdk = spans.Call(1, 9, 100, 10, "x", trace: 2);
        sdk.Tags.Set(Tag.Feature, "checkout", TagLevel.Span);
        sdk.Tags.Set(Tag.Service, "checkout-api", TagLevel.Resource);
        var gateway = spans.Call(2, 0, 100, 10, "x", gateway: true);
        gateway.Tags.Set(Tag.Service, "gateway", TagLevel.Resource);
        spans.Settle();

        Assert.Equal("checkout", gateway.Tags[Tag.Feature]);
        Assert.Equal("payments", gateway.Tags[Tag.Team]);
        Assert.Equal("checkout-api", gateway.Tags[Tag.Service]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Tags_ThatAKeyBinds_StayWhenReportsOfTwoKeysMerge(bool gatewayBinds)
    {
        var spans = new Spans();
        spans.Link(9, trace: 2).Tags.Set(Tag.Team, "spoofed", TagLevel.Span);
        var sdk = spans.Call(1, 9, 100, 10, "x", trace: 2);
        var gateway = spans.Call(2, 0, 100, 10, "x", gateway: true);
        var (bound, other) = gatewayBinds ? (gateway, sdk) : (sdk, gateway);
        bound.Tags.Set(Tag.Team, "payments", TagLevel.Bound);
        other.Tags.Set(Tag.Team, "spoofed", TagLevel.Span);
        spans.Settle();
        Assert.Equal("payments", gateway.Tags[Tag.Team]);

        // Once more from what is stored: the same.
        spans.Settle();
        Assert.Equal("payments", gateway.Tags[Tag.Team]);
    }

    /// <summary>Pitfall 34: the gateway reports every call, the SDK one in ten. No call stands for others then, in whatever order the reports come and however often they are settled.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void SamplingWeight_OfReportsThatWereSampledUnequally_IsTheLeast(bool gatewaySamples)
    {
        var spans = new Spans();
        var sdk = spans.Call(1, 0, 100, 10, "x", trace: 2);
        var gateway = spans.Call(2, 0, 100, 10, "x", gateway: true);
        (gatewaySamples ? gateway : sdk).SamplingWeight = 10;
        spans.Settle();
        Assert.Equal((CallRole.Call, 1d), (gateway.Role, gateway.SamplingWeight));

        spans.Settle();
        Assert.Equal(1, gateway.SamplingWeight);
        CallSettlement.RestoreOriginal(gateway);
        Assert.Equal(gatewaySamples ? 10 : 1, gateway.SamplingWeight);
    }

    /// <summary>Only the gateway knows which policies touched a call, with which key it came, and what its cache did. An SDK that tells more of it, or comes later, does not erase them.</summary>
    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void Policies_OfTheGatewaysReport_StayWhicheverReportStandsForTheCallOrComesFirst(bool gatewayKnowsUsage, bool gatewayFirst)
    {
        var spans = new Spans();
        if (!gatewayFirst) spans.Call(1, 0, 100, 10, "x", trace: 2);
        var gateway = spans.Call(2, 0, 100, 10, "x", gateway: true);
        gateway.Policies = "cap@3:treatment:limited";
        (gateway.GatewayKey, gateway.Cache, gateway.TokensAvoided) = ("checkout", "partial", 7);
        if (!gatewayKnowsUsage) (gateway.Usage, gateway.Told, gateway.UsageSource) = (default, UsageParts.None, UsageSource.Missing);
        spans.Settle();
        if (gatewayFirst) spans.Call(1, 0, 100, 10, "x", trace: 2);
        spans.Settle();

        var call = Assert.Single(spans.Reports, report => report.Role == CallRole.Call);
        Assert.Equal((gatewayKnowsUsage, "cap@3:treatment:limited"), (ReferenceEquals(call, gateway), call.Policies));
        Assert.Equal(("checkout", "partial", 7u), (call.GatewayKey, call.Cache, call.TokensAvoided));
        Assert.Empty(CallSettlement.Settle(spans.Reports, spans.Links, _ => Assert.Fail("The price stands.")));
        CallSettlement.RestoreOriginal(call);
        Assert.Equal(gatewayKnowsUsage ? "cap@3:treatment:limited" : "", call.Policies);
        Assert.Equal(gatewayKnowsUsage ? ("checkout", "partial", 7u) : ("", "", 0u), (call.GatewayKey, call.Cache, call.TokensAvoided));
    }

    [Fact]
    public void Tags_ThatTwoKeysBind_AreTheCallersNotTheGateways()
    {
        var spans = new Spans();
        spans.Call(1, 0, 100, 10, "x", trace: 2).Tags.Set(Tag.Team, "payments", TagLevel.Bound);
        var gateway = spans.Call(2, 0, 100, 10, "x", gateway: true);
        gateway.Tags.Set(Tag.Team, "platform", TagLevel.Bound);
        spans.Settle();

        Assert.Equal(("payments", TagLevel.Inherited), (gateway.Tags[Tag.Team], gateway.Tags.Level(Tag.Team)));
    }

    [Fact]
    public void Tags_ThatAKeyBinds_AreInheritedByCallsOfOtherKeysThatTellNone()
    {
        var spans = new Spans();
        spans.Link(1).Tags.Set(Tag.Feature, "checkout", TagLevel.Bound);
        var silent = spans.Call(2, 1, 10, 1);
        var telling = spans.Call(3, 1, 20, 2);
        telling.Tags.Set(Tag.Feature, "search", TagLevel.Span);
        spans.Settle();

        Assert.Equal(("checkout", TagLevel.Inherited), (silent.Tags[Tag.Feature], silent.Tags.Level(Tag.Feature)));
        Assert.Equal("search", telling.Tags[Tag.Feature]);
    }

    [Fact]
    public void Endpoint_IsTheNearestServerSpansRouteElseItsName()
    {
        var spans = new Spans();
        spans.Link(1, kind: SpanKind.Server, name: "outer");
        spans.Link(2, 1, kind: SpanKind.Server, name: "POST").Tags.Set(Tag.Endpoint, "/checkout", TagLevel.Span);
        spans.Link(3, 2, kind: SpanKind.Client, name: "client");
        spans.Call(4, 3, 10, 1);
        spans.Call(5, 1, 20, 2);
        spans.Settle();
        Assert.Equal("/checkout", spans[4].Tags[Tag.Endpoint]);
        Assert.Equal("outer", spans[5].Tags[Tag.Endpoint]);
    }

    [Fact]
    public void Endpoint_OfACallThroughAGateway_IsTheCallers()
    {
        var spans = new Spans();
        spans.Link(1, kind: SpanKind.Server, name: "POST /checkout");
        spans.Call(2, 1, 100, 10, "x");
        spans.Call(3, 2, 100, 10, "x", gateway: true).Tags.Set(Tag.Endpoint, "/v1/chat/completions", TagLevel.Span);
        spans.Settle();
        Assert.Equal("POST /checkout", spans[3].Tags[Tag.Endpoint]);
    }

    [Fact]
    public void MissingFields_ComeFromTheOthers_AndTheCallIsRatedAgain()
    {
        var spans = new Spans();
        var sdk = spans.Call(1, 0, 100, 10, "x");
        sdk.ServedModel = "dear";
        sdk.ReportedCost = 0.5m;
        sdk.InputHash = 17;
        sdk.ItemHashes = [1, 2];
        sdk.Streamed = Streaming.Yes;
        var gateway = spans.Call(2, 1, 100, 10, "x", gateway: true);
        gateway.ServedModel = "";
        gateway.Provider = "azure.ai.openai";
        Spans.Rate(gateway);
        Assert.Equal(110, gateway.Cost);
        spans.Settle();

        Assert.Equal(("dear", "azure.ai.openai", 220m), (gateway.ServedModel, gateway.Provider, gateway.Cost));
        Assert.Equal((0.5m, 17UL, Streaming.Yes), (gateway.ReportedCost, gateway.InputHash, gateway.Streamed));
        Assert.Equal([1UL, 2UL], gateway.ItemHashes);
    }

    [Fact]
    public void InferredProvider_GivesWayToATold()
    {
        var spans = new Spans();
        var rich = spans.Call(1, 0, 100, 10, "x");
        rich.Told |= UsageParts.Reasoning;
        rich.Flags |= CallFlags.InferredProvider;
        spans.Call(2, 1, 100, 10, "x").Provider = "azure.ai.openai";
        spans.Settle();
        Assert.Equal("azure.ai.openai", rich.Provider);
        Assert.Equal(CallFlags.None, rich.Flags & CallFlags.InferredProvider);
    }

    [Fact]
    public void RestoreOriginal_UndoesEverythingButThePrice()
    {
        var spans = new Spans();
        spans.Link(9, kind: SpanKind.Server, name: "GET /").Tags.Set(Tag.User, "ann", TagLevel.Span);
        var sdk = spans.Call(1, 9, 100, 10, "x");
        (sdk.Region, sdk.FinishReason, sdk.MaxTokens, sdk.ReportedCost, sdk.ItemHashes) = ("eu", "stop", 5, 1m, [3]);
        (sdk.InputHash, sdk.TurnNumber, sdk.Batch, sdk.Streamed, sdk.TimeToFirstTokenMicros) = (ulong.MaxValue, 2, true, Streaming.No, 7);
        var gateway = spans.Call(2, 0, 100, 10, "x", trace: 2, gateway: true);
        gateway.Provider = "";
        gateway.Tags.Set(Tag.Team, "ops \"quoted\" ✓", TagLevel.Key);
        var before = gateway.Clone();
        spans.Settle();
        Assert.NotEqual("", gateway.Origin);
        Assert.Equal("eu", gateway.Region);

        CallSettlement.RestoreOriginal(gateway);
        before.Cost = gateway.Cost;
        before.PriceId = gateway.PriceId;
        Assert.Equivalent(before, gateway, strict: true);
    }

    [Fact]
    public void Settle_WhatIsSettled_ChangesNothing()
    {
        var spans = new Spans();
        spans.Link(9).Tags.Set(Tag.User, "ann", TagLevel.Span);
        spans.Agent(8, 9, 100, 10);
        spans.Call(1, 8, 100, 10, "x");
        spans.Call(2, 0, 100, 10, "x", trace: 2, gateway: true).ServedModel = "";
        spans.Settle();
        Assert.Empty(CallSettlement.Settle(spans.Reports, spans.Links, _ => Assert.Fail("The price stands.")));
    }

    /// <summary>The book has changed between a call's arrival and its settling, as it does in a re-rating or an import.</summary>
    [Fact]
    public void Settling_UnderALaterBook_KeepsCostAndVersionUnlessOtherFactsArePriced()
    {
        var spans = new Spans();
        spans.Link(9).Tags.Set(Tag.User, "ann", TagLevel.Span);
        spans.Call(1, 9, 100, 10, "x").BookVersion = 4;
        spans.Call(2, 0, 100, 10, "y").BookVersion = 4;
        spans.Call(3, 2, 100, 10, "y").BookVersion = 4;
        (spans[2].ServedModel, spans[3].ServedModel) = ("dear", "");
        var cost = spans[1].Cost;

        CallSettlement.Settle(spans.Reports, spans.Links, LaterBook);

        // Tags alone came to the first; the inner report of the second took over the model that was served.
        Assert.Equal(("ann", cost, 4L), (spans[1].Tags[Tag.User], spans[1].Cost, spans[1].BookVersion));
        Assert.Equal(CallRole.Duplicate, spans[2].Role);
        Assert.Equal(("dear", 5L), (spans[3].ServedModel, spans[3].BookVersion));
        // Again, under a book that is later still: nothing is priced by other facts than before.
        Assert.Empty(CallSettlement.Settle(spans.Reports, spans.Links, _ => Assert.Fail("The price stands.")));

        static void LaterBook(CallReport report)
        {
            Spans.Rate(report);
            report.BookVersion = 5;
        }
    }

    [Fact]
    public void APriceThatWasSetRightLater_SurvivesSettling()
    {
        var spans = new Spans();
        spans.Link(9).Tags.Set(Tag.User, "ann", TagLevel.Span);
        spans.Call(1, 9, 100, 10, "x");
        spans.Settle();
        spans[1].Cost = 7;
        spans.Link(8, 0).Tags.Set(Tag.Team, "payments", TagLevel.Span);
        spans.Links[0].ParentSpanId = new SpanId(8);
        spans.Settle();
        Assert.Equal(("payments", 7m), (spans[1].Tags[Tag.Team], spans[1].Cost));
    }

    [Fact]
    public void VariantAndCapacity_OfAnotherReportOfTheCall_AreTakenOverAndGivenBack()
    {
        var spans = new Spans();
        var gateway = spans.Call(2, 0, 100, 10, "x", gateway: true);
        var sdk = spans.Call(1, 0, 100, 10, "x", trace: 2);
        (sdk.Variant, sdk.Flags) = ("hd/1024x1792", sdk.Flags | CallFlags.Capacity);
        spans.Settle();
        Assert.Equal(("hd/1024x1792", CallFlags.Capacity), (gateway.Variant, gateway.Flags & CallFlags.Capacity));

        CallSettlement.RestoreOriginal(gateway);
        Assert.Equal(("", CallFlags.None), (gateway.Variant, gateway.Flags & CallFlags.Capacity));
    }
}
