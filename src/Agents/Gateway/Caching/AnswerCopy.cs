using System.Buffers;

namespace FinOps.Gateway.Caching;

/// <summary>What goes to the caller, copied on its way into rented memory; given up when it grows longer than a policy keeps. One owner, the attempt.</summary>
internal sealed class AnswerCopy(int maxBytes) : IDisposable
{
    private byte[] _bytes = [];
    private int _length;

    /// <summary>It was longer, and nothing of it is here.</summary>
    public bool IsTooLong { get; private set; }

    /// <summary>All of it, until this is disposed.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    public void Add(ReadOnlySpan<byte> bytes)
    {
        if (IsTooLong) return;
        if (_length + (long)bytes.Length > maxBytes)
        {
            IsTooLong = true;
            Dispose();
            return;
        }

        if (_length + bytes.Length > _bytes.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_length + bytes.Length, 2 * _length));
            Bytes.CopyTo(larger);
            var length = _length;
            Dispose();
            (_bytes, _length) = (larger, length);
        }

        bytes.CopyTo(_bytes.AsSpan(_length));
        _length += bytes.Length;
    }

    public void Dispose()
    {
        if (_bytes.Length > 0) ArrayPool<byte>.Shared.Return(_bytes);
        (_bytes, _length) = ([], 0);
    }
}
