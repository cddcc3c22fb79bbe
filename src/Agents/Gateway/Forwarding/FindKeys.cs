using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using FinOps.Domain.Policies;
using FinOps.Gateway.Metering;

namespace FinOps.Gateway.Forwarding;

/// <summary>
/// Finds the virtual key that a caller sent. Policies know keys by their SHA-256 alone; which one a caller's text is, is remembered by two keyed hashes of it under secrets of this process, so that neither the text is kept nor a SHA-256 made
/// for each call. What is no key is not remembered: there are at most as many as the bundle has.
/// </summary>
internal sealed class FindKeys
{
    private const int MaxLength = 512;

    private readonly ContentHash _high = ContentHash.Random(), _low = ContentHash.Random();
    private Known _known = new(PolicySnapshot.Empty, []);

    /// <summary>Of one bundle: another one may have revoked what this one has.</summary>
    private sealed record Known(PolicySnapshot Snapshot, ConcurrentDictionary<(ulong High, ulong Low), CompiledKey> Keys);

    public CompiledKey? Find(PolicySnapshot snapshot, ReadOnlySpan<char> sent)
    {
        if (sent.Length is 0 or > MaxLength || snapshot.KeyCount == 0) return null;
        Span<byte> utf8 = stackalloc byte[MaxLength * 3];
        utf8 = utf8[..Encoding.UTF8.GetBytes(sent, utf8)];
        var known = Volatile.Read(ref _known);
        if (!ReferenceEquals(known.Snapshot, snapshot)) Volatile.Write(ref _known, known = new Known(snapshot, []));
        var hash = (_high.Hash(utf8), _low.Hash(utf8));
        if (known.Keys.TryGetValue(hash, out var key)) return key;
        Span<byte> sha256 = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(utf8, sha256);
        key = snapshot.FindKey(sha256);
        if (key is not null) known.Keys[hash] = key;
        return key;
    }
}
