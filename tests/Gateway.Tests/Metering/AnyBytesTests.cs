using System.Buffers;
using System.Text;
using CsCheck;
using FinOps.Domain.Policies;
using FinOps.Gateway.Forwarding;
using FinOps.Gateway.Metering;
using FinOps.Gateway.Providers;
using FinOps.Gateway.Reporting;

namespace FinOps.Gateway.Tests.Metering;

/// <summary>Whatever comes over the wire: nothing throws, and what is passed on is what came.</summary>
public sealed class AnyBytesTests
{
    private static readonly string[] Words =
    [
        "data: ", "data:", "event: x\n", "\n\n", "\r\n\r\n", "\r", "[DONE]", "{", "}", "[", "]", "\"usage\":", "null", "\"choices\":[]", ",", "\"model\":\"a\"", "\"id\":\"\\ud800\"", "1e999", "-1", "\"prompt_tokens\":5", "\"stream\":true",
        "\"stream_options\":{", "\"metadata\":{\"tags\":[", "\"message\":{", "\"response\":{", "ü", "\u0000", ": c\n", "{\"\\ud800\":1,", "\"mod\\u0065l\":\"b\"",
    ];

    private static readonly Provider Openai = new("openai", ProviderKind.OpenAi, new Uri("https://api.openai.com/v1"), "k", false, false, true, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));

    private static readonly Gen<byte[]> Bytes = Gen.OneOf(
        Gen.Byte.Array[0, 60], Gen.OneOf(Words).Array[0, 24].Select(words => Encoding.UTF8.GetBytes(string.Concat(words))), Gen.OneOf(Words).Array[0, 24].Select(words => Encoding.Latin1.GetBytes(string.Concat(words))));

    [Fact]
    public void Requests_OfAnyBytes_AreUnderstoodOrRefused() => Bytes.Sample(
        bytes =>
        {
            var facts = BodyFacts.Read(bytes, Operation.Chat);
            if (facts.Fault != BodyFault.None) return;
            Assert.All(facts.All!, field => Assert.Contains((char)bytes[field.Value.Start], "{[\"-0123456789tfn"));
            Assert.All(BodySplices.For(facts, Openai, RequestOperation.Chat, "another", true, 5), splice => Assert.InRange(splice.At.End, 0, bytes.Length));
        },
        iter: 20_000);

    [Fact]
    public void Streams_OfAnyBytes_ArePassedOnWhole_InAnyPieces() => Gen.Select(Bytes, Gen.Int[1, 9]).Sample(
        (bytes, size) =>
        {
            using var reading = new StreamReading(1 << 20, hidesUsage: false, new GatewayCounters());
            var (facts, to) = (new AnswerFacts(), new ArrayBufferWriter<byte>());
            foreach (var piece in bytes.Chunk(size)) reading.Take(piece, ref facts, to);
            reading.End(ref facts, to);
            Assert.Equal(bytes, to.WrittenSpan.ToArray());
        },
        iter: 2_000);

    [Fact]
    public void Streams_WithHiddenUsage_AreTheSame_HoweverTheyAreCut() => Gen.Select(Bytes, Gen.Int[1, 9]).Sample(
        (bytes, size) => Assert.Equal(Hide([bytes]), Hide(bytes.Chunk(size))),
        iter: 2_000);

    private static string Hide(IEnumerable<byte[]> pieces)
    {
        using var reading = new StreamReading(1 << 20, hidesUsage: true, new GatewayCounters());
        var (facts, to) = (new AnswerFacts(), new ArrayBufferWriter<byte>());
        foreach (var piece in pieces) reading.Take(piece, ref facts, to);
        reading.End(ref facts, to);
        return Convert.ToHexString(to.WrittenSpan);
    }

    [Fact]
    public void Lines_OfAnyBytes_AreTheSame_HoweverTheyAreCut() => Gen.Select(Gen.OneOf(Bytes, Gen.OneOf(Words).Array[0, 24].Select(words => Encoding.UTF8.GetBytes(string.Join('\n', words)))), Gen.Int[1, 9]).Sample(
        (bytes, size) =>
        {
            const int Most = 12;
            var counters = new GatewayCounters();
            using var buffer = new LineBuffer(Most, counters);
            var lines = new List<string>();
            foreach (var piece in bytes.Chunk(size))
            {
                buffer.Append(piece);
                while (buffer.TryTake(out var line)) lines.Add(Convert.ToHexString(line));
            }

            var whole = Encoding.Latin1.GetString(bytes).Split('\n');
            Assert.Equal(whole[..^1].Where(line => line.Length <= Most).Select(line => Convert.ToHexString(Encoding.Latin1.GetBytes(line))), lines);
            Assert.Equal(whole[^1].Length <= Most ? whole[^1] : "", Encoding.Latin1.GetString(buffer.Rest));
            foreach (var line in lines) BatchLine.TryRead(Convert.FromHexString(line), out _);
        },
        iter: 2_000);

    [Fact]
    public void Usage_OfAnyNumbers_SplitsIntoPartsThatSumToWhatWasTold() => Gen.Select(Gen.Long[-5, 5000], Gen.Long[-5, 5000], Gen.Long[-5, 5000], Gen.Long[-5, 5000], Gen.Long[-5, 5000], Gen.Bool).Sample(
        (input, output, read, write, reasoning, includes) =>
        {
            var numbers = UsageNumbers.None with { Input = Math.Max(-1, input), Output = Math.Max(-1, output), CacheRead = Math.Max(-1, read), CacheWrite = Math.Max(-1, write), Reasoning = Math.Max(-1, reasoning) };
            var usage = numbers.ToVector(includes);
            var cached = (ulong)(Math.Max(0, read) + Math.Max(0, write));
            var told = (ulong)Math.Max(0, input);
            Assert.Equal(includes ? Math.Max(told, cached) : told + cached, usage.InputTotal);
            Assert.Equal((ulong)(reasoning > output ? Math.Max(0, output) + Math.Max(0, reasoning) : Math.Max(0, output)), usage.OutputTotal);
        });
}
