using System.Text;
using FinOps.Domain.Samples;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;

namespace FinOps.Domain.Tests.Samples;

public sealed class SampleKeyTests
{
    private static readonly byte[] Content = Encoding.UTF8.GetBytes(string.Join(' ', Enumerable.Repeat("What does the canary sing?", 200)));

    private readonly SampleKey _key = new(Guid.NewGuid(), SampleKey.NewKey());
    private readonly SamplePlace _place = new(new TenantId(Guid.NewGuid()), new ProjectId(Guid.NewGuid()), new TraceId(1, 2), new SpanId(3));

    [Fact]
    public void Seal_Opened_IsWhatItWas_AndSmaller()
    {
        var sealedContent = Seal(Content);

        Assert.True(_key.TryOpen(_place, sealedContent, out var opened));
        Assert.Equal(Content, opened);
        Assert.InRange(sealedContent.Length, 1, Content.Length / 3);
        Assert.Equal(-1, sealedContent.AsSpan().IndexOf("canary"u8));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(SampleKey.MaxContentBytes)]
    public void Seal_OfAnyLength_Opens(int length)
    {
        var random = new byte[length];
        new Random(length).NextBytes(random);

        Assert.True(_key.TryOpen(_place, Seal(random), out var opened));
        Assert.Equal(random, opened);
    }

    [Fact]
    public void Seal_LongerThanTheLimit_IsRefused() => Assert.Throws<ArgumentOutOfRangeException>(() => Seal(new byte[SampleKey.MaxContentBytes + 1]));

    [Fact]
    public void Seal_TheSameTwice_TellsNothingOfIt() => Assert.NotEqual(Seal(Content), Seal(Content));

    [Fact]
    public void TryOpen_WithAnyByteChangedOrCutOff_Refuses()
    {
        var sealedContent = Seal("short"u8);
        for (var place = 0; place < sealedContent.Length; place++)
        {
            var changed = sealedContent.ToArray();
            changed[place] ^= 1;
            Assert.False(_key.TryOpen(_place, changed, out var opened));
            Assert.Empty(opened);
            Assert.False(_key.TryOpen(_place, sealedContent.AsSpan(0, place), out _));
        }
    }

    [Fact]
    public void TryOpen_WithAnotherKeyOrInAnotherPlace_Refuses()
    {
        var sealedContent = Seal(Content);

        Assert.False(new SampleKey(_key.Id, SampleKey.NewKey()).TryOpen(_place, sealedContent, out _));
        Assert.False(_key.TryOpen(_place with { Tenant = new TenantId(Guid.NewGuid()) }, sealedContent, out _));
        Assert.False(_key.TryOpen(_place with { Project = new ProjectId(Guid.NewGuid()) }, sealedContent, out _));
        Assert.False(_key.TryOpen(_place with { Trace = new TraceId(1, 3) }, sealedContent, out _));
        Assert.False(_key.TryOpen(_place with { Span = new SpanId(4) }, sealedContent, out _));
    }

    [Fact]
    public void Parts_WrittenAndRead_AreInTheOrderOfAConversation()
    {
        var content = new System.Buffers.ArrayBufferWriter<byte>();
        SamplePart.Write(content, SamplePartKind.Output, "output"u8, "Fine."u8);
        SamplePart.Write(content, SamplePartKind.Input, "0.message.role"u8, "user"u8);
        SamplePart.Write(content, SamplePartKind.Input, "0.message.content"u8, "Grüß Gott, \U0001F680\xFF"u8);
        SamplePart.Write(content, SamplePartKind.System, "system"u8, ""u8);

        Assert.Equal(
            [
                new SamplePart(SamplePartKind.System, "system", ""), new SamplePart(SamplePartKind.Input, "0.message.role", "user"),
                new SamplePart(SamplePartKind.Input, "0.message.content", "Grüß Gott, \U0001F680ÿ"), new SamplePart(SamplePartKind.Output, "output", "Fine."),
            ],
            SamplePart.Read(content.WrittenSpan));
        for (var length = 1; length < content.WrittenCount; length++)
        {
            // Cut between two parts it is a shorter content; anywhere else it is none.
            if (Record.Exception(() => SamplePart.Read(content.WrittenSpan[..length])) is { } failure) Assert.IsType<FormatException>(failure);
            else Assert.Contains(length, Ends);
        }
    }

    private static readonly int[] Ends = [18, 18 + 25, 18 + 25 + 43];

    private byte[] Seal(ReadOnlySpan<byte> content)
    {
        var room = new byte[SampleKey.MaxSealedBytes(content.Length)];
        return room[.._key.Seal(_place, content, room)];
    }
}
