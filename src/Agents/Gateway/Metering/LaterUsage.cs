using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using FinOps.Domain.Hashing;
using FinOps.Domain.Usage;
using FinOps.Gateway.Reporting;

namespace FinOps.Gateway.Metering;

/// <summary>An answer that is made in the background, and whose it is: who looks at it later need not be who asked.</summary>
internal sealed record BegunAnswer(string Id, string RequestedModel, string AskedModel, string RequestedTier, string KeyId, TagSet Tags, ActivityTraceId TraceId);

/// <summary>
/// Usage that is told after its call: of answers that are made in the background, and of batches. It is told as often as somebody looks, and counts once. Bounded, in memory alone; what is forgotten is counted.
/// </summary>
internal sealed class LaterUsage(GatewayCounters counters)
{
    /// <summary>Answers in the background that were begun last. Default 10,000, some 8 MB; usage that is told of one before them counts nowhere.</summary>
    public const int MaxBegun = 10_000;

    /// <summary>Batches and items of batches that were told last. Default 100,000, as many as the largest batch has, some 7 MB; one before them that is told again is reported again.</summary>
    public const int MaxTold = 100_000;

    private const string Before = "/responses/";

    private readonly ConcurrentDictionary<string, BegunAnswer> _begun = new(StringComparer.Ordinal);
    private readonly Queue<string> _begunInOrder = new();
    private readonly HashSet<(ulong Id, long Tokens)> _told = [];
    private readonly Queue<(ulong Id, long Tokens)> _toldInOrder = new();
    private readonly Lock _gate = new();

    /// <summary>The answer of an attempt is made in the background: its usage is told to whoever looks at it.</summary>
    public void Begin(Attempt attempt)
    {
        var id = attempt.Facts.Id;
        if (id.Length == 0 || !_begun.TryAdd(id, new BegunAnswer(id, attempt.RequestedModel, attempt.AskedModel, attempt.RequestedTier, attempt.KeyId, attempt.Tags, attempt.Span?.TraceId ?? default))) return;
        counters.CountLaterUsage("begun");
        lock (_gate)
        {
            _begunInOrder.Enqueue(id);
            if (_begunInOrder.Count > MaxBegun && _begun.TryRemove(_begunInOrder.Dequeue(), out _)) counters.CountLaterUsage("forgotten");
        }
    }

    /// <summary>The answer that a path is a look at (<c>/responses/ID</c>), if its usage is still to be told.</summary>
    public BegunAnswer? Find(string path)
    {
        if (_begun.IsEmpty) return null;
        var at = path.IndexOf(Before, StringComparison.Ordinal);
        return at < 0 ? null : _begun.GetValueOrDefault(path[(at + Before.Length)..]);
    }

    /// <summary>Whether an answer in the background tells its usage for the first time.</summary>
    public bool TryTell(BegunAnswer begun)
    {
        var isFirst = _begun.TryRemove(begun.Id, out _);
        counters.CountLaterUsage(isFirst ? "told" : "repeated");
        return isFirst;
    }

    /// <summary>Whether a batch, or an item of one, tells this usage for the first time.</summary>
    public bool TryTell(in AnswerFacts batch)
    {
        if (batch.Id.Length == 0) return true;
        var told = (SipHash.Compute(0, 0, MemoryMarshal.AsBytes(batch.Id.AsSpan())), Math.Max(0, batch.Usage.Input) + Math.Max(0, batch.Usage.Output));
        bool isFirst, isFull;
        lock (_gate)
        {
            isFirst = _told.Add(told);
            if (isFirst) _toldInOrder.Enqueue(told);
            isFull = _toldInOrder.Count > MaxTold;
            if (isFull) _told.Remove(_toldInOrder.Dequeue());
        }

        counters.CountLaterUsage(isFirst ? "told" : "repeated");
        if (isFull) counters.CountLaterUsage("forgotten");
        return isFirst;
    }
}
