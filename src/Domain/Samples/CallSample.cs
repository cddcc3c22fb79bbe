using System.Buffers;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;

namespace FinOps.Domain.Samples;

/// <summary>The sealed content of one call report. Reused: its bytes are rented from the shared pool.</summary>
public sealed class CallSample
{
    private byte[] _bytes = [];
    private int _length;

    public TenantId Tenant;
    public ProjectId Project;
    public TraceId TraceId;
    public SpanId SpanId;
    public long StartUnixMicros;
    public Guid KeyId;

    /// <summary>Bytes of content that are kept, before compression.</summary>
    public uint KeptBytes;

    /// <summary>Bytes of content that were told. More than are kept: the sample is cut.</summary>
    public uint ToldBytes;

    public ReadOnlySpan<byte> Sealed => _bytes.AsSpan(0, _length);

    public int SealedBytes => _length;

    /// <summary>Seals content under the plan's key, for the place that is set.</summary>
    public void Seal(SampleKey key, ReadOnlySpan<byte> content)
    {
        Release();
        _bytes = ArrayPool<byte>.Shared.Rent(SampleKey.MaxSealedBytes(content.Length));
        _length = key.Seal(new SamplePlace(Tenant, Project, TraceId, SpanId), content, _bytes);
        KeyId = key.Id;
    }

    public void Clear()
    {
        Release();
        (Tenant, Project, TraceId, SpanId, StartUnixMicros, KeyId, KeptBytes, ToldBytes) = (default, default, default, default, 0, default, 0, 0);
    }

    private void Release()
    {
        if (_bytes.Length > 0) ArrayPool<byte>.Shared.Return(_bytes);
        (_bytes, _length) = ([], 0);
    }
}
