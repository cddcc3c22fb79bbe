using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Tenancy;
using FinOps.Integration.Tests.Isolation;
using FinOps.Integration.Tests.Wire;
using FinOps.Testing;

namespace FinOps.Integration.Tests.Api;

/// <summary>Outcomes from the wire and by REST, and what a success costs.</summary>
public sealed class OutcomesTests(Installation installation)
{
    private static readonly TimeSpan WithinSeconds = TimeSpan.FromSeconds(30);

    private ServerProcess Server => installation.Server.Process;

    [Fact]
    public async Task Outcomes_OfSpansAndByRest_DivideTheCost_AndOfOneTenantAlone()
    {
        await using var sent = await Sent.NewAsync(installation);
        var neighbour = await installation.NewTenantAsync();
        using var own = Server.Client(sent.Tenant.ApiKey);
        using var other = Server.Client(neighbour.ApiKey);
        var definition = new { name = "order placed", source = "spanAttribute", key = "order.placed", features = (string[])["shop"], validFrom = TimeProvider.System.GetUtcNow().AddDays(-1) };
        using var made = await own.PostAsJsonAsync("/api/v1/outcome-definitions", definition);
        using var twice = await own.PostAsJsonAsync("/api/v1/outcome-definitions", definition);
        using var theirs = await other.PostAsJsonAsync("/api/v1/outcome-definitions", new { name = "order placed", source = "told" });
        Assert.Equal([HttpStatusCode.Created, HttpStatusCode.Conflict, HttpStatusCode.Created], [made.StatusCode, twice.StatusCode, theirs.StatusCode]);
        var id = JsonDocument.Parse(await made.Content.ReadAsStringAsync()).RootElement.GetProperty("id").GetGuid();
        Assert.DoesNotContain(id.ToString(), await other.GetStringAsync("/api/v1/outcome-definitions"), StringComparison.Ordinal);
        using var foreign = await other.DeleteAsync($"/api/v1/outcome-definitions/{id}");
        Assert.Equal(HttpStatusCode.NotFound, foreign.StatusCode);

        // In force within seconds: each round is a trace of one call below a span that tells the outcome.
        var rounds = 0;
        await SpendApi.HoldsAsync(async () =>
        {
            rounds++;
            var trace = new TraceBuilder();
            var route = trace.Route("/order", ("feature", "shop"), ("session.id", "s-1"), ("order.placed", rounds % 2 == 0 ? "no" : "yes"));
            await sent.Sender.AcceptAsync(trace.Call(new Tokens(1000, 100), route), route);
            var figures = await FiguresAsync(sent.Tenant.ApiKey);
            return figures.GetProperty("units").GetInt64() > 0 && figures.GetProperty("failures").GetInt64() > 0;
        }, WithinSeconds, "successes and failures are counted");

        await sent.Api.TotalBecomesAsync(Spend.Of([.. Enumerable.Repeat(new Tokens(1000, 100), rounds)]));
        var before = await FiguresAsync(sent.Tenant.ApiKey);
        var told = new { name = "order placed", id = "O-1", success = true, time = TimeProvider.System.GetUtcNow(), session = "s-1", value = 12.5 };
        using var first = await own.PostAsJsonAsync("/api/v1/outcomes", new[] { told });
        using var again = await own.PostAsJsonAsync("/api/v1/outcomes", new[] { told });
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (first.StatusCode, again.StatusCode));
        var after = await FiguresAsync(sent.Tenant.ApiKey);
        Assert.Equal(before.GetProperty("units").GetInt64() + 1, after.GetProperty("units").GetInt64());
        Assert.Equal(before.GetProperty("cost").GetDecimal(), after.GetProperty("cost").GetDecimal());
        Assert.Equal(decimal.Round(after.GetProperty("cost").GetDecimal() / after.GetProperty("units").GetInt64(), 12), after.GetProperty("costPerUnit").GetDecimal());
        Assert.InRange(after.GetProperty("failureCost").GetDecimal(), 0.0000001m, after.GetProperty("cost").GetDecimal());
        Assert.Equal(0, (await FiguresAsync(neighbour.ApiKey)).GetProperty("units").GetInt64());

