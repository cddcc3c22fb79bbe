using System.Buffers;
using System.Buffers.Text;

namespace FinOps.Gateway.Embeddings;

/// <summary>
/// A vector as its provider wrote it. Base64 is kept as the numbers that it stands for, if writing them again gives the same letters, as it does with every known provider; a list of
/// numbers stays the text it is, because other ones could stand for the same number.
/// </summary>
/// <param name="Form"><see cref="Numbers"/> or <see cref="Text"/>.</param>
/// <param name="Tokens">Of its text: what asking for it again would cost.</param>
internal readonly record struct KeptVector(string Form, ReadOnlyMemory<byte> Bytes, uint Tokens)
{
    public const string Numbers = "vector/base64";
    public const string Text = "vector/json";

    /// <param name="value">With its quotes or brackets.</param>
    public static KeptVector Of(ReadOnlySpan<byte> value, uint tokens)
    {
        if (value[0] == '"')
        {
            var letters = value[1..^1];
            var numbers = new byte[Base64.GetMaxDecodedFromUtf8Length(letters.Length)];
            if (Base64.DecodeFromUtf8(letters, numbers, out _, out var count) == OperationStatus.Done && Base64.GetMaxEncodedToUtf8Length(count) == letters.Length)
            {
                var again = new byte[letters.Length];
                Base64.EncodeToUtf8(numbers.AsSpan(0, count), again, out _, out _);
                if (letters.SequenceEqual(again)) return new KeptVector(Numbers, numbers.AsMemory(0, count).ToArray(), tokens);
            }
        }

        return new KeptVector(Text, value.ToArray(), tokens);
    }

    /// <summary>What it takes in an answer.</summary>
    public int Length => Form == Numbers ? Base64.GetMaxEncodedToUtf8Length(Bytes.Length) + 2 : Bytes.Length;

    public void WriteTo(IBufferWriter<byte> to)
    {
        if (Form != Numbers)
        {
            to.Write(Bytes.Span);
            return;
        }

        to.Write("\""u8);
        Base64.EncodeToUtf8(Bytes.Span, to.GetSpan(Base64.GetMaxEncodedToUtf8Length(Bytes.Length)), out _, out var written);
        to.Advance(written);
        to.Write("\""u8);
    }
}
