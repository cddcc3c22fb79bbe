using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FinOps.Domain.Policies;
using FinOps.Gateway.Providers;

namespace FinOps.Gateway.Caching;

/// <summary>The same question: the same hash.</summary>
internal readonly record struct CacheKey(UInt128 High, UInt128 Low)
{
    public override string ToString() => $"{High:x32}{Low:x32}";

    public static CacheKey FromBytes(ReadOnlySpan<byte> sha256) => new(BinaryPrimitives.ReadUInt128BigEndian(sha256), BinaryPrimitives.ReadUInt128BigEndian(sha256[16..]));

    public byte[] ToBytes()
    {
        var bytes = new byte[32];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, High);
        BinaryPrimitives.WriteUInt128BigEndian(bytes.AsSpan(16), Low);
        return bytes;
    }

    public static CacheKey Parse(ReadOnlySpan<char> hex) => new(UInt128.Parse(hex[..32], System.Globalization.NumberStyles.HexNumber, null), UInt128.Parse(hex[32..], System.Globalization.NumberStyles.HexNumber, null));
}

/// <summary>
/// Hashes what decides about an answer: who may share it, where it goes, and the body without spaces and whatever the order of its fields. Who asks, and what is only filed with
/// the provider, does not change the answer and is left out.
/// </summary>
internal static class RequestHash
{
    private const int FewFields = 32;

    private static readonly string[] LeftOut = ["user", "safety_identifier", "metadata", "prompt_cache_key", "store", "stream_options", "service_tier"];

    /// <param name="owner">Who shares these answers.</param>
    /// <param name="seesUsage">Whether a stream shows its usage.</param>
    /// <param name="policy">Answers of one policy are not another's.</param>
    public static CacheKey Of(string owner, CompiledPolicy policy, Provider provider, string path, string model, bool seesUsage, ReadOnlySpan<byte> body)
    {
        using var all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(all, owner);
        Append(all, policy.Policy.Id);
        Append(all, provider.Name);
        Append(all, path);
        Append(all, model);
        Append(all, seesUsage ? "usage" : "");
        AppendFields(all, body);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        all.GetHashAndReset(hash);
        return new CacheKey(System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(hash), System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(hash[16..]));
    }

    private static void Append(IncrementalHash hash, string text)
    {
        // The length first: two texts cannot run into each other.
        Span<byte> length = stackalloc byte[4];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(length, text.Length);
        hash.AppendData(length);
        hash.AppendData(Encoding.UTF8.GetBytes(text));
    }

    private static void AppendFields(IncrementalHash hash, ReadOnlySpan<byte> body)
    {
        var fields = new List<(string Name, int Start, int End)>(FewFields);
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = 256 });
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            if (name != "model" && Array.IndexOf(LeftOut, name) < 0) fields.Add((name, start, (int)reader.BytesConsumed));
        }

        fields.Sort(static (one, other) => string.CompareOrdinal(one.Name, other.Name));
        var buffer = ArrayPool<byte>.Shared.Rent(body.Length + 1);
        foreach (var (name, start, end) in fields)
        {
            Append(hash, name);
            hash.AppendData(buffer.AsSpan(0, WithoutSpaces(body[start..end], buffer)));
        }

        ArrayPool<byte>.Shared.Return(buffer);
    }

    /// <summary>The value without what stands between its tokens.</summary>
    private static int WithoutSpaces(ReadOnlySpan<byte> value, Span<byte> to)
    {
        var length = 0;
        while (true)
        {
            // Up to the next string, nothing but tokens and spaces; a string goes over as it is.
            var quote = value.IndexOf((byte)'"');
            var between = quote < 0 ? value : value[..quote];
            foreach (var letter in between)
                if (letter is not ((byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')) to[length++] = letter;
            if (quote < 0) return length;
            var text = value[quote..];
            var end = 1;
            while (text[end] != '"') end += text[end] == '\\' ? 2 : 1;
            text[..(end + 1)].CopyTo(to[length..]);
            length += end + 1;
            value = text[(end + 1)..];
        }
    }
}
