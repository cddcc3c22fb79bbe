using FinOps.Ingest.Health;

namespace FinOps.Ingest.Tests.Mapping;

/// <summary>Pitfall 34: a call of a sampled trace keeps how many it stands for.</summary>
public sealed class SamplingTests
{
    [Theory]
    [InlineData("", 1, 0)]
    [InlineData("ot=rv:9b8233f7e3a151", 1, 0)]
    [InlineData("ot=th:e6666666666668", 10, 0)]
    [InlineData("rojo=1,ot=th:c;rv:9b8233f7e3a151", 4, 0)]
    [InlineData("ot=th:nonsense", 1, 1)]
    [InlineData("ot=th:ffffffffffffff", 1, 1)]
    public void SamplingWeight_OfASpan_IsWhatItsTraceStateTells(string traceState, double weight, long ignored)
    {
        var harness = new MapperHarness();
        harness.Spans("any", new TestSpan { TraceState = traceState, Attributes = [("gen_ai.request.model", "gpt-5"), ("gen_ai.usage.input_tokens", 10L)] });

        var call = Assert.Single(harness.Rows.Calls);
        Assert.Equal(weight, call.SamplingWeight, 1e-9);
        Assert.Equal((ignored, 1), (harness.Tally[IngestReason.SamplingIgnored], harness.Tally[IngestReason.Accepted]));
    }
}
