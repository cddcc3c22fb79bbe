using System.Globalization;
using System.Net;
using FinOps.Integration.Tests.Wire;
using FinOps.Testing;

namespace FinOps.Integration.Tests.Faults;

/// <summary>A store that goes away is survived: known senders go on, nothing acknowledged is lost, and no restart is needed.</summary>
[Collection(DisturbedCollection.Name)]
public sealed class StoresAwayTests(Installation installation, DisturbedServer disturbed)
{
    private static readonly Tokens Usage = new(100, 10);
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task ClickHouseAway_RequestsAreAcknowledgedFromTheSpool_AndThereAfterwards()
    {
        var server = disturbed.Server;
        await using var sent = await Sent.NewAsync(server);
        await sent.Sender.AcceptAsync(new TraceBuilder().Call(Usage));
        await sent.Api.TotalBecomesAsync(Spend.Of(Usage));

        await server.ClickHouseGate.ShutAsync();
        await sent.Sender.AcceptAsync(new TraceBuilder().Call(Usage));
        Assert.True((await sent.Sender.GrpcAsync(SpanInPlace.Together([new TraceBuilder().Call(Usage)]))).IsAcknowledged);
        await server.Process.WaitForAsync("/readyz", HttpStatusCode.ServiceUnavailable, Recovery);
        using (var http = server.Process.Client(sent.Tenant.ApiKey))
        using (var response = await http.GetAsync("/api/v1/costs"))
            Assert.Equal((HttpStatusCode.ServiceUnavailable, "application/problem+json"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));

        server.ClickHouseGate.Open();
        await server.Process.WaitForAsync("/readyz", HttpStatusCode.OK, Recovery);
        await sent.Api.TotalBecomesAsync(Spend.Of(Usage, Usage, Usage), Recovery);
    }

    [Fact]
    public async Task ClickHouseAwayAndSpoolFull_RequestsAreRefusedForLater()
    {
        await using var server = await installation.NewServerAsync(new Dictionary<string, string?>
        {
            ["FinOps__Ingest__Pipeline__SpoolMaxBytes"] = "8192",
            ["FinOps__Ingest__Pipeline__SpoolSegmentBytes"] = "4096",
        });
        await server.Process.StartReadyAsync();
        await using var sent = await Sent.NewAsync(server);
        await sent.Sender.AcceptAsync(new TraceBuilder().Call(Usage));
        await server.ClickHouseGate.ShutAsync();

        var acknowledged = 1;
        OtlpAnswer answer;
        while ((answer = await sent.Sender.HttpAsync(SpanInPlace.Together([new TraceBuilder().Call(Usage)]))).IsAcknowledged)
            Assert.True(++acknowledged < 100, "The spool took more than its limit.");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.Http);
        Assert.NotNull(answer.RetryAfter);
        Assert.Equal(14, (await sent.Sender.GrpcAsync(SpanInPlace.Together([new TraceBuilder().Call(Usage)]))).Grpc);

        server.ClickHouseGate.Open();
        await sent.Api.TotalBecomesAsync(Spend.Of([.. Enumerable.Repeat(Usage, acknowledged)]), Recovery);
    }

    [Fact]
    public async Task PostgresAway_KnownKeysGoOn_AndTheApiRecovers()
    {
        var server = disturbed.Server;
        await using var sent = await Sent.NewAsync(server);
        await using var later = await Sent.NewAsync(server);
        await sent.Sender.AcceptAsync(new TraceBuilder().Call(Usage));
        await sent.Api.TotalBecomesAsync(Spend.Of(Usage));

        await server.PostgresGate.ShutAsync();
        // Longer than a key is believed without asking.
        await Task.Delay(TimeSpan.FromSeconds(6));
        await sent.Sender.AcceptAsync(new TraceBuilder().Call(Usage));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await later.Sender.HttpAsync(SpanInPlace.Together([new TraceBuilder().Call(Usage)]))).Http);

        server.PostgresGate.Open();
        await server.Process.WaitForAsync("/readyz", HttpStatusCode.OK, Recovery);
        await SpendApi.HoldsAsync(async () =>
        {
            using var http = server.Process.Client(sent.Tenant.ApiKey);
            using var response = await http.GetAsync("/api/v1/costs");
            return response.StatusCode == HttpStatusCode.OK;
        }, Recovery, "the API answers again");
        await sent.Api.TotalBecomesAsync(Spend.Of(Usage, Usage), Recovery);
        // After a failed look-up the front door asks again only after a pause; until then it answers 503, which clients repeat.
        var call = SpanInPlace.Together([new TraceBuilder().Call(Usage)]);
        await SpendApi.HoldsAsync(async () => (await later.Sender.HttpAsync(call)).Http == HttpStatusCode.OK, Recovery, "a new key is known");
        await later.Api.TotalBecomesAsync(Spend.Of(Usage), Recovery);
    }

    [Fact]
    public async Task EmbeddedEnginesKilled_ComeBackWithEverythingThatWasAcknowledged()
    {
        var folder = installation.NewFolder();
        await using var process = new ServerProcess(folder, new Dictionary<string, string?>
        {
            ["FINOPS_BOOTSTRAP_TENANT"] = Installation.BootstrapTenant,
            ["FINOPS_BOOTSTRAP_ADMIN_EMAIL"] = Installation.AdminEmail,
            ["FINOPS_BOOTSTRAP_ADMIN_PASSWORD"] = Installation.AdminPassword,
            ["FINOPS_BOOTSTRAP_INGEST_KEY"] = Installation.BootstrapIngestKey,
            ["FINOPS_BOOTSTRAP_API_KEY"] = Installation.BootstrapApiKey,
        }, "--role", "all");
        await process.StartReadyAsync();
        using var sender = new OtlpSender(process, Installation.BootstrapIngestKey);
        using var api = new SpendApi(process, Installation.BootstrapApiKey);
        await sender.AcceptAsync(new TraceBuilder().Call(Usage));
        await api.TotalBecomesAsync(Spend.Of(Usage));

        await KillAsync(folder, "clickhouse");
        await sender.AcceptAsync(new TraceBuilder().Call(Usage));
        await process.WaitForAsync("/readyz", HttpStatusCode.OK, Recovery);
        await api.TotalBecomesAsync(Spend.Of(Usage, Usage), Recovery);

        await KillAsync(folder, "postgres");
        await sender.AcceptAsync(new TraceBuilder().Call(Usage));
        await SpendApi.HoldsAsync(async () =>
        {
            using var http = process.Client(Installation.BootstrapApiKey);
            using var response = await http.GetAsync("/api/v1/costs");
            return response.StatusCode == HttpStatusCode.OK;
        }, Recovery, "the API answers again");
        await api.TotalBecomesAsync(Spend.Of(Usage, Usage, Usage), Recovery);
    }

    private static async Task KillAsync(string dataFolder, string engine)
    {
        var id = int.Parse((await File.ReadAllTextAsync(Path.Combine(dataFolder, "run", engine + ".pid"))).Split('\n')[0], CultureInfo.InvariantCulture);
        using var victim = System.Diagnostics.Process.GetProcessById(id);
        victim.Kill();
        await victim.WaitForExitAsync();
    }
}
