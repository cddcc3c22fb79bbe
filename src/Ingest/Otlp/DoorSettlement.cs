using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using FinOps.Domain.Pricing;
using FinOps.Domain.Settlement;
using FinOps.Domain.Usage;
using FinOps.Ingest.Pipeline;
using Microsoft.Extensions.ObjectPool;

namespace FinOps.Ingest.Otlp;

/// <summary>
/// What stands together in one request is settled at once, so that most calls are right the moment they are visible. The rows stay at version 0: what arrives
/// later, or arrived before, is settled by the loop, which starts from what the reports themselves told and writes only what differs.
/// </summary>
internal sealed class DoorSettlement
{
    private readonly ObjectPool<Relatives> _relatives = new DefaultObjectPool<Relatives>(new Policy());

    public void Settle(RowBatch batch, PriceSnapshot prices)
    {
        if (batch.Calls.Count == 0 || batch.Calls.Count + batch.Links.Count < 2) return;
        var relatives = _relatives.Get();
        relatives.Find(batch);
        if (relatives.Calls.Count > 0) CallSettlement.Settle(relatives.Calls, relatives.Links, prices.Rate);
        _relatives.Return(relatives);
    }

    /// <summary>
    /// The calls of a request that settling could change, and the other spans of their traces. A call alone in its trace whose response id no other carries has
    /// nothing to settle, and many requests hold nothing else. Working memory, reused.
    /// </summary>
    private sealed class Relatives
    {
        /// <summary>Traces and ids that the memory of one request may keep for the next ones: a rare huge request must not stay in memory for ever.</summary>
        public const int MaxKept = 4_096;

        // How many spans the request holds of each trace that has a call, and how many calls of each response id.
        private readonly Dictionary<TraceId, int> _spans = [];
        private readonly Dictionary<string, int> _responses = new(StringComparer.Ordinal);

        public List<CallReport> Calls { get; } = [];
        public List<SpanLink> Links { get; } = [];
        public bool IsLarge => _spans.EnsureCapacity(0) > MaxKept || _responses.EnsureCapacity(0) > MaxKept;

        public void Find(RowBatch batch)
        {
            var related = false;
            foreach (var call in batch.Calls)
            {
                CollectionsMarshal.GetValueRefOrAddDefault(_spans, call.TraceId, out var sameTrace)++;
                related |= sameTrace;
                if (call.ResponseId.Length == 0) continue;
                CollectionsMarshal.GetValueRefOrAddDefault(_responses, call.ResponseId, out var sameResponse)++;
                related |= sameResponse;
            }

            foreach (var link in batch.Links)
            {
                ref var spans = ref CollectionsMarshal.GetValueRefOrNullRef(_spans, link.TraceId);
                if (Unsafe.IsNullRef(ref spans)) continue;
                spans++;
                related = true;
            }

            if (!related) return;
            foreach (var call in batch.Calls)
                if (_spans[call.TraceId] > 1 || (call.ResponseId.Length != 0 && _responses[call.ResponseId] > 1)) Calls.Add(call);
            if (Calls.Count == 0) return;
            foreach (var link in batch.Links)
                if (_spans.ContainsKey(link.TraceId)) Links.Add(link);
        }

        public void Clear()
        {
            _spans.Clear();
            _responses.Clear();
            Calls.Clear();
            Links.Clear();
        }
    }

    private sealed class Policy : PooledObjectPolicy<Relatives>
    {
        public override Relatives Create() => new();

        public override bool Return(Relatives obj)
        {
            obj.Clear();
            return !obj.IsLarge;
        }
    }
}
