using System.Net;
using System.Net.Http.Headers;
using FinOps.Testing;

namespace FinOps.Bench.Flood;

/// <summary>One tenant's client: sends bodies and asks the API; false when it is told 429.</summary>
internal sealed class FloodSender(ServerProcess server, TestTenant tenant) : IDisposable
{
    private readonly HttpClient _ingest = server.Client(tenant.IngestKey);
    private readonly HttpClient _api = server.Client(tenant.ApiKey);
    private readonly Uri _traces = new(server.OtlpHttp, "/v1/traces");

    public async Task<bool> SendAsync(byte[] body)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-protobuf");
        using var response = await _ingest.PostAsync(_traces, content);
        return IsTaken(response);
    }

    public async Task<bool> AskAsync()
    {
        using var response = await _api.GetAsync("/api/v1/costs?groupBy=feature,model");
        await response.Content.CopyToAsync(Stream.Null);
        return IsTaken(response);
    }

    public void Dispose()
    {
        _ingest.Dispose();
        _api.Dispose();
    }

    private static bool IsTaken(HttpResponseMessage response) => response.StatusCode switch
    {
        HttpStatusCode.OK => true,
        HttpStatusCode.TooManyRequests => false,
        _ => throw new InvalidOperationException($"The server answered {(int)response.StatusCode}."),
    };
}
