using System.Buffers;

namespace FinOps.Gateway.Metering;

/// <summary>What comes in any pieces, until it is taken in whole parts.</summary>
/// <param name="firstSize">Bytes; it grows with what waits.</param>
internal abstract class PieceBuffer(int firstSize) : IDisposable
{
    private byte[] _array = ArrayPool<byte>.Shared.Rent(firstSize);
    private int _start, _end;

    /// <summary>What came and is not taken yet.</summary>
    public ReadOnlySpan<byte> Rest => _array.AsSpan(_start, _end - _start);

    /// <summary>How much of <see cref="Rest"/> was looked at.</summary>
    protected int Scanned { get; set; }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (_end + bytes.Length > _array.Length) MakeRoom(bytes.Length);
        bytes.CopyTo(_array.AsSpan(_end));
        _end += bytes.Length;
    }

    /// <summary>The first bytes of <see cref="Rest"/> are taken; they stay where they are until the next <see cref="Append"/>.</summary>
    protected void Leave(int length) => (_start, Scanned) = (_start + length, 0);

    /// <summary>Forgets what waits.</summary>
    public virtual void Clear() => (_start, _end, Scanned) = (0, 0, 0);

    private void MakeRoom(int more)
    {
        var length = _end - _start;
        var array = length + more > _array.Length ? ArrayPool<byte>.Shared.Rent(Math.Max(length + more, 2 * length)) : _array;
        Rest.CopyTo(array);
        if (array != _array) ArrayPool<byte>.Shared.Return(_array);
        (_array, _start, _end) = (array, 0, length);
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_array);
        _array = [];
        (_start, _end) = (0, 0);
    }
}
