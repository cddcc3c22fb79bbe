using System.Globalization;
using System.Net;
using FinOps.Integration.Tests.Settling;
using FinOps.Integration.Tests.Wire;
using FinOps.Testing;

namespace FinOps.Integration.Tests.Tenants;

/// <summary>Two organisations that send the very same bytes never meet.</summary>
public sealed class TenantIsolationTests(Installation installation)
{
    private const string Prompt = """[{"role":"system","parts":[{"type":"text","content":"You are terse."}]},{"role":"user","parts":[{"type":"text","content":"Capital of France?"}]}]""";

    [Fact]
    public async Task Tenants_ThatSendTheSameBodies_EachSeeTheirOwnOnce()
    {
        await using var one = await Sent.NewAsync(installation);
        await using var two = await Sent.NewAsync(installation);
        await using var silent = await Sent.NewAsync(installation);
        var forest = TraceForest.Captured() + TraceForest.Invented(10);
        var body = SpanInPlace.Together(forest.Spans);

        Assert.True((await one.Sender.HttpAsync(body)).IsAcknowledged);
        await one.Api.TotalBecomesAsync(forest.Spend);
        Assert.Equal(Spend.None, await two.Api.TotalAsync());
        Assert.True((await two.Sender.GrpcAsync(body)).IsAcknowledged);

        await two.Api.TotalBecomesAsync(forest.Spend);
        await one.Api.TotalBecomesAsync(forest.Spend, TimeSpan.Zero);
        Assert.Equal(Spend.None, await silent.Api.TotalAsync());
        Assert.Empty(await silent.Api.CallsAsync());
        Assert.Equal(await one.Api.RowsAsync("feature,model,user"), await two.Api.RowsAsync("feature,model,user"));
    }

    [Fact]
    public async Task Call_OfAnotherTenant_IsNotFound()
    {
        await using var one = await Sent.NewAsync(installation);
        await using var two = await Sent.NewAsync(installation);
        await one.Sender.AcceptAsync(new TraceBuilder().Call(new Tokens(10, 10)));
        await SpendApi.BecomesAsync(async () => (await one.Api.CallsAsync()).Count, 1);
        var path = $"/api/v1/calls/{(await one.Api.OnlyCallAsync()).Id}";

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(one, path));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(two, path));
    }

    [Fact]
    public async Task SpansOfOneTrace_SentByTwoTenants_DoNotInheritFromEachOther()
    {
        await using var one = await Sent.NewAsync(installation);
        await using var two = await Sent.NewAsync(installation);
        var trace = new TraceBuilder();
        var route = trace.Route("/secret", ("feature", "secret"), ("user.id", "somebody"));
        await one.Sender.AcceptAsync(trace.Call(new Tokens(10, 10), route, TraceBuilder.NewResponseId()));

        await two.Sender.AcceptAsync(route);

        await Task.Delay(TimeSpan.FromSeconds(4));
        var call = await one.Api.OnlyCallAsync();
        Assert.Equal(("", "", ""), (call.Feature, call.User, call.Endpoint));
    }

    [Fact]
    public async Task Hashes_OfTheSamePrompt_DifferBetweenTenantsAndAgreeWithin()
    {
        await using var one = await Sent.NewAsync(installation);
        await using var two = await Sent.NewAsync(installation);
        foreach (var sent in (Sent[])[one, one, two])
            await sent.Sender.AcceptAsync(new TraceBuilder().Call(new Tokens(10, 10), more: ("gen_ai.input.messages", Prompt)));

        var rows = await installation.Server.RowsAsync(string.Create(CultureInfo.InvariantCulture, $"""
            SELECT tenant_id = '{one.Tenant.Id.Value}', input_hash, prefix_hash FROM calls
            WHERE tenant_id IN ('{one.Tenant.Id.Value}', '{two.Tenant.Id.Value}')
            """));

        Assert.Equal(3, rows.Count);
        Assert.DoesNotContain(rows, row => row[1] == "0");
        Assert.Equal(2, rows.Select(row => row[1]).Distinct().Count());
        Assert.Equal(2, rows.Select(row => (row[0], row[1])).Distinct().Count());
        Assert.Equal(2, rows.Select(row => (row[0], row[2])).Distinct().Count());
    }

    private async Task<HttpStatusCode> StatusAsync(Sent sent, string path)
    {
        using var http = installation.Server.Process.Client(sent.Tenant.ApiKey);
        using var response = await http.GetAsync(path);
        return response.StatusCode;
    }
}
