namespace FinOps.Gateway.Metering;

/// <summary>
/// Cuts a stream of server-sent events into whole ones, whatever pieces it comes in. An event ends with an empty line; lines end with LF, CR LF or CR.
/// </summary>
internal sealed class EventBuffer(int maxEventBytes) : PieceBuffer(FirstSize)
{
    private const int FirstSize = 4096;

    // From the start of what is not taken yet: where the line that is looked at begins.
    private int _line;

    /// <summary>What waits for its end is longer than an event may be.</summary>
    public bool IsTooLong => Rest.Length > maxEventBytes;

    /// <summary>The next whole event, with the empty line that ends it. Valid until the next <see cref="PieceBuffer.Append"/>.</summary>
    public bool TryTake(out ReadOnlySpan<byte> whole)
    {
        var bytes = Rest;
        while (true)
        {
            var found = bytes[Scanned..].IndexOfAny((byte)'\n', (byte)'\r');
            if (found < 0)
            {
                Scanned = bytes.Length;
                break;
            }

            var end = Scanned + found;
            if (bytes[end] == '\r' && end + 1 == bytes.Length)
            {
                // Perhaps the first half of CR LF.
                Scanned = end;
                break;
            }

            var next = end + (bytes[end] == '\r' && bytes[end + 1] == '\n' ? 2 : 1);
            var isEmpty = end == _line;
            Scanned = _line = next;
            if (!isEmpty) continue;
            whole = bytes[..next];
            Leave(next);
            _line = 0;
            return true;
        }

        whole = default;
        return false;
    }

    public override void Clear()
    {
        base.Clear();
        _line = 0;
    }
}
