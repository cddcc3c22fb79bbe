using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using FinOps.Domain.Hashing;

namespace FinOps.Gateway.Metering;

/// <summary>Keyed hashes of what is asked: equal questions have equal ones, and nobody without the key can tell which question it was.</summary>
internal sealed class ContentHash
{
    private readonly ulong _key0, _key1;

    /// <param name="secret">Any text; its SHA-256 is the key.</param>
    public ContentHash(string secret)
        : this(SHA256.HashData(Encoding.UTF8.GetBytes(secret)))
    {
    }

    private ContentHash(ReadOnlySpan<byte> key)
    {
        _key0 = BinaryPrimitives.ReadUInt64LittleEndian(key);
        _key1 = BinaryPrimitives.ReadUInt64LittleEndian(key[8..]);
    }

    public static ContentHash Random() => new(RandomNumberGenerator.GetBytes(16));

    /// <summary>Never 0, which means "not known".</summary>
    public ulong Hash(ReadOnlySpan<byte> content) => SipHash.Compute(_key0, _key1, content) is var hash && hash != 0 ? hash : 1;
}
