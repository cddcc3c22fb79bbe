using System.Buffers;

namespace FinOps.Gateway.Metering;

/// <summary>
/// Cuts a stream of server-sent events into whole ones, whatever pieces it comes in. An event ends with an empty line; lines end with LF, CR LF or CR.
/// </summary>
internal sealed class EventBuffer(int maxEventBytes) : IDisposable
{
    private const int FirstSize = 4096;

    private byte[] _array = ArrayPool<byte>.Shared.Rent(FirstSize);
    private int _start, _end;

    // From the start of what is not taken yet: how far was looked, and where the line that is looked at begins.
    private int _scanned, _line;

    /// <summary>What waits for its end is longer than an event may be.</summary>
    public bool IsTooLong => _end - _start > maxEventBytes;

    /// <summary>What came and is no whole event yet.</summary>
    public ReadOnlySpan<byte> Rest => _array.AsSpan(_start, _end - _start);

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (_end + bytes.Length > _array.Length) MakeRoom(bytes.Length);
        bytes.CopyTo(_array.AsSpan(_end));
        _end += bytes.Length;
    }

    /// <summary>The next whole event, with the empty line that ends it. Valid until the next <see cref="Append"/>.</summary>
    public bool TryTake(out ReadOnlySpan<byte> whole)
    {
        var bytes = Rest;
        while (true)
        {
            var found = bytes[_scanned..].IndexOfAny((byte)'\n', (byte)'\r');
            if (found < 0)
            {
                _scanned = bytes.Length;
                break;
            }

            var end = _scanned + found;
            if (bytes[end] == '\r' && end + 1 == bytes.Length)
            {
                // Perhaps the first half of CR LF.
                _scanned = end;
                break;
            }

            var next = end + (bytes[end] == '\r' && bytes[end + 1] == '\n' ? 2 : 1);
            var isEmpty = end == _line;
            _scanned = _line = next;
            if (!isEmpty) continue;
            whole = bytes[..next];
            _start += next;
            _scanned = _line = 0;
            return true;
        }

        whole = default;
        return false;
    }

    private void MakeRoom(int more)
    {
        var length = _end - _start;
        var size = Math.Max(FirstSize, length + more);
        if (size <= _array.Length)
        {
            _array.AsSpan(_start, length).CopyTo(_array);
        }
        else
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(size, 2 * length));
            _array.AsSpan(_start, length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_array);
            _array = larger;
        }

        (_start, _end) = (0, length);
    }

    /// <summary>Forgets what waits.</summary>
    public void Clear() => (_start, _end, _scanned, _line) = (0, 0, 0, 0);

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_array);
        _array = [];
        (_start, _end) = (0, 0);
    }
}
