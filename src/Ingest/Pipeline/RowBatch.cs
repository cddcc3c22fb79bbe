using FinOps.Domain.Outcomes;
using FinOps.Domain.Samples;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using Microsoft.Extensions.ObjectPool;

namespace FinOps.Ingest.Pipeline;

/// <summary>The rows of one request. Pooled with its row objects, so that a steady stream allocates nothing. Used by one request at a time.</summary>
public sealed class RowBatch
{
    /// <summary>Row objects of a kind that a batch keeps for reuse: a rare huge request must not stay in memory for ever.</summary>
    internal const int MaxKept = 1_024;

    private readonly Spare<CallReport> _spareCalls = new();
    private readonly Spare<SpanLink> _spareLinks = new();
    private readonly Spare<VectorOperation> _spareVectorOperations = new();
    private readonly Spare<ResourceSample> _spareSamples = new();
    private readonly Spare<QuarantinedSpan> _spareQuarantined = new();
    private readonly Spare<CallSample> _spareCallSamples = new();
    private readonly Spare<Outcome> _spareOutcomes = new();
    private RowBatchPool? _home;

    public List<CallReport> Calls { get; } = [];
    public List<SpanLink> Links { get; } = [];
    public List<VectorOperation> VectorOperations { get; } = [];
    public List<ResourceSample> Samples { get; } = [];
    public List<QuarantinedSpan> Quarantined { get; } = [];
    public List<CallSample> CallSamples { get; } = [];
    public List<Outcome> Outcomes { get; } = [];

    public int RowCount => Calls.Count + Links.Count + VectorOperations.Count + Samples.Count + Quarantined.Count + CallSamples.Count + Outcomes.Count;

    /// <summary>Bytes of sealed content beside the rows.</summary>
    public int SealedBytes
    {
        get
        {
            var bytes = 0;
            foreach (var row in CallSamples) bytes += row.SealedBytes;
            return bytes;
        }
    }

    public bool IsEmpty => RowCount == 0;

    /// <summary>Whose rows they are: one request is one tenant's.</summary>
    public TenantId Tenant =>
        Calls.Count > 0 ? Calls[0].Tenant
        : Links.Count > 0 ? Links[0].Tenant
        : VectorOperations.Count > 0 ? VectorOperations[0].Tenant
        : Samples.Count > 0 ? Samples[0].Tenant
        : Quarantined.Count > 0 ? Quarantined[0].Tenant
        : Outcomes.Count > 0 ? Outcomes[0].Tenant
        : default;

    /// <summary>A cleared report, already in <see cref="Calls"/>.</summary>
    public CallReport AddCall()
    {
        var row = _spareCalls.Take();
        Calls.Add(row);
        return row;
    }

    /// <summary>A cleared link, already in <see cref="Links"/>.</summary>
    public SpanLink AddLink()
    {
        var row = _spareLinks.Take();
        Links.Add(row);
        return row;
    }

    public VectorOperation AddVectorOperation()
    {
        var row = _spareVectorOperations.Take();
        VectorOperations.Add(row);
        return row;
    }

    public ResourceSample AddSample()
    {
        var row = _spareSamples.Take();
        Samples.Add(row);
        return row;
    }

    public QuarantinedSpan AddQuarantined()
    {
        var row = _spareQuarantined.Take();
        Quarantined.Add(row);
        return row;
    }

    /// <summary>A cleared sample of a call, already in <see cref="CallSamples"/>.</summary>
    public CallSample AddCallSample()
    {
        var row = _spareCallSamples.Take();
        CallSamples.Add(row);
        return row;
    }

    /// <summary>A cleared outcome, already in <see cref="Outcomes"/>.</summary>
    public Outcome AddOutcome()
    {
        var row = _spareOutcomes.Take();
        Outcomes.Add(row);
        return row;
    }

    /// <summary>Takes back the call that was added last: its span turned out to be something else, or bad.</summary>
    public void RemoveLastCall()
    {
        var row = Calls[^1];
        Calls.RemoveAt(Calls.Count - 1);
        row.Clear();
        _spareCalls.Give(row);
    }

    internal void LendFrom(RowBatchPool pool) => _home = pool;

