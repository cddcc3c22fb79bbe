using CsCheck;
using FinOps.Ingest.Mapping;
using Xunit;

namespace FinOps.Ingest.Tests.Mapping;

public sealed class UsualAttributeTests
{
    private const uint KeyTag = 1 << 3 | Wire.Length;
    private const uint ValueTag = 2 << 3 | Wire.Length;

    /// <summary>Whatever the quick reader takes, the general one reads the same; small numbers make tags and lengths that fit likely.</summary>
    [Fact]
    public void TryReadUsual_AnyBytes_ReadsAsTheGeneralReader()
    {
        var taken = 0;
        var small = Gen.OneOf(Gen.Byte[0, 4], Gen.Const((byte)0x0A), Gen.Const((byte)0x12), Gen.Const((byte)0x18), Gen.Const((byte)0x21), Gen.Byte);
        var random = small.Array[0, 24];
        var shaped = Gen.Select(small.Array[0, 6], small.Array[2, 12], (key, value) => (byte[])[0x0A, (byte)key.Length, .. key, 0x12, (byte)value.Length, .. value]);
        Gen.OneOf(random, shaped).Sample(
            bytes =>
            {
                byte[] body = [9, 9, 9, .. bytes, 9];
                var pair = new Slice(3, bytes.Length);
                if (!AttributeValue.TryReadUsual(body, pair, out var key, out var value)) return;
                Interlocked.Increment(ref taken);
                Slice generalKey = default, encoded = default;
                var reader = new ProtoReader(body, pair);
                while (reader.TryReadTag(out var tag))
                {
                    if (tag == KeyTag) generalKey = reader.ReadSlice();
                    else if (tag == ValueTag) encoded = reader.ReadSlice();
                    else reader.Skip(tag);
                }

                var general = AttributeValue.Read(body, encoded);
                Assert.Equal(generalKey, key);
                Assert.Equal(general.Kind, value.Kind);
                Assert.Equal(general.Text, value.Text);
                Assert.Equal(general.TryLong(body, out var expected), value.TryLong(body, out var number));
                Assert.Equal(expected, number);
            },
            iter: 100_000);
        Assert.True(taken > 100);
    }
}
