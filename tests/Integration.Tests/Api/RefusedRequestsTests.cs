using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using FinOps.Testing;

namespace FinOps.Integration.Tests.Api;

/// <summary>What the API cannot answer now it refuses as ProblemDetails that say so, and it answers again afterwards.</summary>
[Collection(DisturbedCollection.Name)]
public sealed class RefusedRequestsTests(Installation installation, DisturbedServer disturbed)
{
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Requests_BeyondTheLimitOfTheirKey_Are429AndOtherKeysAreServed()
    {
        await using var server = await installation.NewServerAsync(new Dictionary<string, string?>
        {
            ["FinOps__Api__ConcurrentRequestsPerKey"] = "1",
            ["FinOps__Api__WaitingRequestsPerKey"] = "0",
        });
        await server.Process.StartReadyAsync();
        var (loud, quiet) = (await server.Tenants.NewTenantAsync(), await server.Tenants.NewTenantAsync());
        using var client = server.Process.Client(loud.ApiKey);
        using var other = server.Process.Client(quiet.ApiKey);

        // While ClickHouse keeps its answer back, one request has the only place.
        server.ClickHouseGate.Hold();
        List<Task<HttpResponseMessage>> requests = [.. Enumerable.Range(0, 4).Select(_ => client.GetAsync("/api/v1/costs"))];
        for (var i = 0; i < 3; i++)
        {
            var refused = await Task.WhenAny(requests);
            requests.Remove(refused);
            Assert.Equal(TimeSpan.FromSeconds(1), (await refused).Headers.RetryAfter?.Delta);
            await AssertProblemAsync(await refused, HttpStatusCode.TooManyRequests);
        }

        var others = other.GetAsync("/api/v1/costs");
        Assert.False(requests[0].IsCompleted);
        server.ClickHouseGate.Release();

        Assert.Equal(HttpStatusCode.OK, (await requests[0]).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await others).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/v1/costs")).StatusCode);
    }

    [Theory]
    [InlineData("/api/v1/costs")]
    [InlineData("/api/v1/calls")]
    public async Task Requests_WhileClickHouseIsAway_Are503AndServedAfterwards(string path)
    {
        var server = disturbed.Server;
        var tenant = await server.Tenants.NewTenantAsync();
        using var client = server.Process.Client(tenant.ApiKey);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(path)).StatusCode);

        await server.ClickHouseGate.ShutAsync();
        await AssertProblemAsync(await client.GetAsync(path), HttpStatusCode.ServiceUnavailable);

        server.ClickHouseGate.Open();
        await server.Process.WaitForAsync("/readyz", HttpStatusCode.OK, Recovery);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(path)).StatusCode);
    }

    private static async Task AssertProblemAsync(HttpResponseMessage response, HttpStatusCode status)
    {
        Assert.Equal(status, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal((int)status, problem.GetProperty("status").GetInt32());
        Assert.NotEqual("", problem.GetProperty("title").GetString());
        Assert.NotEqual("", problem.GetProperty("detail").GetString());
        response.Dispose();
    }
}
