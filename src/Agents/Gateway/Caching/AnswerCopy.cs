namespace FinOps.Gateway.Caching;

/// <summary>What goes to the caller, kept on its way; given up when it grows longer than a policy keeps.</summary>
internal sealed class AnswerCopy(int maxBytes)
{
    private readonly MemoryStream _bytes = new();
    private bool _isTooLong;

    /// <summary>All of it; null: it was too long.</summary>
    public byte[]? Bytes => _isTooLong ? null : _bytes.ToArray();

    public void Add(ReadOnlySpan<byte> bytes)
    {
        if (_isTooLong) return;
        _isTooLong = _bytes.Length + bytes.Length > maxBytes;
        if (_isTooLong) _bytes.SetLength(0);
        else _bytes.Write(bytes);
    }
}
