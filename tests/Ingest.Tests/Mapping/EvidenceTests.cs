using FinOps.Domain.Hashing;
using FinOps.Domain.Usage;
using FinOps.Ingest.Mapping;

namespace FinOps.Ingest.Tests.Mapping;

/// <summary>Content leaves hashes and counts behind, and nothing else.</summary>
public sealed class EvidenceTests
{
    private const string Secret = "MAGENTA-ELEPHANT";
    private const string System = """{"role":"system","content":"Be brief."}""";

    private static CallReport Map(string scope, byte[] key, params (string, object)[] attributes)
    {
        var harness = new MapperHarness();
        harness.Context = harness.Context with { HashKey = key };
        harness.Spans(scope, new TestSpan { Attributes = [("gen_ai.operation.name", "chat"), ("gen_ai.usage.input_tokens", 1000), .. attributes] });
        return Assert.Single(harness.Rows.Calls);
    }

    private static readonly byte[] KeyOne = "tenant one"u8.ToArray();
    private static readonly byte[] KeyTwo = "tenant two"u8.ToArray();

    [Fact]
    public void Hash_SameInput_IsEqualWithinATenantAndDiffersBetweenTenants()
    {
        (string, object) input = ("gen_ai.input.messages", $$"""[{{System}},{"role":"user","content":"hi"}]""");
        var first = Map("x", KeyOne, input);
        Assert.NotEqual(0UL, first.InputHash);
        Assert.Equal(first.InputHash, Map("x", KeyOne, input, ("gen_ai.request.model", "another")).InputHash);
        Assert.NotEqual(first.InputHash, Map("x", KeyTwo, input).InputHash);
        Assert.NotEqual(first.PrefixHash, Map("x", KeyTwo, input).PrefixHash);
        Assert.Equal(0UL, Map("x", [], input).InputHash);
    }

    [Fact]
    public void Hash_SamePrefixOtherQuestion_SharesOnlyThePrefixHash()
    {
        var one = Map("x", KeyOne, ("gen_ai.input.messages", $$"""[{{System}},{"role":"user","content":"hi"}]"""));
        var two = Map("x", KeyOne, ("gen_ai.input.messages", $$"""[{{System}},{"role":"user","content":"hello"},{"role":"assistant","content":"yes?"},{"role":"user","content":"go"}]"""));
        Assert.Equal(one.PrefixHash, two.PrefixHash);
        Assert.NotEqual(one.InputHash, two.InputHash);
        Assert.Equal((2, 1), (one.MessageCount, one.TurnNumber));
        Assert.Equal((4, 2), (two.MessageCount, two.TurnNumber));
    }

    [Fact]
    public void Hash_SystemAndTools_AreThePrefix()
    {
        (string, object) tools = ("gen_ai.tool.definitions", """[{"type":"function","name":"f"}]""");
        (string, object) instructions = ("gen_ai.system_instructions", """[{"type":"text","content":"Be brief."}]""");
        var one = Map("x", KeyOne, instructions, tools, ("gen_ai.input.messages", """[{"role":"user","content":"a"}]"""));
        var two = Map("x", KeyOne, instructions, tools, ("gen_ai.input.messages", """[{"role":"user","content":"b"}]"""));
        Assert.Equal(one.PrefixHash, two.PrefixHash);
        Assert.NotEqual(0UL, one.PrefixHash);
        Assert.NotEqual(one.InputHash, two.InputHash);
    }

    [Fact]
    public void Read_OpenInferenceParts_CountsMessagesAndToolCalls()
    {
        var report = Map("@arizeai/openinference-instrumentation-openai", KeyOne,
            ("llm.input_messages.0.message.role", "system"), ("llm.input_messages.0.message.content", "Be brief."),
            ("llm.input_messages.1.message.role", "user"), ("llm.input_messages.1.message.content", "hi"),
            ("llm.output_messages.0.message.tool_calls.0.tool_call.function.name", "search"),
            ("llm.output_messages.0.message.tool_calls.1.tool_call.function.name", "search"));
        Assert.Equal((2, 1, 2), (report.MessageCount, report.TurnNumber, report.ToolCallCount));
        Assert.NotEqual(0UL, report.PrefixHash);
        Assert.NotEqual(report.PrefixHash, report.InputHash);
    }

