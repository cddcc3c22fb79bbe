namespace FinOps.Gateway.Forwarding;

/// <summary>Long answers go to their caller in pieces: the time for slow callers is one piece's, not the whole answer's.</summary>
internal static class InPieces
{
    /// <summary>Default 64 KB, as much as the server lets wait.</summary>
    public const int MostBytes = 64 << 10;

    public static async Task WriteAsync(Stream to, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        for (; bytes.Length > MostBytes; bytes = bytes[MostBytes..]) await to.WriteAsync(bytes[..MostBytes], cancellationToken);
        await to.WriteAsync(bytes, cancellationToken);
    }
}
