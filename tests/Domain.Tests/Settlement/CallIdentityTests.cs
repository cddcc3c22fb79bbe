using FinOps.Domain.Usage;

namespace FinOps.Domain.Tests.Settlement;

public sealed class CallIdentityTests
{
    [Fact]
    public void AgentOverOneChat_EqualTotalsThroughAStep_IsOneCall()
    {
        // AI SDK 7: invoke_agent repeats the usage, "step 1" between them has none.
        var spans = new Spans();
        spans.Agent(1, input: 1153, output: 435);
        spans.Link(2, 1);
        spans.Call(3, 2, 1153, 435, "resp_1");
        spans.Settle();

        Assert.Equal(CallRole.Duplicate, spans[1].Role);
        Assert.Equal(spans[3].SpanId, spans[1].CallSpanId);
        Assert.Equal(spans[3].TraceId, spans[1].CallTraceId);
        Assert.Equal(CallRole.Call, spans[3].Role);
        Assert.Equal((1153UL, 1), (spans.InputSum, spans.Calls));
    }

    [Fact]
    public void AgentOverSeveralChats_RepeatingTheLastId_IsNeverBilled()
    {
        var spans = new Spans();
        spans.Agent(1, input: 300, output: 30, id: "b");
        spans.Call(2, 1, 100, 10, "a");
        spans.Call(3, 1, 200, 20, "b");
        spans.Settle();

        Assert.Equal(CallRole.Aggregate, spans[1].Role);
        Assert.Equal((300UL, 30UL, 2), (spans.InputSum, spans.OutputSum, spans.Calls));
    }

    [Fact]
    public void AgentOverAgents_EveryLevelSums_OnlyTheChatsAreBilled()
    {
        var spans = new Spans();
        spans.Agent(1, input: 600, output: 60, id: "c");
        spans.Agent(2, 1, 300, 30, "b");
        spans.Call(3, 2, 100, 10, "a");
        spans.Call(4, 2, 200, 20, "b");
        spans.Agent(5, 1, 300, 30, "c");
        spans.Link(6, 5);
        spans.Call(7, 6, 300, 30, "c");
        spans.Settle();

        Assert.Equal((600UL, 3), (spans.InputSum, spans.Calls));
        Assert.Equal(CallRole.Aggregate, spans[1].Role);
        Assert.Equal(CallRole.Aggregate, spans[2].Role);
        Assert.Equal(CallRole.Duplicate, spans[5].Role);
    }

    [Fact]
    public void AgentWithoutChildren_WithUsage_IsBilled()
    {
        var spans = new Spans();
        spans.Agent(1, input: 10, output: 1);
        spans.Settle();
        Assert.Equal((10UL, 1), (spans.InputSum, spans.Calls));
    }

    [Fact]
    public void AgentWithoutUsageOrChildren_IsNoCall()
    {
        var spans = new Spans();
        spans.Agent(1);
        spans.Settle();
        Assert.Equal(0, spans.Calls);
    }

    [Fact]
    public void ChatThatSumsTwoChats_IsNeverBilled()
    {
        // An outer chat client that runs tools and adds up what its rounds used.
        var spans = new Spans();
        spans.Call(1, 0, 300, 30, "b");
        spans.Call(2, 1, 100, 10, "a");
        spans.Link(3, 1, name: "execute_tool");
        spans.Call(4, 1, 200, 20, "b");
        spans.Settle();

        Assert.Equal(CallRole.Aggregate, spans[1].Role);
        Assert.Equal((300UL, 2), (spans.InputSum, spans.Calls));
    }

    [Fact]
    public void ChatWithItsOwnId_AboveTwoSmallerCalls_IsACallOfItsOwn()
    {
        var spans = new Spans();
        spans.Call(1, 0, 1000, 100, "own");
        spans.Call(2, 1, 100, 10, "a");
        spans.Call(3, 1, 200, 20, "b");
        spans.Settle();
        Assert.Equal((1300UL, 3), (spans.InputSum, spans.Calls));
    }

    [Fact]
    public void SumOverACallThatHasACallBelowIt_IsRecognised()
    {
        var spans = new Spans();
        spans.Call(1, 0, 300, 30);
        spans.Call(2, 1, 100, 10, "a");
        spans.Call(3, 2, 200, 20, "b");
        spans.Settle();
        Assert.Equal(CallRole.Aggregate, spans[1].Role);
        Assert.Equal((300UL, 2), (spans.InputSum, spans.Calls));
    }

