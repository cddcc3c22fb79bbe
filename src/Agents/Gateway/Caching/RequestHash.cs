using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FinOps.Domain.Policies;
using FinOps.Gateway.Forwarding;
using FinOps.Gateway.Providers;

namespace FinOps.Gateway.Caching;

/// <summary>The same question: the same hash.</summary>
internal readonly record struct CacheKey(UInt128 High, UInt128 Low)
{
    // It is a hash already.
    public override int GetHashCode() => (int)(ulong)Low;

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
    private static readonly string[] LeftOut = ["model", "user", "safety_identifier", "metadata", "prompt_cache_key", "stream_options", "service_tier", "litellm_session_id", "litellm_trace_id"];

    private static readonly SearchValues<byte> Spaces = SearchValues.Create(" \n\r\t"u8);

    private const string Usage = "usage";

    /// <summary>In UTF-8, and of a byte in a field's name that is no UTF-8.</summary>
    private const int MostBytesOfALetter = 3;

    /// <summary>Beside the fields' names.</summary>
    private const int OtherTexts = 6;

    /// <param name="owner">Who shares these answers.</param>
    /// <param name="seesUsage">Whether a stream shows its usage.</param>
    /// <param name="policy">Answers of one policy are not another's.</param>
    /// <param name="body">The body.</param>
    /// <param name="fields">What the walk over it found.</param>
    /// <param name="without">A value of it that is no part of the question.</param>
    public static CacheKey Of(string owner, CompiledPolicy policy, Provider provider, string path, string model, bool seesUsage, ReadOnlySpan<byte> body, IReadOnlyList<BodyField> fields, Place without = default)
    {
        // What is kept on trial is that it was asked, and no answer.
        var id = policy.Policy.DryRun ? policy.Policy.Id + " on trial" : policy.Policy.Id;
        var letters = owner.Length + id.Length + provider.Name.Length + path.Length + model.Length + Usage.Length;
        foreach (var field in fields) letters += field.Name.Length;
        var question = new Question((MostBytesOfALetter * letters) + (Question.LengthBytes * (fields.Count + OtherTexts)) + body.Length);
        question.Add(owner);
        question.Add(id);
        question.Add(provider.Name);
        question.Add(path);
        question.Add(model);
        question.Add(seesUsage ? Usage : "");
        AddFields(ref question, body, fields, without);
        return question.ToKey();
    }

    /// <summary>What is hashed. A short one is put together in rented memory and hashed at once, for each piece by itself is a call of the system's library; a long one is not copied.</summary>
    private struct Question
    {
        public const int LengthBytes = 4;

        [ThreadStatic]
        private static IncrementalHash? _ofThread;

        private readonly IncrementalHash? _hash;
        private readonly byte[] _bytes = [];
        private int _length;

        /// <param name="most">Bytes.</param>
        public Question(int most)
        {
            if (most > EventLoop.MaxBytes) _hash = _ofThread ??= IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            else _bytes = ArrayPool<byte>.Shared.Rent(most);
        }

        public void Add(string text)
        {
            // The length first: two texts cannot run into each other.
            Span<byte> length = stackalloc byte[LengthBytes];
            BinaryPrimitives.WriteInt32LittleEndian(length, text.Length);
            Add(length);
            if (_hash is not null) _hash.AppendData(Encoding.UTF8.GetBytes(text));
            else _length += Encoding.UTF8.GetBytes(text, _bytes.AsSpan(_length));
        }

        public void Add(ReadOnlySpan<byte> bytes)
        {
            if (_hash is not null)
            {
                _hash.AppendData(bytes);
                return;
            }

            bytes.CopyTo(_bytes.AsSpan(_length));
            _length += bytes.Length;
        }

        /// <summary>Once.</summary>
        public readonly CacheKey ToKey()
        {
            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
            if (_hash is not null)
            {
                _hash.GetHashAndReset(hash);
            }
            else
            {
                SHA256.HashData(_bytes.AsSpan(0, _length), hash);
                ArrayPool<byte>.Shared.Return(_bytes);
            }

            return CacheKey.FromBytes(hash);
        }
    }

    private static void AddFields(ref Question question, ReadOnlySpan<byte> body, IReadOnlyList<BodyField> fields, Place without)
    {
        var named = new List<(string Name, Place Value)>(fields.Count);
        foreach (var field in fields)
        {
            var name = NameOf(field, body);
            if (Array.IndexOf(LeftOut, name) < 0) named.Add((name, field.Value));
        }

        named.Sort(static (one, other) => string.CompareOrdinal(one.Name, other.Name));
        foreach (var (name, value) in named)
        {
            question.Add(name);
            if (value != without) AddWithoutSpaces(ref question, body.Slice(value.Start, value.Length));
        }
    }

    private static string NameOf(BodyField field, ReadOnlySpan<byte> body)
    {
        var name = body.Slice(field.Name.Start, field.Name.Length);
        if (!field.IsEscaped) return KnownNames.Text(name);
        var reader = new Utf8JsonReader(body.Slice(field.Name.Start - 1, field.Name.Length + 2));
        reader.Read();
        return reader.GetString()!;
    }

    /// <summary>The value without what stands between its tokens: in pieces as long as nothing is left out.</summary>
    private static void AddWithoutSpaces(ref Question question, ReadOnlySpan<byte> value)
    {
        var (from, at) = (0, 0);
        while (at < value.Length)
        {
            // Up to the next string nothing but tokens and spaces; a string goes over as it is.
            var quote = value[at..].IndexOf((byte)'"');
            var end = quote < 0 ? value.Length : at + quote;
            while (value[at..end].IndexOfAny(Spaces) is >= 0 and var space)
            {
                question.Add(value[from..(at + space)]);
                from = at += space + 1;
            }

            if (quote < 0) break;
            at = EndOfString(value, end);
        }

        question.Add(value[from..]);
    }

    /// <param name="at">Of its first quote.</param>
    private static int EndOfString(ReadOnlySpan<byte> value, int at)
    {
        at++;
        while (true)
        {
            at += value[at..].IndexOfAny((byte)'"', (byte)'\\');
            if (value[at] == '"') return at + 1;
            at += 2;
        }
    }
}
