using System.Buffers;
using FinOps.Gateway.Reporting;

namespace FinOps.Gateway.Metering;

/// <summary>Cuts what comes in any pieces into whole lines. One that is longer than a line may be is left out, and counted.</summary>
internal sealed class LineBuffer(int maxLineBytes, GatewayCounters counters) : IDisposable
{
    private const int FirstSize = 16 * 1024;

    private byte[] _array = ArrayPool<byte>.Shared.Rent(FirstSize);
    private int _start, _end;

    // From the start of what is not taken yet: how far was looked.
    private int _scanned;
    private bool _isTooLong;

    /// <summary>What came without an end of its line.</summary>
    public ReadOnlySpan<byte> Rest => _array.AsSpan(_start, _end - _start);

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (_end + bytes.Length > _array.Length) MakeRoom(bytes.Length);
        bytes.CopyTo(_array.AsSpan(_end));
        _end += bytes.Length;
    }

    /// <summary>The next whole line, without its end. Valid until the next <see cref="Append"/>.</summary>
    public bool TryTake(out ReadOnlySpan<byte> line)
    {
        while (true)
        {
            var rest = Rest;
            var found = rest[_scanned..].IndexOf((byte)'\n');
            if (found < 0)
            {
                _scanned = rest.Length;
                if (rest.Length > maxLineBytes) LeaveOut();
                if (_isTooLong) (_start, _end, _scanned) = (0, 0, 0);
                line = default;
                return false;
            }

            var length = _scanned + found;
            _start += length + 1;
            _scanned = 0;
            line = rest[..length];
            if (length > maxLineBytes) LeaveOut();
            if (!_isTooLong) return true;
            _isTooLong = false;
        }
    }

    private void LeaveOut()
    {
        if (!_isTooLong) counters.CountUnread("long_line");
        _isTooLong = true;
    }

    private void MakeRoom(int more)
    {
        var length = _end - _start;
        var array = _array;
        if (length + more > array.Length) array = ArrayPool<byte>.Shared.Rent(Math.Max(length + more, 2 * length));
        _array.AsSpan(_start, length).CopyTo(array);
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