    /// <summary>Back to the pool that it came from, if it came from one. Whoever calls this does not touch the batch again.</summary>
    internal void GiveBack() => Interlocked.Exchange(ref _home, null)?.TakeBack(this);

    /// <summary>Empties the batch and keeps a bounded number of its row objects, cleared, for the next request.</summary>
    public void Clear()
    {
        foreach (var row in Calls) row.Clear();
        foreach (var row in Links) Clear(row);
        foreach (var row in VectorOperations) Clear(row);
        foreach (var row in Samples) Clear(row);
        foreach (var row in Quarantined) Clear(row);
        foreach (var row in CallSamples) row.Clear();
        foreach (var row in Outcomes) row.Clear();
        _spareCalls.GiveAll(Calls);
        _spareLinks.GiveAll(Links);
        _spareVectorOperations.GiveAll(VectorOperations);
        _spareSamples.GiveAll(Samples);
        _spareQuarantined.GiveAll(Quarantined);
        _spareCallSamples.GiveAll(CallSamples);
        _spareOutcomes.GiveAll(Outcomes);
    }

    private static void Clear(SpanLink row)
    {
        row.Tenant = default; row.Project = default; row.TraceId = default; row.SpanId = default; row.ParentSpanId = default;
        row.StartUnixMicros = 0; row.DurationMicros = 0; row.Kind = default; row.Failed = false;
        row.Name = ""; row.Service = ""; row.Tags = default;
    }

    private static void Clear(VectorOperation row)
    {
        row.Tenant = default; row.Project = default; row.TraceId = default; row.SpanId = default; row.ParentSpanId = default;
        row.StartUnixMicros = 0; row.DurationMicros = 0; row.Scope = ""; row.System = ""; row.Collection = ""; row.Operation = "";
        row.Failed = false; row.TopK = 0; row.Returned = 0; row.Vectors = 0; row.ReadUnits = 0; row.Tags = default;
    }

    private static void Clear(ResourceSample row)
    {
        row.Tenant = default; row.Project = default; row.TimeUnixMillis = 0; row.StartUnixMillis = 0; row.Kind = default;
        row.Metric = ""; row.Unit = ""; row.Subject = ""; row.Host = ""; row.Service = ""; row.Environment = "";
        row.Temporality = default; row.Value = 0; row.Count = 0; row.Attributes = [];
    }

    private static void Clear(QuarantinedSpan row)
    {
        row.Tenant = default; row.Project = default; row.TraceId = default; row.SpanId = default; row.StartUnixMicros = 0;
        row.Scope = ""; row.Service = ""; row.Model = ""; row.Reason = ""; row.Detail = "";
    }

    /// <summary>Row objects of one kind that wait for reuse.</summary>
    private sealed class Spare<TRow> where TRow : class, new()
    {
        private readonly Stack<TRow> _rows = [];

        public TRow Take() => _rows.TryPop(out var row) ? row : new TRow();

        public void Give(TRow row)
        {
            if (_rows.Count < MaxKept) _rows.Push(row);
        }

        public void GiveAll(List<TRow> rows)
        {
            foreach (var row in rows) Give(row);
            rows.Clear();
            if (rows.Capacity > MaxKept) rows.Capacity = MaxKept;
        }
    }
}

/// <summary>Batches that wait for the next request. Registered as one for the process.</summary>
public sealed class RowBatchPool
{
    /// <summary>Batches that are kept while idle: 8, because one is out only while its request is mapped and copied. More are made on demand and dropped after use.</summary>
    public const int MaxKeptBatches = 8;

    private readonly ObjectPool<RowBatch> _pool = new DefaultObjectPool<RowBatch>(new Policy(), MaxKeptBatches);

    /// <summary>An empty batch. It goes back when the writer has copied its rows, or by <see cref="Return"/> when nothing is written.</summary>
    public RowBatch Rent()
    {
        var batch = _pool.Get();
        batch.LendFrom(this);
        return batch;
    }

    public void Return(RowBatch batch) => batch.GiveBack();

    internal void TakeBack(RowBatch batch) => _pool.Return(batch);

    private sealed class Policy : PooledObjectPolicy<RowBatch>
    {
        public override RowBatch Create() => new();

        public override bool Return(RowBatch obj)
        {
            obj.Clear();
            return true;
        }
    }
}