    [Fact]
    public void WrapperAndSdk_SameIdOneTokenApart_AreOneCall_AndTheFullerVectorCounts()
    {
        // OpenLIT counts a streamed Anthropic answer one token too long; the SDK's own span tells the split of cache writes.
        var spans = new Spans();
        var wrapper = spans.Call(1, 0, 246, 65, "msg_1");
        var sdk = spans.Call(2, 1, 246, 64, "msg_1");
        wrapper.Told |= UsageParts.CacheRead | UsageParts.CacheWrite;
        sdk.Told |= UsageParts.CacheRead | UsageParts.CacheWrite | UsageParts.CacheWriteSplit;
        spans.Settle();
        Assert.Equal((64UL, 1), (spans.OutputSum, spans.Calls));
    }

    [Fact]
    public void EqualTotalsUnderOneAnother_WithoutIds_AreOneCall()
    {
        var spans = new Spans();
        spans.Call(1, 0, 89, operation: "embeddings");
        spans.Call(2, 1, 89, operation: "embeddings");
        spans.Settle();
        Assert.Equal((89UL, 1), (spans.InputSum, spans.Calls));
        Assert.Equal(CallRole.Call, spans[2].Role);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("a", "b")]
    public void EqualTotalsBesideOneAnother_AreTwoCalls(string first, string second)
    {
        var spans = new Spans();
        spans.Link(1);
        spans.Call(2, 1, 100, 10, first);
        spans.Call(3, 1, 100, 10, second);
        spans.Settle();
        Assert.Equal((200UL, 2), (spans.InputSum, spans.Calls));
    }

    [Fact]
    public void EqualTotals_OfAnotherOperation_AreTwoCalls()
    {
        var spans = new Spans();
        spans.Call(1, 0, 50);
        spans.Call(2, 1, 50, operation: "embeddings");
        spans.Settle();
        Assert.Equal(2, spans.Calls);
    }

    [Fact]
    public void EqualTotals_WithAnotherPricedChild_AreTwoCalls()
    {
        var spans = new Spans();
        spans.Call(1, 0, 100, 10, "own");
        spans.Call(2, 1, 100, 10, "a");
        spans.Call(3, 1, 20, 2, "b");
        spans.Settle();
        Assert.Equal((220UL, 3), (spans.InputSum, spans.Calls));
    }

    [Theory]
    [InlineData(1UL)]
    [InlineData(2UL)]
    public void GatewayAndSdk_SameId_AreOneCall_AndTheGatewaySuppliesTheVector(ulong gatewayTrace)
    {
        var spans = new Spans();
        spans.Call(1, 0, 99, 9, "x").Told |= UsageParts.Reasoning | UsageParts.CacheRead;
        spans.Call(2, gatewayTrace == 1 ? 1UL : 0, 100, 10, "x", trace: gatewayTrace, gateway: true);
        spans.Settle();
        Assert.Equal((100UL, 10UL, 1), (spans.InputSum, spans.OutputSum, spans.Calls));
        Assert.Equal(CallRole.Call, spans[2].Role);
        Assert.Equal(spans[2].TraceId, spans[1].CallTraceId);
    }

    [Fact]
    public void AgentOverUntoldStreams_WhoseUsageTheGatewayTellsElsewhere_IsNotBilled()
    {
        var spans = new Spans();
        spans.Agent(1, input: 300, output: 30, id: "b");
        spans.Call(2, 1, id: "a");
        spans.Call(3, 1, id: "b");
        spans.Call(4, 0, 100, 10, "a", trace: 2, gateway: true);
        spans.Call(5, 0, 200, 20, "b", trace: 3, gateway: true);
        spans.Settle();
        Assert.Equal((300UL, 2), (spans.InputSum, spans.Calls));
    }

    [Fact]
    public void SameId_HoursApart_AreTwoCalls()
    {
        // A local server that numbers its answers from a small range.
        var spans = new Spans();
        spans.Call(1, 0, 100, 10, "chatcmpl-123");
        spans.Call(2, 0, 100, 10, "chatcmpl-123", trace: 2).StartUnixMicros += 2L * 3600 * 1_000_000;
        spans.Settle();
        Assert.Equal(2, spans.Calls);
    }

    [Fact]
    public void AnIdThatManyTracesCarry_CountsOnlyInsideEachTrace()
    {
        var spans = new Spans();
        for (var trace = 1ul; trace <= 9; trace++)
        {
            spans.Call(trace * 10, 0, 100, 11, "chatcmpl-7", trace: trace);
            spans.Call((trace * 10) + 1, trace * 10, 100, 10, "chatcmpl-7", trace: trace);
        }

        spans.Settle();
        Assert.Equal(9, spans.Calls);
    }

