using System.Buffers.Binary;
using System.Security.Cryptography;

namespace FinOps.Ingest.Mapping;

/// <summary>
/// Content's traces without content: HMAC-SHA256 under the tenant's secret, the first 64 bits. Equal texts of one tenant give equal hashes, of two tenants
/// never; without the secret nobody can try texts out. 0 stands for "not known".
/// </summary>
internal readonly ref struct ContentHasher(ReadOnlySpan<byte> key)
{
    private readonly ReadOnlySpan<byte> _key = key;

    public ulong Hash(ReadOnlySpan<byte> content)
    {
        if (_key.IsEmpty || content.IsEmpty) return 0;
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key, content, mac);
        var hash = BinaryPrimitives.ReadUInt64BigEndian(mac);
        return hash == 0 ? 1 : hash;
    }
}
