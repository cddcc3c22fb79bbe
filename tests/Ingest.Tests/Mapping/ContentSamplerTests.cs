using System.Text;
using FinOps.Domain.Samples;
using FinOps.Domain.Usage;
using FinOps.Ingest.Health;
using FinOps.Ingest.Mapping;
using FinOps.Ingest.Pipeline;

namespace FinOps.Ingest.Tests.Mapping;

/// <summary>What is kept of content, in every dialect, and that nothing is where nobody opted in.</summary>
public sealed class ContentSamplerTests
{
    private static readonly SamplePlan All = new(new SampleShare(SampleShare.Most), new SampleKey(Guid.NewGuid(), SampleKey.NewKey()));

    public static TheoryData<string, (string, object)[], string> Dialects => new()
    {
        {
            "OpenTelemetry", [
                ("gen_ai.system_instructions", "[\"Be brief\"]"), ("gen_ai.input.messages", "[{\"role\":\"user\"}]"), ("gen_ai.output.messages", "[{\"role\":\"assistant\"}]"),
                ("gen_ai.tool.definitions", "[{}]")],
            "System system=[\"Be brief\"] | Tools tools=[{}] | Input input=[{\"role\":\"user\"}] | Output output=[{\"role\":\"assistant\"}]"
        },
        {
            "OpenInference", [
                ("llm.input_messages.0.message.role", "user"), ("llm.input_messages.0.message.content", "hi"), ("llm.input_messages.10.message.content", "again"), ("input.value", "{\"all\":1}"),
                ("llm.output_messages.0.message.content", "hello"), ("output.value", "{\"all\":2}"), ("llm.tools.0.tool.json_schema", "{}")],
            "Tools 0.tool.json_schema={} | Input 0.message.role=user | Input 0.message.content=hi | Input 10.message.content=again | Output 0.message.content=hello"
        },
        { "Traceloop", [("gen_ai.prompt.0.content", "hi"), ("gen_ai.completion.0.content", "hello")], "Input 0.content=hi | Output 0.content=hello" },
        { "Vercel", [("ai.prompt.messages", "[1]"), ("ai.response.text", "hello"), ("ai.response.toolCalls", "[2]")], "Input input=[1] | Output output=hello | Output tool calls=[2]" },
        { "Langfuse", [("langfuse.observation.input", "hi"), ("langfuse.observation.output", "hello")], "Input input=hi | Output output=hello" },
        { "values alone", [("input.value", "hi"), ("output.value", "hello")], "Input input=hi | Output output=hello" },
        { "an array", [("gen_ai.input.messages", (string[])["hi", "quote \""])], "Input input=[\"hi\",\"quote \\\"\"]" },
        {
            "nested values",
            [("gen_ai.output.messages", Nested())],
            "Output output=[{\"role\":\"assistant\",\"ok\":true,\"n\":7,\"half\":0.5}]"
        },
        { "embeddings", [("gen_ai.operation.name", "embeddings"), ("ai.values", (string[])["one"]), ("output.value", "[0.1]")], "Input input=[\"one\"]" },
        { "embeddings in parts", [("gen_ai.operation.name", "embeddings"), ("embedding.embeddings.0.embedding.text", "one")], "Input 0.embedding.text=one" },
    };

    [Theory]
    [MemberData(nameof(Dialects))]
    public void Content_OfADialect_IsKeptOnce(string dialect, (string, object)[] attributes, string expected)
    {
        var harness = Harness(All);
        harness.Spans("any", new TestSpan { Attributes = [.. Usage, .. attributes] });

        var row = Assert.Single(harness.Rows.CallSamples);
        Assert.True(All.Key.TryOpen(new SamplePlace(row.Tenant, row.Project, row.TraceId, row.SpanId), row.Sealed, out var content), dialect);
        Assert.Equal(expected, string.Join(" | ", SamplePart.Read(content).Select(part => $"{part.Kind} {part.Name}={part.Text}")));
        var call = Assert.Single(harness.Rows.Calls);
        Assert.Equal((call.Tenant, call.Project, call.TraceId, call.SpanId, call.StartUnixMicros), (row.Tenant, row.Project, row.TraceId, row.SpanId, row.StartUnixMicros));
        Assert.Equal((All.Key.Id, row.ToldBytes, 0), (row.KeyId, row.KeptBytes, harness.Tally[IngestReason.SampleCut]));
    }

    [Fact]
    public void Content_WithoutAPlan_OutsideTheShare_OrWithNothingTold_IsNotKept()
    {
        foreach (var plan in (SamplePlan?[])[null, All with { Share = SampleShare.Off }, All with { Share = new SampleShare(306) }])
        {
            var harness = Harness(plan);
            harness.Spans("any", new TestSpan { Attributes = [.. Usage, ("gen_ai.input.messages", "secret")] });
            Assert.Empty(harness.Rows.CallSamples);
            Assert.Single(harness.Rows.Calls);
        }

        // The next thousandth takes this trace (SampleShareTests): the test above could fail.
        var taken = Harness(All with { Share = new SampleShare(307) });
        taken.Spans("any", new TestSpan { Attributes = [.. Usage, ("gen_ai.input.messages", "secret")] });
        Assert.Single(taken.Rows.CallSamples);
        var silent = Harness(All);
        silent.Spans("any", new TestSpan { Attributes = [.. Usage] }, new TestSpan { SpanId = [9, 9, 9, 9, 9, 9, 9, 9], Attributes = [("input.value", "no call")] });
        Assert.Empty(silent.Rows.CallSamples);
        Assert.Equal((1, 1), (silent.Rows.Calls.Count, silent.Rows.Links.Count));
    }