    [Fact]
    public void AnswerFromAResponseCache_DoesNotSwallowTheCallThatFilledIt()
    {
        var spans = new Spans();
        spans.Call(1, 0, 100, 10, "x");
        spans.Call(2, 0, 100, 10, "x", trace: 2);
        spans.Call(3, 2, 100, 10, "x", trace: 2, gateway: true).Flags |= CallFlags.CacheHit;
        spans.Settle();
        Assert.Equal(2, spans.Calls);
        Assert.Equal(CallRole.Call, spans[1].Role);
        Assert.Equal(CallFlags.None, spans[1].Flags & CallFlags.CacheHit);
    }

    [Fact]
    public void WrapperOfRetries_FirstFailedThenAnswered_IsOneCallAndOneFailure()
    {
        var spans = new Spans();
        spans.Call(1, 0, 100, 10, "x");
        spans.Call(2, 1, failed: true);
        spans.Call(3, 1, 100, 10, "x");
        spans.Settle();
        Assert.Equal((100UL, 1, 1), (spans.InputSum, spans.Calls, spans.FailedCalls));
    }

    [Fact]
    public void WrapperOfRetries_AllFailed_CountsTheAttemptsOnly()
    {
        var spans = new Spans();
        spans.Call(1, 0, failed: true);
        spans.Call(2, 1, failed: true);
        spans.Call(3, 1, failed: true);
        spans.Settle();
        Assert.Equal((0, 2), (spans.Calls, spans.FailedCalls));
    }

    [Fact]
    public void FailedWrapperOfOneFailedAttempt_IsOneFailure()
    {
        var spans = new Spans();
        spans.Call(1, 0, failed: true);
        spans.Call(2, 1, failed: true);
        spans.Settle();
        Assert.Equal((0, 1), (spans.Calls, spans.FailedCalls));
    }

    [Fact]
    public void ClientThatGaveUp_WhileTheGatewayWasAnswered_IsOneAnsweredCall()
    {
        var spans = new Spans();
        spans.Call(1, 0, failed: true);
        spans.Call(2, 1, 100, 10, "x", gateway: true);
        spans.Settle();
        Assert.Equal((100UL, 1, 0), (spans.InputSum, spans.Calls, spans.FailedCalls));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ParentWithUsage_OverOneCallWithout_SuppliesTheVector(bool wraps)
    {
        var spans = new Spans();
        spans.Call(1, 0, 100, 10, operation: wraps ? "invoke_agent" : "chat", wraps: wraps);
        spans.Call(2, 1, id: "x");
        spans.Settle();
        Assert.Equal((100UL, 1), (spans.InputSum, spans.Calls));
        Assert.Equal("x", spans[1].ResponseId);
        Assert.Equal(CallRole.Duplicate, spans[2].Role);
    }

    [Fact]
    public void OuterSpanWithoutUsage_OverOneCall_IsTheSameCall()
    {
        // AI SDK 7 embeddings: the outer span tells nothing.
        var spans = new Spans();
        spans.Call(1, operation: "embeddings");
        spans.Call(2, 1, 89, operation: "embeddings");
        spans.Settle();
        Assert.Equal((89UL, 1), (spans.InputSum, spans.Calls));
    }

    [Fact]
    public void OuterSpanWithoutUsage_OverSeveralCalls_IsNoCall()
    {
        var spans = new Spans();
        spans.Call(1);
        spans.Call(2, 1, 80, 8);
        spans.Call(3, 1, 90, 9);
        spans.Settle();
        Assert.Equal(2, spans.Calls);
    }

    [Fact]
    public void Orphan_WhoseParentHasNotArrived_StandsForItself()
    {
        var spans = new Spans();
        spans.Call(2, 1, 80, 8);
        spans.Settle();
        Assert.Equal((80UL, 1), (spans.InputSum, spans.Calls));
        Assert.Equal("", spans[2].Origin);
    }

    [Fact]
    public void SameSpanGivenTwice_CountsOnce()
    {
        var spans = new Spans();
        spans.Call(2, 1, 80, 8);
        spans.Reports.Add(spans[2].Clone());
        var changed = FinOps.Domain.Settlement.CallSettlement.Settle(spans.Reports, [], Spans.Rate);
        Assert.Empty(changed);
    }

    [Fact]
    public void ParentsInARing_DoNotHang()
    {
        var spans = new Spans();
        spans.Call(1, 3, 10, 1);
        spans.Call(2, 1, 10, 1);
        spans.Link(3, 2);
        spans.Call(4, 2, 5, 1);
        spans.Link(9, 9);
        spans.Settle();
        Assert.True(spans.Calls >= 1);
    }
}
