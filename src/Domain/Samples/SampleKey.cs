using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;

namespace FinOps.Domain.Samples;

/// <summary>Where a sample belongs. Sealed content opens there and nowhere else.</summary>
public readonly record struct SamplePlace(TenantId Tenant, ProjectId Project, TraceId Trace, SpanId Span);

/// <summary>
/// A tenant's key for samples. Content is compressed (Brotli, because what is encrypted compresses no more) and encrypted with AES-256-GCM under a key that HMAC-SHA256 derives from
/// the tenant's for the trace: so few texts share one that nonces drawn by chance never come near the 2^32 at which GCM wears out (NIST SP 800-38D, 8.3). The place is
/// authenticated with it: a row that was moved to another tenant, project, trace or span does not open. Safe for many threads.
/// </summary>
public sealed class SampleKey
{
    public const int KeyBytes = 32;

    /// <summary>Bytes of one sample's content, before it is compressed, that can be sealed: 1 MiB.</summary>
    public const int MaxContentBytes = 1 << 20;

    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private const int LengthBytes = 4;
    private const int PlaceBytes = 16 + 16 + 16 + 8;
    private const int Overhead = 1 + NonceBytes + TagBytes;

    /// <summary>The form of what is sealed, before everything else.</summary>
    private const byte Form = 1;

    private readonly byte[] _key;

    /// <exception cref="ArgumentException">The key has another length.</exception>
    public SampleKey(Guid id, ReadOnlySpan<byte> key)
    {
        if (key.Length != KeyBytes) throw new ArgumentException($"A key of samples has {KeyBytes} bytes.", nameof(key));
        Id = id;
        _key = key.ToArray();
    }

    public Guid Id { get; }

    /// <summary>A new key from the system's random numbers.</summary>
    public static byte[] NewKey() => RandomNumberGenerator.GetBytes(KeyBytes);

    /// <summary>Bytes that sealing content of this length may take.</summary>
    public static int MaxSealedBytes(int contentBytes) => Overhead + LengthBytes + BrotliEncoder.GetMaxCompressedLength(contentBytes);

    /// <summary>Seals content for its place. Returns the bytes written.</summary>
    public int Seal(SamplePlace place, ReadOnlySpan<byte> content, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(content.Length, MaxContentBytes);
        var plain = ArrayPool<byte>.Shared.Rent(LengthBytes + BrotliEncoder.GetMaxCompressedLength(content.Length));
        try
        {
            BinaryPrimitives.WriteInt32LittleEndian(plain, content.Length);
            // Quality 1: prompts become a third, at a small part of what better compression costs.
            if (!BrotliEncoder.TryCompress(content, plain.AsSpan(LengthBytes), out var compressed, quality: 1, window: 18)) throw new InvalidOperationException("Content did not fit its buffer.");
            var length = LengthBytes + compressed;
            destination[0] = Form;
            var nonce = destination.Slice(1, NonceBytes);
            RandomNumberGenerator.Fill(nonce);
            using var cipher = CipherOf(place.Trace);
            cipher.Encrypt(
                nonce, plain.AsSpan(0, length), destination.Slice(Overhead, length), destination.Slice(1 + NonceBytes, TagBytes), Bytes(place, stackalloc byte[PlaceBytes]));
            return Overhead + length;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(plain, clearArray: true);
        }
    }

    /// <summary>Opens what was sealed under this key for this place; false for anything else, also for a single changed bit.</summary>
    public bool TryOpen(SamplePlace place, ReadOnlySpan<byte> sealedContent, out byte[] content)
    {
        content = [];
        if (sealedContent.Length < Overhead + LengthBytes || sealedContent[0] != Form) return false;
        var plain = new byte[sealedContent.Length - Overhead];
        try
        {
            using var cipher = CipherOf(place.Trace);
            cipher.Decrypt(sealedContent.Slice(1, NonceBytes), sealedContent[Overhead..], sealedContent.Slice(1 + NonceBytes, TagBytes), plain, Bytes(place, stackalloc byte[PlaceBytes]));
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }

        var length = BinaryPrimitives.ReadInt32LittleEndian(plain);
        if (length is < 0 or > MaxContentBytes) return false;
        content = new byte[length];
        return BrotliDecoder.TryDecompress(plain.AsSpan(LengthBytes), content, out var written) && written == length;
    }

    /// <summary>No key in logs.</summary>
    public override string ToString() => Id.ToString();

    private AesGcm CipherOf(TraceId trace)
    {
        Span<byte> text = stackalloc byte[32];
        "finops sample 1 "u8.CopyTo(text);
        trace.WriteBytes(text[16..]);
        Span<byte> key = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key, text, key);
        try
        {
            return new AesGcm(key, TagBytes);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    private static Span<byte> Bytes(SamplePlace place, Span<byte> bytes)
    {
        place.Tenant.Value.TryWriteBytes(bytes, bigEndian: true, out _);
        place.Project.Value.TryWriteBytes(bytes[16..], bigEndian: true, out _);
        place.Trace.WriteBytes(bytes[32..]);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[48..], place.Span.Value);
        return bytes;
    }
}
