using System.Net;
using System.Net.Sockets;
using System.Text;
using FinOps.Gateway.Tests.Policies;

namespace FinOps.Gateway.Tests.Forwarding;

public sealed class HeaderTests
{
    private const string Chat = """{"model":"gpt-4o-mini","messages":[]}""";

    [Fact]
    public async Task Header_InAnyLetters_Passes_BothWays()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(vendor, change: file => file["providers"]![0]!["base_url"] = $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/v1");
        var answering = AnswerAsync(listener, Encoding.Latin1.GetBytes("HTTP/1.1 200 OK\r\nX-City: K\u00f6ln\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"));
        var address = new Uri(gateway.Address);
        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.UTF8.GetBytes($"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nX-Title: M\u00fcller\r\nConnection: close\r\nAuthorization: Bearer {gateway.Key}\r\nContent-Type: application/json\r\nContent-Length: {Chat.Length}\r\n\r\n{Chat}"));

        using var reader = new StreamReader(stream, Encoding.Latin1);
        var answer = await reader.ReadToEndAsync();

        Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
        Assert.Contains("X-City: K\u00f6ln\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("X-Title: M\u00fcller\r\n", await answering, StringComparison.Ordinal);
    }

    private static async Task<string> AnswerAsync(TcpListener listener, byte[] answer)
    {
        using var caller = await listener.AcceptTcpClientAsync();
        var buffer = new byte[8192];
        var length = 0;
        while (!Encoding.UTF8.GetString(buffer, 0, length).EndsWith('}')) length += await caller.GetStream().ReadAsync(buffer.AsMemory(length));
        await caller.GetStream().WriteAsync(answer);
        return Encoding.UTF8.GetString(buffer, 0, length);
    }

    [Fact]
    public async Task WhatIsSaidOfTheContent_GoesWithIt()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(vendor);
        using var request = gateway.Post("/v1/images/generations", "{}");
        request.Content!.Headers.ContentEncoding.Add("gzip");
        request.Content.Headers.TryAddWithoutValidation("Content-Range", "bytes 0-1/2");

        await gateway.Client.SendAsync(request);

        Assert.Equal(("gzip", "bytes 0-1/2"), (vendor.Received.Single().Headers["Content-Encoding"], vendor.Received.Single().Headers["Content-Range"]));
    }

    [Fact]
    public async Task FailedAttempt_LeavesNothingOnTheAnswerOfTheNext()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await PolicyTests.StartAsync(vendor, null, """{"id":"away","name":"Away","kind":"fallback","match":{"all":true},"body":{"on":["transient"],"retries":0,"chain":[{"model":"other"}]}}""");
        vendor.First = async (http, request) =>
        {
            if (request.Text.Contains("\"other\"", StringComparison.Ordinal)) return false;
            (http.Response.Headers["x-of-the-first"], http.Response.ContentType, http.Response.ContentLength) = ("1", "application/json", 100);
            await http.Response.Body.WriteAsync("{"u8.ToArray());
            http.Abort();
            return true;
        };

        var (response, _) = await gateway.AskAsync("/v1/chat/completions", Chat);

        Assert.Equal((200, 2), ((int)response.StatusCode, vendor.Received.Count));
        Assert.False(response.Headers.Contains("x-of-the-first"));
        Assert.True(response.Headers.Contains("x-finops-call-id"));
    }

    [Fact]
    public async Task AnswerWithoutABody_IsOne()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(vendor);
        vendor.First = (http, request) =>
        {
            http.Response.ContentType = "application/json";
            if (request.Method == "HEAD") http.Response.ContentLength = 1234;
            else http.Response.StatusCode = 204;
            return Task.FromResult(true);
        };

        // Nor need a request have one that is no question.
        var (gone, _) = await gateway.AskAsync("/v1/responses/resp_1/cancel", "");
        using var look = new HttpRequestMessage(HttpMethod.Head, "/v1/files/file-1");
        look.Headers.TryAddWithoutValidation("Authorization", "Bearer " + gateway.Key);
        var head = await gateway.Client.SendAsync(look);

        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.OK), (gone.StatusCode, head.StatusCode));
        Assert.Equal(1234, head.Content.Headers.ContentLength);
    }
}
