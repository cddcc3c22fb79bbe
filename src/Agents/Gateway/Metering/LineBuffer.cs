using FinOps.Gateway.Reporting;

namespace FinOps.Gateway.Metering;

/// <summary>Cuts what comes in any pieces into whole lines. One that is longer than a line may be is left out, and counted.</summary>
internal sealed class LineBuffer(int maxLineBytes, GatewayCounters counters) : PieceBuffer(FirstSize)
{
    private const int FirstSize = 16 * 1024;

    private bool _isTooLong;

    /// <summary>The next whole line, without its end. Valid until the next <see cref="PieceBuffer.Append"/>.</summary>
    public bool TryTake(out ReadOnlySpan<byte> line)
    {
        while (true)
        {
            var rest = Rest;
            var found = rest[Scanned..].IndexOf((byte)'\n');
            if (found < 0)
            {
                Scanned = rest.Length;
                if (rest.Length > maxLineBytes) LeaveOut();
                if (_isTooLong) Clear();
                line = default;
                return false;
            }

            var length = Scanned + found;
            Leave(length + 1);
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
}
