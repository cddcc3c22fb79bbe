using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FinOps.Testing;

namespace FinOps.EndToEnd.Tests;

/// <summary>One model call as an SDK tells it: OTLP/JSON over HTTP to the port that the start printed.</summary>
internal sealed class OtlpSender : IDisposable
{
    private readonly HttpClient _http;

    public OtlpSender(ServerProcess server, string ingestKey)
    {
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = server.OtlpHttp };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", ingestKey);
    }

    /// <summary>1,000 input and 500 output tokens of gpt-4o-mini: $0.15 and $0.60 per million are $0.00015 + $0.0003.</summary>
    public const string CostOfACall = "$0.00045";

    /// <param name="more">Further attributes, all text.</param>
    public Task<HttpStatusCode> SendCallAsync(string feature, params (string Key, string Value)[] more) => SendAsync(feature, "gpt-4o-mini", "gpt-4o-mini-2024-07-18", more);

    /// <summary>A call of a trace that was kept by chance, one in ten.</summary>
    public Task<HttpStatusCode> SendSampledAsync(string feature) => SendAsync(feature, "gpt-4o-mini", "gpt-4o-mini-2024-07-18", [], "ot=th:e6666666666668");

    /// <summary>A call that knows its model by the name of a deployment alone.</summary>
    public Task<HttpStatusCode> SendDeploymentAsync(string feature, string deployment) => SendAsync(feature, deployment, deployment, []);

    private Task<HttpStatusCode> SendAsync(string feature, string requested, string served, (string Key, string Value)[] more, string traceState = "")
    {
        var further = string.Concat(more.Select(one => $$""",{"key":"{{one.Key}}","value":{"stringValue":{{JsonSerializer.Serialize(one.Value)}}} }"""));
        var end = TimeProvider.System.GetUtcNow();
        var trace = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        return PostAsync($$"""
            {"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"} }]},"scopeSpans":[{"scope":{"name":"opentelemetry.instrumentation.openai_v2"},"spans":[{
              "traceId":"{{trace}}","spanId":"{{trace[..16]}}","traceState":"{{traceState}}","name":"chat gpt-4o-mini","kind":3,
              "startTimeUnixNano":"{{Nanoseconds(end.AddMilliseconds(-800))}}","endTimeUnixNano":"{{Nanoseconds(end)}}",
              "attributes":[
                {"key":"gen_ai.operation.name","value":{"stringValue":"chat"} },
                {"key":"gen_ai.provider.name","value":{"stringValue":"openai"} },
                {"key":"gen_ai.request.model","value":{"stringValue":"{{requested}}"} },
                {"key":"gen_ai.response.model","value":{"stringValue":"{{served}}"} },
                {"key":"gen_ai.response.id","value":{"stringValue":"chatcmpl-{{trace}}"} },
                {"key":"gen_ai.usage.input_tokens","value":{"intValue":"1000"} },
                {"key":"gen_ai.usage.output_tokens","value":{"intValue":"500"} },
                {"key":"feature","value":{"stringValue":"{{feature}}"} }{{further}}]}]}]}]}
            """);
    }

    /// <summary>A call that a gateway answered from its cache: <see cref="CostOfACall"/> avoided, three policies. Returns the call's id.</summary>
    public async Task<string> SendHitAsync(string feature)
    {
        var end = TimeProvider.System.GetUtcNow();
        var trace = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        var status = await PostAsync($$"""
            {"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"finops-gateway"} }]},"scopeSpans":[{"scope":{"name":"finops.gateway"},"spans":[{
              "traceId":"{{trace}}","spanId":"{{trace[..16]}}","name":"chat gpt-4o","kind":3,
              "startTimeUnixNano":"{{Nanoseconds(end.AddMilliseconds(-2))}}","endTimeUnixNano":"{{Nanoseconds(end)}}",
              "attributes":[
                {"key":"gen_ai.operation.name","value":{"stringValue":"chat"} },
                {"key":"gen_ai.provider.name","value":{"stringValue":"openai"} },
                {"key":"gen_ai.request.model","value":{"stringValue":"gpt-4o"} },
                {"key":"gen_ai.response.model","value":{"stringValue":"gpt-4o-mini-2024-07-18"} },
                {"key":"gen_ai.usage.input_tokens","value":{"intValue":"1000"} },
                {"key":"gen_ai.usage.output_tokens","value":{"intValue":"500"} },
                {"key":"finops.cache","value":{"stringValue":"hit"} },
                {"key":"finops.cache_hit","value":{"boolValue":true} },
                {"key":"finops.policies","value":{"arrayValue":{"values":[{"stringValue":"small-model-for-search@4:treatment:routed"},{"stringValue":"keep-answers@2:treatment:hit"},{"stringValue":"cap-output@7:dry_run:limited"}]} } },
                {"key":"feature","value":{"stringValue":"{{feature}}"} }]}]}]}]}
            """);
        Assert.Equal(HttpStatusCode.OK, status);
        return $"{trace}-{trace[..16]}";
    }

    /// <summary>A body that ends in the middle.</summary>
    public Task<HttpStatusCode> SendBrokenAsync() => PostAsync("""{"resourceSpans":[{"resource":{"attributes":[""");

    public void Dispose() => _http.Dispose();

    private async Task<HttpStatusCode> PostAsync(string json)
    {
        using var body = new StringContent(json, Encoding.UTF8, "application/json");
        using var response = await _http.PostAsync("/v1/traces", body);
        return response.StatusCode;
    }

    private static string Nanoseconds(DateTimeOffset instant) => (instant.ToUnixTimeMilliseconds() * 1_000_000).ToString(CultureInfo.InvariantCulture);
}
