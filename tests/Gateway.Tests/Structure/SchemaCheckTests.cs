using System.Text.Json;
using FinOps.Domain.Policies;
using FinOps.Gateway.Structure;

namespace FinOps.Gateway.Tests.Structure;

public sealed class SchemaCheckTests
{
    private static string Verdict(string schema, string value)
    {
        using var expected = JsonDocument.Parse(schema);
        using var given = JsonDocument.Parse(value, ExpectedOutput.Deep);
        return SchemaCheck.Of(expected.RootElement, given.RootElement).ToString();
    }

    [Theory]
    [InlineData("""{"type":"object"}""", "{}", "[]")]
    [InlineData("""{"type":["string","null"]}""", "null", "1")]
    [InlineData("""{"type":"integer"}""", "1.0", "1.5")]
    [InlineData("""{"type":"number"}""", "1e400", "\"1\"")]
    [InlineData("""{"required":["a"]}""", """{"a":null}""", """{"A":1}""")]
    [InlineData("""{"properties":{"a":{"type":"string"}}}""", """{"b":1}""", """{"a":1}""")]
    [InlineData("""{"properties":{"a":true},"additionalProperties":false}""", """{"a":1}""", """{"b":1}""")]
    [InlineData("""{"additionalProperties":{"type":"integer"}}""", """{"b":1}""", """{"b":"1"}""")]
    [InlineData("""{"items":{"type":"boolean"}}""", "[true,false]", "[true,0]")]
    [InlineData("""{"prefixItems":[{"type":"string"}],"items":{"type":"number"}}""", """["a",1]""", """["a","b"]""")]
    [InlineData("""{"enum":["a",1,{"b":[null]}]}""", """{"b":[null]}""", """{"b":[]}""")]
    [InlineData("""{"enum":[1]}""", "1.0", "2")]
    [InlineData("""{"const":"x"}""", "\"x\"", "\"y\"")]
    [InlineData("""{"anyOf":[{"type":"string"},{"type":"integer","minimum":3}]}""", "3", "2")]
    [InlineData("""{"allOf":[{"type":"integer"},{"maximum":3}]}""", "3", "4")]
    [InlineData("""{"oneOf":[{"type":"string"},{"type":"null"}]}""", "null", "4")]
    [InlineData("""{"exclusiveMinimum":1,"exclusiveMaximum":2}""", "1.5", "2")]
    [InlineData("""{"minLength":2,"maxLength":2}""", "\"🙂é\"", "\"🙂\"")]
    [InlineData("""{"pattern":"^a+$"}""", "\"aa\"", "\"ab\"")]
    [InlineData("""{"minItems":1,"maxItems":2}""", "[1]", "[]")]
    [InlineData("""{"minProperties":1,"maxProperties":1}""", """{"a":1}""", "{}")]
    [InlineData("""{"$ref":"#/$defs/a~1b","$defs":{"a/b":{"type":"string"}}}""", "\"\"", "1")]
    [InlineData("""{"type":"object","properties":{"next":{"anyOf":[{"$ref":"#"},{"type":"null"}]}},"required":["next"]}""", """{"next":{"next":null}}""", """{"next":{"next":1}}""")]
    public void Value_IsWhatTheSchemaAsks_OrNot(string schema, string good, string bad)
    {
        Assert.Equal("Valid", Verdict(schema, good));
        Assert.Equal("Invalid", Verdict(schema, bad));
    }