        using var ended = await own.DeleteAsync($"/api/v1/outcome-definitions/{id}");
        using var unknown = await own.PostAsJsonAsync("/api/v1/outcomes", new[] { told });
        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.BadRequest), (ended.StatusCode, unknown.StatusCode));
        Assert.Contains("No outcome is defined as", await unknown.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Outcomes_OfLogRecords_DivideTheCostOfTheirTrace()
    {
        await using var sent = await Sent.NewAsync(installation);
        using var own = Server.Client(sent.Tenant.ApiKey);
        using var made = await own.PostAsJsonAsync("/api/v1/outcome-definitions", new { name = "order placed", source = "logEvent", key = "order.placed", eventAttribute = "state", successValues = (string[])["paid"] });
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        Assert.Equal("logEvent", JsonDocument.Parse(await made.Content.ReadAsStringAsync()).RootElement.GetProperty("source").GetString());

        var rounds = 0;
        await SpendApi.HoldsAsync(async () =>
        {
            rounds++;
            var trace = new TraceBuilder();
            await sent.Sender.AcceptAsync(trace.Call(new Tokens(1000, 100)));
            var record = new
            {
                timeUnixNano = string.Create(CultureInfo.InvariantCulture, $"{TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()}000000"),
                traceId = trace.TraceId,
                eventName = "order.placed",
                attributes = new[] { new { key = "state", value = new { stringValue = "paid" } } },
            };
            var answer = await sent.Sender.HttpAsync(
                "/v1/logs", JsonSerializer.SerializeToUtf8Bytes(new { resourceLogs = new[] { new { scopeLogs = new[] { new { logRecords = new[] { record } } } } } }), "application/json");
            Assert.Equal(HttpStatusCode.OK, answer.Http);
            return (await FiguresAsync(sent.Tenant.ApiKey)).GetProperty("units").GetInt64() > 0;
        }, WithinSeconds, "successes are counted");
        Assert.Equal(0, (await FiguresAsync(sent.Tenant.ApiKey)).GetProperty("failures").GetInt64());
    }

    [Fact]
    public async Task Outcomes_ThatCannotBe_AreRefusedByTheirPlace_AndNoneIsStored()
    {
        var tenant = await installation.NewTenantAsync();
        using var http = Server.Client(tenant.ApiKey);
        using var made = await http.PostAsJsonAsync("/api/v1/outcome-definitions", new { name = "closed", source = "told" });
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        var now = TimeProvider.System.GetUtcNow();
        var good = $$"""{"name":"closed","id":"1","success":true,"time":"{{now:O}}","user":"ann"}""";

        foreach (var (bad, expected) in ((string, string)[])
        [
            ("""{"name":"closed","id":"2","success":true,"time":"2020-01-01T00:00:00Z","user":"ann"}""", "[1].time"),
            ($$"""{"name":"closed","id":"2","success":true,"time":"{{now:O}}"}""", "[1].traceId"),
            ($$"""{"name":"closed","id":"2","success":true,"time":"{{now:O}}","traceId":"xyz"}""", "[1].traceId"),
            ($$"""{"name":"closed","id":"","success":true,"time":"{{now:O}}","user":"ann"}""", "[1].id"),
            ($$"""{"name":"closed","id":"2","success":true,"time":"{{now:O}}","user":""}""", "[1].user"),
            ($$"""{"name":"misspelt","id":"2","success":true,"time":"{{now:O}}","user":"ann"}""", "misspelt"),
            ("""{"name":"closed"}""", "JSON array"), ("null", "JSON array"), ($$"""{"name":"closed","id":"2","success":true,"time":"{{now:O}}","usr":"ann"}""", "JSON array"),
        ])
        {
            using var refused = await http.PostAsync("/api/v1/outcomes", new StringContent($"[{good},{bad}]", System.Text.Encoding.UTF8, "application/json"));
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
            Assert.Contains(expected, await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        using var many = await http.PostAsync("/api/v1/outcomes", new StringContent($"[{string.Join(',', Enumerable.Repeat(good, 1001))}]", System.Text.Encoding.UTF8, "application/json"));
        Assert.Contains("at most 1,000", await many.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        foreach (var body in (object[])[new { name = "x", source = "log" }, new { name = "x", source = "spanEvent" }, new { name = "", source = "told" }, new { name = "x" }])
        {
            using var refused = await http.PostAsJsonAsync("/api/v1/outcome-definitions", body);
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        }

        Assert.Equal("0", Assert.Single(await installation.Server.RowsAsync($"SELECT toString(count()) FROM outcomes WHERE tenant_id = '{tenant.Id}'"))[0]);
        // A key without the scope tells nothing and defines nothing.
        var usual = await installation.Server.Tenants.Keys.CreateAsync(tenant.Id, new NewAccessKey(tenant.Project, KeyKind.Api, "usual"), TenantMaker.Author);
        using var narrow = Server.Client(usual.Token);
        using var told = await narrow.PostAsync("/api/v1/outcomes", new StringContent($"[{good}]", System.Text.Encoding.UTF8, "application/json"));
        Assert.Equal((HttpStatusCode.Forbidden, HttpStatusCode.Forbidden), (told.StatusCode, (await Reply.GetAsync(Server, usual.Token, "/api/v1/outcome-definitions")).Status));
    }

    private async Task<JsonElement> FiguresAsync(string key)
    {
        var today = TimeProvider.System.GetUtcNow().UtcDateTime.Date;
        var reply = await Reply.GetAsync(Server, key, string.Create(CultureInfo.InvariantCulture, $"/api/v1/unit-costs?unit=outcome&outcome=order%20placed&from={today.AddDays(-1):yyyy-MM-dd}&to={today.AddDays(2):yyyy-MM-dd}"));
        Assert.Equal(HttpStatusCode.OK, reply.Status);
        return JsonDocument.Parse(reply.Body).RootElement.GetProperty("rows")[0];
    }
}