    [Fact]
    public void Content_LongerThanTheLimit_KeepsTheAnswerAndTheBeginning_WithinCharacters()
    {
        var harness = Harness(All, new MappingLimits { MaxSampleBytes = 1024 });
        var (prompt, answer) = (new string('é', 5_000), new string('€', 5_000));
        harness.Spans("any", new TestSpan { Attributes = [.. Usage, ("gen_ai.input.messages", prompt), ("gen_ai.output.messages", answer), ("gen_ai.tool.definitions", "[]")] });

        var row = Assert.Single(harness.Rows.CallSamples);
        Assert.True(All.Key.TryOpen(new SamplePlace(row.Tenant, row.Project, row.TraceId, row.SpanId), row.Sealed, out var content));
        var parts = SamplePart.Read(content);
        Assert.Equal([SamplePartKind.Input, SamplePartKind.Output], parts.Select(part => part.Kind));
        Assert.All(parts, part => Assert.InRange(Encoding.UTF8.GetByteCount(part.Text), 480, 512));
        Assert.StartsWith(parts[0].Text, prompt, StringComparison.Ordinal);
        Assert.StartsWith(parts[1].Text, answer, StringComparison.Ordinal);
        Assert.InRange(content.Length, 1000, 1024);
        Assert.Equal((25_002u, (uint)parts.Sum(part => Encoding.UTF8.GetByteCount(part.Text)), 1), (row.ToldBytes, row.KeptBytes, harness.Tally[IngestReason.SampleCut]));
        // The evidence is of the whole.
        Assert.NotEqual(0UL, Assert.Single(harness.Rows.Calls).InputHash);
    }

    /// <summary>What goes to ClickHouse, or to the spool while it is away, are these pieces.</summary>
    [Fact]
    public void Blocks_OfSampledCalls_HoldNoContentInPlain()
    {
        var harness = Harness(All);
        harness.Spans("any", new TestSpan { Attributes = [.. Usage, ("gen_ai.input.messages", "what the canary sings"), ("gen_ai.output.messages", "canary"), ("gen_ai.response.id", "seen")] });
        var group = new RowGroup();
        group.Append(harness.Rows, now: 0);
        List<ReadOnlyMemory<byte>> pieces = [];
        foreach (var block in group.Blocks.Where(block => block.Rows > 0)) block.AddPieces(pieces);

        Assert.Contains(pieces, piece => piece.Span.IndexOf("seen"u8) >= 0);
        Assert.DoesNotContain(pieces, piece => piece.Span.IndexOf("canary"u8) >= 0);
        Assert.Equal(1, group.Blocks.Single(block => block.Table == "call_samples").Rows);
    }

    /// <summary>Opting in must not change which spans are taken.</summary>
    [Fact]
    public void Content_ThatCannotBeRead_CountsAsCut_AndTheCallIsTaken()
    {
        // A list whose one pair is no message.
        var broken = new OtlpBytes.Encoded(new OtlpBytes().Message(6, new OtlpBytes().Message(1, [0x0A, 0x7F]).ToArray()).ToArray());
        foreach (var plan in (SamplePlan?[])[null, All])
        {
            var harness = Harness(plan);
            var result = harness.Spans("any", new TestSpan { Attributes = [.. Usage, ("gen_ai.output.messages", broken), ("gen_ai.input.messages", "hi")] });
            Assert.Equal((false, 1, plan is null ? 0 : 1), (result.Malformed, result.Accepted, harness.Tally[IngestReason.SampleCut]));
            Assert.Equal(plan is null ? 0 : 1, harness.Rows.CallSamples.Count);
        }
    }

    [Fact]
    public void Rows_UsedAgain_HoldNothingOfTheRequestBefore()
    {
        var harness = Harness(All);
        harness.Spans("any", new TestSpan { Attributes = [.. Usage, ("gen_ai.input.messages", "a long text, sealed")] });
        var row = harness.Rows.CallSamples[0];
        Assert.Equal(row.SealedBytes, harness.Rows.SealedBytes);
        Assert.Equal(2, harness.Rows.RowCount);

        harness.Rows.Clear();

        Assert.Equal((0, 0, default(TraceId), Guid.Empty), (harness.Rows.SealedBytes, row.SealedBytes, row.TraceId, row.KeyId));
        Assert.Same(row, harness.Rows.AddCallSample());
    }

    private static (string, object)[] Usage => [("gen_ai.provider.name", "openai"), ("gen_ai.request.model", "gpt-5"), ("gen_ai.usage.input_tokens", 10), ("gen_ai.usage.output_tokens", 5)];

    private static OtlpBytes.Encoded Nested()
    {
        static byte[] Pair(string key, object value) => OtlpBytes.Attribute(key, value);
        var message = new OtlpBytes().Message(1, Pair("role", "assistant")).Message(1, Pair("ok", true)).Message(1, Pair("n", 7)).Message(1, Pair("half", 0.5)).ToArray();
        var item = new OtlpBytes().Message(6, message).ToArray();
        return new OtlpBytes.Encoded(new OtlpBytes().Message(5, new OtlpBytes().Message(1, item).ToArray()).ToArray());
    }

    private static MapperHarness Harness(SamplePlan? plan, MappingLimits? limits = null)
    {
        var harness = new MapperHarness();
        harness.Context = harness.Context with { Samples = plan, Limits = limits ?? harness.Context.Limits };
        return harness;
    }
}
