using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace FinOps.Gateway.Tests.Routing;

/// <summary>Anthropic with a prompt cache: what a model has seen of a prompt's beginning it reads, the rest it writes, and bills both. Four bytes are a token.</summary>
internal sealed class CachingVendor
{
    private readonly Dictionary<string, List<string>> _kept = [];

    /// <summary>Tokens of each answer.</summary>
    public int Output { get; set; } = 500;

    /// <summary>This model fails.</summary>
    public string Broken { get; set; } = "";

    /// <summary>Which models were asked, in order.</summary>
    public List<string> Asked { get; } = [];

    public void Forget() => _kept.Clear();

    public async Task<bool> AnswerAsync(HttpContext http, VendorRequest request)
    {
        if (!request.Path.EndsWith("/messages", StringComparison.Ordinal)) return false;
        var body = JsonNode.Parse(request.Text)!;
        var model = body["model"]!.ToString();
        Asked.Add(model);
        if (model == Broken)
        {
            await VendorServer.AnswerAsync(http, 500, """{"type":"error","error":{"type":"api_error","message":"Internal server error"}}""");
            return true;
        }

        var prompt = $"{body["system"]}\n{string.Join('\n', body["messages"]!.AsArray().Select(message => message!.ToJsonString()))}";
        if (!_kept.TryGetValue(model, out var kept)) _kept[model] = kept = [];
        var read = kept.Where(one => prompt.StartsWith(one, StringComparison.Ordinal)).Select(one => one.Length).DefaultIfEmpty().Max() / 4;
        kept.Add(prompt);
        await VendorServer.AnswerAsync(http, 200, $$$"""
            {"id":"msg_{{{Asked.Count:d4}}}","type":"message","role":"assistant","model":"{{{model}}}","content":[{"type":"text","text":"Yes."}],"stop_reason":"end_turn","stop_sequence":null,
            "usage":{"input_tokens":3,"cache_read_input_tokens":{{{read}}},"cache_creation_input_tokens":{{{(prompt.Length / 4) - read}}},"output_tokens":{{{Output}}},"service_tier":"standard"}}
            """);
        return true;
    }

    /// <summary>A conversation of so many turns behind long instructions.</summary>
    public static string Request(int turns, string model = "claude-opus-4-5", int systemBytes = 200_000, string more = "")
    {
        var messages = new StringBuilder();
        for (var turn = 0; turn < turns; turn++)
            messages.Append(turn == 0 ? "" : ",{\"role\":\"assistant\",\"content\":\"Yes.\"},").Append(System.Globalization.CultureInfo.InvariantCulture, $$"""{"role":"user","content":"Question {{turn}}?"}""");
        return $$"""{"model":"{{model}}","max_tokens":4000,{{more}}"system":"{{new string('x', systemBytes)}}","messages":[{{messages}}]}""";
    }
}