    /// <summary>What is not known of a schema, or cannot be, calls no answer a bad one.</summary>
    [Theory]
    [InlineData("""{"type":"date","format":"email","not":{},"multipleOf":7,"if":false,"uniqueItems":true,"x-own":1}""", "[1,1]", "Valid")]
    [InlineData("""{"patternProperties":{"^x":true},"additionalProperties":false}""", """{"xa":1}""", "Valid")]
    [InlineData("""{"pattern":"(((("}""", "\"a\"", "Valid")]
    [InlineData("""{"pattern":"\\p{Letter}[^]"}""", "\"a\"", "Valid")]
    [InlineData("""{"pattern":"^(a+)+$"}""", "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\"", "Valid")]
    [InlineData("""{"$ref":"https://example.com/schema"}""", "1", "Unknown")]
    [InlineData("""{"$ref":"#/$defs/none"}""", "1", "Unknown")]
    [InlineData("""{"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/a"}}}""", "1", "Unknown")]
    [InlineData("""{"properties":{"a":{"$id":"https://example.com/a","$ref":"#/$defs/b"}},"$defs":{"b":false}}""", """{"a":1}""", "Unknown")]
    [InlineData("""{"anyOf":[{"type":"string"},{"$ref":"#/none"}]}""", "1", "Unknown")]
    [InlineData("""{"anyOf":[],"items":[{"type":"string"}],"required":"a","enum":7,"properties":[]}""", "[1]", "Unknown")]
    [InlineData("true", "1", "Valid")]
    [InlineData("""{"items":{"properties":{"a":false}}}""", """[{"a":1}]""", "Invalid")]
    public void Schema_ThatIsNotKnown_PassesWhatItCannotJudge(string schema, string value, string verdict) => Assert.Equal(verdict, Verdict(schema, value));

    [Fact]
    public void Work_IsBounded()
    {
        // Two ways at each level: 2^40 pairs without a limit.
        var schema = """{"$ref":"#/$defs/a","$defs":{"a":{"anyOf":[{"properties":{"n":{"$ref":"#/$defs/a"}},"required":["z"]},{"properties":{"n":{"$ref":"#/$defs/a"}},"required":["z"]}]}}}""";
        var value = "1";
        for (var i = 0; i < 20; i++) value = $$"""{"n":{{value}},"z":1}""";
        Assert.NotEqual("Invalid", Verdict(schema, value));
        Assert.Equal("Unknown", Verdict("""{"items":{"$ref":"#"}}""", new string('[', 5_000) + new string(']', 5_000)));
    }

    private const string Schema = """{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"],"additionalProperties":false}""";

    private const string ChatFormat = """{"messages":[],"response_format":{"type":"json_schema","json_schema":{"name":"x","strict":true,"schema":""" + Schema + "}}}";
    private const string ResponseFormat = """{"input":"x","text":{"format":{"type":"json_schema","name":"x","schema":""" + Schema + "}}}";
    private const string ToolChoice = """{"tool_choice":{"type":"tool","name":"x"},"tools":[{"type":"web_search_20250305","name":"web_search"},{"name":"x","input_schema":""" + Schema + "}]}";
    private const string MessageFormat = """{"output_config":{"format":{"type":"json_schema","schema":""" + Schema + "}}}";

