using System.Net;

namespace FinOps.Gateway.Tests.Forwarding;

public sealed class WholeChainsTests
{
    [Fact]
    public async Task MissingIssuer_IsNotFetched_FromWhereACertificateSays()
    {
        using var provider = new IncompleteChain();
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(vendor, change: file => file["providers"]![0]!["base_url"] = provider.Address + "/v1");

        var (response, body) = await gateway.AskAsync("/v1/chat/completions", """{"model":"gpt-4o-mini","messages":[]}""");

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Contains("finops_provider_unreachable", body, StringComparison.Ordinal);
        Assert.False(provider.WasFollowed, "The gateway went where a certificate sent it.");
    }
}
