using System.Net;
using FinOps.Analytics.Tenancy;
using FinOps.Integration.Tests.Wire;
using FinOps.Testing;

namespace FinOps.Integration.Tests.Server;

/// <summary>A server that is stopped, or whose stores go away, comes back as it was.</summary>
[Collection(DisturbedCollection.Name)]
public sealed class StoppedAndStarvedTests(DisturbedServer disturbed)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly Tokens Usage = new(700, 40);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Run_OneStoreGoesAndComesBack_IsUnreadyMeanwhileAndReadyAgain(bool postgres)
    {
        var server = disturbed.Server;
        var gate = postgres ? server.PostgresGate : server.ClickHouseGate;

        await gate.ShutAsync();
        await server.Process.WaitForAsync("/readyz", HttpStatusCode.ServiceUnavailable, Patience);
        await server.Process.WaitForAsync("/healthz", HttpStatusCode.OK, Patience);
        gate.Open();

        await server.Process.WaitForAsync("/readyz", HttpStatusCode.OK, Patience);
    }

    [Fact]
    public async Task Stop_OnSigterm_EndsWithinTenSecondsAndCleanly_AndTheNextStartChangesNothingAndCountsWhatIsSentAgainOnce()
    {
        var server = disturbed.Server;
        var first = await server.Tenants.Keys.FindAsync(AccessKeyToken.Hash(Installation.BootstrapApiKey), CancellationToken.None);
        await using var sent = await Sent.NewAsync(server);
        var trace = new TraceBuilder();
        var step = trace.Step(null, ("feature", "again"));
        var call = trace.Call(Usage, step, TraceBuilder.NewResponseId());
        await sent.Sender.AcceptAsync(step, call);
        await sent.Api.TotalBecomesAsync(Spend.Of(Usage));

        var began = TimeProvider.System.GetTimestamp();
        var exitCode = await server.Process.StopAsync();
        var took = TimeProvider.System.GetElapsedTime(began);
        var isMarked = File.Exists(Path.Combine(server.Process.DataFolder, "finops.pid"));
        await server.Process.StartReadyAsync();
        Assert.Equal(0, exitCode);
        Assert.True(took < TimeSpan.FromSeconds(10), $"It took {took}.");
        Assert.False(isMarked);

        var second = await server.Tenants.Keys.FindAsync(AccessKeyToken.Hash(Installation.BootstrapApiKey), CancellationToken.None);
        Assert.Equal(first?.KeyId, second?.KeyId);
        Assert.Equal(2, (await server.Tenants.Keys.ListAsync(second!.Tenant)).Count);

        await sent.Sender.AcceptAsync(call);
        await sent.Sender.AcceptAsync(call, step);
        await Task.Delay(TimeSpan.FromSeconds(4));
        await sent.Api.TotalBecomesAsync(Spend.Of(Usage));
        Assert.Equal("again", (await sent.Api.OnlyCallAsync()).Feature);
    }
}