    [Fact]
    public void Read_EmbeddedTexts_HaveAHashEach()
    {
        var inference = Map("a", KeyOne, ("gen_ai.operation.name", "embeddings"), ("embedding.embeddings.0.embedding.text", "hello"), ("embedding.embeddings.1.embedding.text", "world"));
        var vercel = Map("b", KeyOne, ("gen_ai.operation.name", "embeddings"), ("ai.values", new[] { "\"hello\"", "\"world\"" }));
        Assert.Equal(2, inference.ItemHashes.Length);
        Assert.Equal(inference.ItemHashes, vercel.ItemHashes);
        Assert.NotEqual(inference.ItemHashes[0], inference.ItemHashes[1]);
    }

    [Fact]
    public void Map_Content_IsNowhereInTheRows()
    {
        var harness = new MapperHarness();
        (string, object)[] content =
        [
            ("gen_ai.input.messages", $$"""[{"role":"user","content":"{{Secret}}"}]"""), ("gen_ai.output.messages", Secret), ("gen_ai.prompt", Secret),
            ("ai.prompt", Secret), ("ai.prompt.messages", Secret), ("input.value", Secret), ("output.value", Secret), ("llm.input_messages.0.message.content", Secret),
            ("gen_ai.system_instructions", Secret), ("gen_ai.tool.definitions", Secret), ("langfuse.observation.input", Secret), ("embedding.embeddings.0.embedding.text", Secret),
            ("db.query.text", Secret), ("process.command_args", Secret), ("traceloop.entity.input", Secret),
        ];
        harness.Spans("x", new TestSpan { Attributes = [("gen_ai.operation.name", "chat"), ("gen_ai.usage.input_tokens", 1), .. content] },
            new TestSpan { SpanId = [9, 9, 9, 9, 9, 9, 9, 9], Attributes = [("db.system.name", "qdrant"), .. content] });
        Assert.Single(harness.Rows.Calls);
        Assert.Single(harness.Rows.VectorOperations);
        foreach (var row in harness.Rows.Calls.Cast<object>().Concat(harness.Rows.Links).Concat(harness.Rows.VectorOperations))
            foreach (var field in row.GetType().GetFields())
            {
                if (field.GetValue(row) is string text) Assert.DoesNotContain(Secret, text);
                if (field.GetValue(row) is TagSet tags) foreach (var tag in Enum.GetValues<Tag>()) Assert.DoesNotContain(Secret, tags[tag]);
            }
    }

    [Theory]
    [InlineData("{'role': 'user', 'content': 'python'}")]
    [InlineData("[{\"role\":\"user\",\"content\":\"cut off by an expor")]
    [InlineData("\"")]
    [InlineData("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[")]
    public void Read_BrokenJson_LeavesAHashAndNoHarm(string input) => Assert.NotEqual(0UL, Map("x", KeyOne, ("gen_ai.input.messages", input)).InputHash);

    [Theory]
    // The reference vectors of SipHash-2-4: key 00 … 0f, message 00, 01, 02 …
    [InlineData(0, 0x726fdb47dd0e0e31UL)]
    [InlineData(8, 0x93f5f5799a932462UL)]
    [InlineData(15, 0xa129ca6149be45e5UL)]
    public void SipHash_ReferenceVector_Matches(int length, ulong expected) =>
        Assert.Equal(expected, SipHash.Compute(0x0706050403020100, 0x0f0e0d0c0b0a0908, Enumerable.Range(0, length).Select(value => (byte)value).ToArray()));

    [Fact]
    public void Map_TraceloopCountBelowAnyRealOne_IsAnEstimate()
    {
        // Traceloop's guess for a stream is smaller than any count of the provider can be; an honest count is left alone.
        var messages = ("gen_ai.input.messages", (object)"""[{"role":"user","parts":[{"type":"text","content":"Capital of France?"}]}]""");
        var guess = new MapperHarness();
        guess.Spans("@traceloop/instrumentation-openai", new TestSpan { Attributes = [("gen_ai.operation.name", "chat"), ("gen_ai.usage.input_tokens", 4), ("gen_ai.usage.output_tokens", 2), messages] });
        Assert.Equal(UsageSource.Estimated, Assert.Single(guess.Rows.Calls).UsageSource);
        var honest = new MapperHarness();
        honest.Spans("@traceloop/instrumentation-openai", new TestSpan { Attributes = [("gen_ai.operation.name", "chat"), ("gen_ai.usage.input_tokens", 11), ("gen_ai.usage.output_tokens", 2), messages] });
        Assert.Equal(UsageSource.Reported, Assert.Single(honest.Rows.Calls).UsageSource);
    }
}