    [Theory]
    [InlineData("Chat", ChatFormat, """{"choices":[{"index":0,"message":{"content":"{\"n\":1}","refusal":null},"finish_reason":"stop"}]}""", "Valid")]
    [InlineData("Chat", ChatFormat, """{"choices":[{"index":0,"message":{"content":"{\"n\":1}"}},{"index":1,"message":{"content":"{\"n\":\"1\"}"}}]}""", "NotOfSchema")]
    [InlineData("Chat", ChatFormat, """{"choices":[{"index":0,"message":{"content":"Here: {}"},"finish_reason":"stop"}]}""", "NotJson")]
    [InlineData("Chat", ChatFormat, """{"choices":[{"index":0,"message":{"content":""},"finish_reason":"stop"}]}""", "NotJson")]
    [InlineData("Chat", ChatFormat, """{"choices":[{"index":0,"message":{"content":"{\"n\":"},"finish_reason":"length"}]}""", "Cut")]
    [InlineData("Chat", ChatFormat, """{"choices":[{"index":0,"message":{"content":null,"refusal":"I can't"},"finish_reason":"stop"}]}""", "Refused")]
    [InlineData("Chat", ChatFormat, """{"choices":[{"index":0,"message":{"content":null,"tool_calls":[{"id":"c"}]},"finish_reason":"tool_calls"}]}""", "Valid")]
    [InlineData("Chat", """{"response_format":{"type":"json_object"}}""", """{"choices":[{"index":0,"message":{"content":"[1]"}}]}""", "NotJson")]
    [InlineData("Chat", """{"response_format":{"type":"json_object"}}""", """{"choices":[{"index":0,"message":{"content":" {\"any\":1} "}}]}""", "Valid")]
    [InlineData("Chat", ChatFormat, "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"{\\\"n\"}}]}\n\n: note\n\ndata:{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\\\":2}\"},\"finish_reason\":\"stop\"}]}\r\n\r\ndata: [DONE]\n\n", "Valid")]
    [InlineData("Chat", ChatFormat, "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"{\"}}]}\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"length\"}]}\n\n", "Cut")]
    [InlineData("Responses", ResponseFormat, """{"status":"completed","incomplete_details":null,"output":[{"type":"reasoning"},{"type":"message","content":[{"type":"output_text","text":"{\"n\":1}"}]}]}""", "Valid")]
    [InlineData("Responses", ResponseFormat, """{"status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"{\"m\":1}"}]}]}""", "NotOfSchema")]
    [InlineData("Responses", ResponseFormat, """{"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"output":[]}""", "Cut")]
    [InlineData("Responses", ResponseFormat, """{"status":"completed","output":[{"type":"message","content":[{"type":"refusal","refusal":"no"}]}]}""", "Refused")]
    [InlineData("Responses", ResponseFormat, "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"output\":[]}}\n\nevent: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"output\":[{\"type\":\"message\",\"content\":[{\"type\":\"output_text\",\"text\":\"{}\"}]}]}}\n\n", "NotOfSchema")]
    [InlineData("Messages", ToolChoice, """{"content":[{"type":"text","text":"So"},{"type":"tool_use","name":"x","input":{"n":1}}],"stop_reason":"tool_use"}""", "Valid")]
    [InlineData("Messages", ToolChoice, """{"content":[{"type":"tool_use","name":"x","input":{"n":"1"}}],"stop_reason":"tool_use"}""", "NotOfSchema")]
    [InlineData("Messages", ToolChoice, """{"content":[{"type":"text","text":"no"}],"stop_reason":"end_turn"}""", "NoTool")]
    [InlineData("Messages", ToolChoice, """{"content":[],"stop_reason":"refusal"}""", "Refused")]
    [InlineData("Messages", ToolChoice, """{"content":[{"type":"tool_use","name":"x","input":{}}],"stop_reason":"max_tokens"}""", "Cut")]
    [InlineData("Messages", ToolChoice, "data: {\"type\":\"content_block_start\",\"index\":1,\"content_block\":{\"type\":\"tool_use\",\"name\":\"x\",\"input\":{}}}\n\ndata: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"n\\\"\"}}\n\ndata: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\":3}\"}}\n\n", "Valid")]
    [InlineData("Messages", ToolChoice, "data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"tool_use\",\"name\":\"x\",\"input\":{}}}\n\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"tool_use\"}}\n\n", "NotOfSchema")]
    [InlineData("Messages", MessageFormat, """{"content":[{"type":"text","text":"{\"n\":"},{"type":"text","text":"1}"}],"stop_reason":"end_turn"}""", "Valid")]
    public void Output_OfEachProtocol_IsReadAsItsSdkDoes(string operation, string request, string answer, string verdict)
    {
        var asked = Enum.Parse<RequestOperation>(operation);
        var expected = ExpectedOutput.Of(asked, System.Text.Encoding.UTF8.GetBytes(request))!;
        var given = GivenOutput.Read(asked, System.Text.Encoding.UTF8.GetBytes(answer), isStream: !answer.StartsWith('{'))!;

        Assert.Equal(verdict, CheckOutput.Of(expected, asked, given).ToString());
    }

    [Theory]
    [InlineData("Chat", """{"response_format":{"type":"text"}}""")]
    [InlineData("Chat", """{"text":{"format":{"type":"json_object"}}}""")]
    [InlineData("Chat", """{"response_format":{"type":"json_schema","json_schema":"x"}}""")]
    [InlineData("Messages", """{"tool_choice":{"type":"auto"},"tools":[]}""")]
    [InlineData("Messages", """{"tool_choice":{"type":"any"},"tools":[{"name":"web_search"}]}""")]
    [InlineData("Embeddings", """{"response_format":{"type":"json_object"}}""")]
    public void Request_WithoutAStructure_ExpectsNone(string operation, string request) => Assert.Null(ExpectedOutput.Of(Enum.Parse<RequestOperation>(operation), System.Text.Encoding.UTF8.GetBytes(request)));
}
