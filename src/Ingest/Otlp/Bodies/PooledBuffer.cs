using System.Buffers;
using System.Diagnostics;
using FinOps.Ingest.Health;

namespace FinOps.Ingest.Otlp.Bodies;

/// <summary>One contiguous body in a pooled array, never larger than its limit and always paid for from its tenant's share of the budget.</summary>
internal sealed class PooledBuffer(MemoryShare budget, int maxBytes, IngestReason overLimit) : IDisposable
{
    private const int SmallestBytes = 16 * 1024;

    private byte[] _bytes = [];
    private int _length;
    private bool _overBudget;

    /// <summary>Why the last reservation was refused: the limit of this body, or the budget of all of them.</summary>
    public IngestReason Refusal => _overBudget ? IngestReason.Busy : overLimit;

    public int Length
    {
        get => _length;
        set
        {
            Debug.Assert((uint)value <= (uint)_bytes.Length);
            _length = value;
        }
    }

    public byte[] Array => _bytes;

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

    public ReadOnlyMemory<byte> WrittenMemory => _bytes.AsMemory(0, _length);

    public Span<byte> Free => _bytes.AsSpan(_length);

    public Memory<byte> FreeMemory => _bytes.AsMemory(_length);

    /// <summary>Makes room for so many further bytes. False leaves everything as it is and sets <see cref="Refusal"/>.</summary>
    public bool TryReserve(int bytes) => bytes <= _bytes.Length - _length || TryGrow(bytes);

    public bool TryAppend(ReadOnlySequence<byte> bytes)
    {
        if (bytes.Length > maxBytes - _length) return false;
        if (!TryReserve((int)bytes.Length)) return false;
        bytes.CopyTo(Free);
        _length += (int)bytes.Length;
        return true;
    }

    public void Dispose()
    {
        if (_bytes.Length == 0) return;
        ArrayPool<byte>.Shared.Return(_bytes);
        budget.Return(_bytes.Length);
        _bytes = [];
        _length = 0;
    }

    private bool TryGrow(int bytes)
    {
        var needed = (long)_length + bytes;
        if (needed > maxBytes) return false;
        var wanted = Math.Min(Math.Max(Math.Max(needed, 2L * _bytes.Length), SmallestBytes), maxBytes);
        var larger = ArrayPool<byte>.Shared.Rent((int)wanted);
        if (!budget.TryTake(larger.Length))
        {
            ArrayPool<byte>.Shared.Return(larger);
            _overBudget = true;
            return false;
        }

        Written.CopyTo(larger);
        if (_bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            budget.Return(_bytes.Length);
        }

        _bytes = larger;
        return true;
    }
}
