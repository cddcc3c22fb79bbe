using CsCheck;
using FinOps.Domain.Pricing;
using FinOps.Domain.Settlement;
using FinOps.Domain.Usage;
using FinOps.Ingest.Otlp;
using FinOps.Ingest.Pipeline;

namespace FinOps.Ingest.Tests.Otlp;

/// <summary>The door settles only the relatives of a request; the outcome is that of settling the whole request.</summary>
public sealed class DoorSettlementTests
{
    private static readonly DoorSettlement Door = new();

    /// <summary>Few traces, spans and response ids, so that relatives, twins and repetitions are common. A span without a response id or a parent is 0.</summary>
    private static readonly Gen<(ulong Trace, ulong Span, ulong Parent, int Response, uint Input, bool IsCall, bool Tagged)[]> Requests =
        Gen.Select(Gen.ULong[1, 6], Gen.ULong[1, 9], Gen.ULong[0, 9], Gen.Int[0, 12], Gen.UInt[0, 3], Gen.Bool, Gen.Bool).Array[0, 14];

    [Fact]
    public void Settle_AnyRequest_IsWhatSettlingAllOfItGives() => Requests.Sample(spans =>
    {
        var door = Batch(spans);
        var whole = Batch(spans);

        Door.Settle(door, PriceSnapshot.Empty);
        CallSettlement.Settle(whole.Calls, whole.Links, PriceSnapshot.Empty.Rate);

        Assert.Equal(whole.Calls.Select(Outcome), door.Calls.Select(Outcome));
    });

    [Fact]
    public void Settle_LinkAboveACallAmongStrangers_GivesItsTagToTheCallAlone()
    {
        var batch = Batch([(1, 1, 0, 0, 5, false, true), (1, 2, 1, 1, 5, true, false), (2, 3, 9, 2, 5, true, false)]);

        Door.Settle(batch, PriceSnapshot.Empty);

        Assert.Equal(["feature-1", ""], batch.Calls.Select(call => call.Tags[Tag.Feature]));
    }

    [Fact]
    public void Settle_OneResponseInTwoTraces_IsOneCall()
    {
        var batch = Batch([(1, 1, 0, 7, 5, true, false), (2, 2, 0, 7, 5, true, false), (3, 3, 0, 8, 5, true, false)]);

        Door.Settle(batch, PriceSnapshot.Empty);

        Assert.Single(batch.Calls, call => call.Role == CallRole.Duplicate);
    }

    private static RowBatch Batch(IEnumerable<(ulong Trace, ulong Span, ulong Parent, int Response, uint Input, bool IsCall, bool Tagged)> spans)
    {
        var batch = new RowBatch();
        foreach (var span in spans)
        {
            var tags = default(TagSet);
            if (span.Tagged) tags.Set(Tag.Feature, $"feature-{span.Span}", TagLevel.Span);
            var parent = new SpanId(span.Parent == span.Span ? 0 : span.Parent);
            if (!span.IsCall)
            {
                var link = batch.AddLink();
                (link.TraceId, link.SpanId, link.ParentSpanId, link.Tags) = (new TraceId(0, span.Trace), new SpanId(span.Span), parent, tags);
                continue;
            }

            var call = batch.AddCall();
            (call.TraceId, call.SpanId, call.ParentSpanId, call.Tags) = (new TraceId(0, span.Trace), new SpanId(span.Span), parent, tags);
            call.Operation = "chat";
            call.ResponseId = span.Response == 0 ? "" : $"response-{span.Response}";
            call.Usage.InputFresh = span.Input;
            call.Told = UsageParts.Input;
            call.UsageSource = UsageSource.Reported;
        }

        return batch;
    }

    private static string Outcome(CallReport call) =>
        $"{call.TraceId}/{call.SpanId} {call.Role} of {call.CallTraceId}/{call.CallSpanId}, {call.Tags[Tag.Feature]} {call.Tags.PackedLevels}, {call.Usage.InputFresh}, {call.Origin}";
}
