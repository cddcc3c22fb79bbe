using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace FinOps.Gateway.Keys;

/// <summary>Every virtual key, by the hash of what a caller sends. Immutable.</summary>
internal sealed class KeyTable
{
    /// <summary>Longer ones are no keys of ours.</summary>
    private const int MaxKeyLength = 512;

    private readonly Dictionary<ulong, VirtualKey> _byStart;

    public KeyTable(IEnumerable<VirtualKey> keys) => _byStart = keys.ToDictionary(key => Start(key.Sha256.Span));

    public int Count => _byStart.Count;

    /// <summary>The key that a caller sent, or null.</summary>
    public VirtualKey? Find(ReadOnlySpan<char> sent)
    {
        if (sent.Length is 0 or > MaxKeyLength) return null;
        Span<byte> utf8 = stackalloc byte[MaxKeyLength * 3];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(utf8[..Encoding.UTF8.GetBytes(sent, utf8)], hash);
        return _byStart.TryGetValue(Start(hash), out var key) && CryptographicOperations.FixedTimeEquals(key.Sha256.Span, hash) ? key : null;
    }

    // Eight bytes of a hash tell keys apart; the rest is compared in constant time.
    private static ulong Start(ReadOnlySpan<byte> hash) => BinaryPrimitives.ReadUInt64LittleEndian(hash);
}
