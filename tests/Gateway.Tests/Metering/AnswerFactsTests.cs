using System.Text;
using FinOps.Domain.Usage;
using FinOps.Gateway.Metering;

namespace FinOps.Gateway.Tests.Metering;

public sealed class AnswerFactsTests
{
    private static AnswerFacts Read(params string[] events)
    {
        var facts = new AnswerFacts();
        foreach (var one in events) Assert.True(facts.Read(Encoding.UTF8.GetBytes(one)));
        return facts;
    }

    /// <summary>LiteLLM's documented usage has Anthropic's fields beside <c>prompt_tokens</c>, which include them.</summary>
    [Theory]
    [InlineData("""{"prompt_tokens":2006,"completion_tokens":300,"total_tokens":2306,"prompt_tokens_details":{"cached_tokens":1920},"cache_creation_input_tokens":0,"cache_read_input_tokens":1920}""", 86, 1920, 0)]
    [InlineData("""{"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"prompt_tokens":2006,"prompt_tokens_details":{"cached_tokens":1920}}""", 86, 1920, 0)]
    [InlineData("""{"prompt_tokens":2006,"prompt_tokens_details":{"cached_tokens":1920},"cache_creation_input_tokens":0,"cache_read_input_tokens":0}""", 86, 1920, 0)]
    [InlineData("""{"prompt_tokens":2006,"cache_creation_input_tokens":1920,"cache_read_input_tokens":0}""", 86, 0, 1920)]
    [InlineData("""{"prompt_tokens":2006,"input_tokens":86,"cache_creation_input_tokens":0,"cache_read_input_tokens":1920}""", 86, 1920, 0)]
    [InlineData("""{"input_tokens":86,"prompt_tokens":2006,"cache_creation_input_tokens":0,"cache_read_input_tokens":1920}""", 86, 1920, 0)]
    [InlineData("""{"input_tokens":86,"output_tokens":300,"cache_creation_input_tokens":0,"cache_read_input_tokens":1920}""", 86, 1920, 0)]
    [InlineData("""{"input_tokens":2006,"output_tokens":300,"input_tokens_details":{"cached_tokens":1920}}""", 86, 1920, 0)]
    public void Input_IncludesTheCache_UnlessItIsToldInAnthropicsForm(string usage, uint fresh, uint read, uint written)
    {
        var facts = Read($$"""{"id":"a","model":"m","usage":{{usage}}}""");

        var vector = facts.Usage.ToVector(inputIncludesCache: !facts.InputExcludesCache);

        Assert.Equal((fresh, read, written), (vector.InputFresh, vector.CacheRead, vector.CacheWrite5m));
    }

    [Theory]
    [InlineData("""{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"find","arguments":"12345678"}}]}}]}""", 12)]
    [InlineData("""{"choices":[{"index":0,"delta":{"role":"assistant","tool_calls":[{"index":0,"function":{"arguments":"1234"}},{"index":1,"custom":{"input":"5678"}}],"content":"ab"}}]}""", 10)]
    [InlineData("""{"choices":[{"index":0,"delta":{"function_call":{"name":"find","arguments":"1234"}}}]}""", 8)]
    [InlineData("""{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"12345"}}""", 5)]
    [InlineData("""{"type":"response.function_call_arguments.delta","item_id":"fc_1","output_index":0,"delta":"123456"}""", 6)]
    public void WhatAModelCalls_IsOutput(string json, long bytes) => Assert.Equal(bytes, Read(json).OutputBytes);

    [Theory]
    [InlineData("""{"usage":{"input_tokens":1,"service_tier":"standard","speed":"fast"}}""", "fast")]
    [InlineData("""{"usage":{"input_tokens":1,"speed":"fast","service_tier":"standard"}}""", "fast")]
    [InlineData("""{"usage":{"input_tokens":1,"speed":"standard","service_tier":"priority"}}""", "priority")]
    public void Speed_ThatHasAPriceOfItsOwn_IsTheTier(string json, string tier)
    {
        var facts = Read(json, """{"type":"message_delta","usage":{"output_tokens":5,"service_tier":"standard"}}""");

        Assert.Equal(tier == "fast" ? tier : "standard", facts.ServiceTier);
        Assert.Equal(tier, Read(json).ServiceTier);
    }
}
