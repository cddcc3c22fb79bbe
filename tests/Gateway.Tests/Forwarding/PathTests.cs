using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using FinOps.Gateway.Tests.Policies;

namespace FinOps.Gateway.Tests.Forwarding;

/// <summary>A path is the same one to the gateway, to the address it makes of it, and to the provider.</summary>
public sealed class PathTests
{
    private const string Stop = """{"id":"stop","name":"Stop","kind":"budget","match":{"all":true},"body":{"action":"block","kill":true}}""";
    private const string Chat = """{"model":"gpt-4o-mini","messages":[{"role":"user","content":"hi"}]}""";

    /// <summary>As it is written: a client would write some of these differently.</summary>
    private static async Task<string> SendAsync(RunningGateway gateway, string method, string path, string? contentType = "application/json")
    {
        var address = new Uri(gateway.Address);
        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"{method} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {gateway.Key}\r\nConnection: close\r\n"
            + (method == "POST" ? $"Content-Type: {contentType}\r\nContent-Length: {Chat.Length}\r\n\r\n{Chat}" : "\r\n")));
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync();
    }

    [Theory]
    [InlineData("/v1/chat/completions%3F/messages/count_tokens")]
    [InlineData("/v1/chat/completions%23/messages/count_tokens")]
    [InlineData("/v1/chat/completions%3B/messages/count_tokens")]
    [InlineData("/v1/chat/completion%2573")]
    [InlineData("/anthropic/v1/threads/%252e%252e/messages")]
    [InlineData("/anthropic/v1/threads/x%5C..%5C../messages")]
    [InlineData("/v1/batches/..%5Cchat%5Ccompletions")]
    [InlineData("/v1/batches%2F..%2Fchat%2Fcompletions")]
    [InlineData("/openai/v1/%252e%252e/%252e%252e/admin")]
    [InlineData("/v1/chat/completions%0A")]
    public async Task Path_ThatOthersReadAsAnother_IsRefused(string path)
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(vendor);

        var answer = await SendAsync(gateway, "POST", path);

        Assert.StartsWith("HTTP/1.1 400", answer, StringComparison.Ordinal);
        Assert.Contains("finops_path_ambiguous", answer, StringComparison.Ordinal);
        Assert.Empty(vendor.Received);
    }

    [Theory]
    [InlineData("/v1/chat%2Fcompletions")]
    [InlineData("/v1//chat/completions")]
    [InlineData("/v1/chat/completions/")]
    [InlineData("/v1/batches/../chat/completions")]
    [InlineData("/azure/openai/deployments/mini/Chat/Completions")]
    [InlineData("/azure/openai/Deployments%2Fmini/chat/completions")]
    [InlineData("/v1/batches/x/images/generations")]
    public async Task Path_ThatLenientServersRead_IsLookedAtAsTheyReadIt(string path)
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await PolicyTests.StartAsync(vendor, null, Stop);

        Assert.StartsWith("HTTP/1.1 403", await SendAsync(gateway, "POST", path), StringComparison.Ordinal);
        Assert.Empty(vendor.Received);
    }

    [Fact]
    public async Task Name_WithASlash_GoesOnAsItCame_AndTheServerItselfIsNoProvider()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(vendor);

        await SendAsync(gateway, "GET", "/v1/models/meta%2FLlama-3.1~8B:free");
        var server = await SendAsync(gateway, "OPTIONS", "*");

        Assert.Equal("/v1/models/meta%2FLlama-3.1~8B:free", vendor.Received[0].Path);
        Assert.DoesNotContain("HTTP/1.1 500", server, StringComparison.Ordinal);
    }

    /// <summary>Azure asks the model that its path names.</summary>
    [Fact]
    public async Task Deployment_OfThePath_IsTheModel_WhateverTheBodySays()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await PolicyTests.StartAsync(
            vendor, null, """{"id":"cheap","name":"Cheap","kind":"route","match":{"model":["openai"]},"body":{"rules":[{"when":{"all":true},"tier":2,"targets":[{"model":"mini"}]}]}}""", file => file["keys"]![0]!["models"] = new JsonArray("gpt-4o-mini", "openai"));

        var (dear, _) = await gateway.AskAsync("/azure/openai/deployments/dear/chat/completions", Chat);
        var (routed, _) = await gateway.AskAsync("/azure/openai/deployments/openai/chat/completions", Chat);

        Assert.Equal((403, 200), ((int)dear.StatusCode, (int)routed.StatusCode));
        var seen = vendor.Received.Single();
        Assert.Equal(("/openai/deployments/mini/chat/completions", "mini"), (seen.Path, JsonNode.Parse(seen.Text)!["model"]!.ToString()));
    }
}
