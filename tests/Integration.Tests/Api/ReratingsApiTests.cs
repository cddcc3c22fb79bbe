using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using FinOps.Integration.Tests.Isolation;
using FinOps.Integration.Tests.Wire;
using FinOps.Testing;

namespace FinOps.Integration.Tests.Api;

/// <summary>From a deployment's name that no list knows to priced history, by REST alone; and nothing of it is another tenant's.</summary>
public sealed class ReratingsApiTests(Installation installation)
{
    internal static readonly string[] Paths =
    [
        "GET /api/v1/prices/unpriced", "GET /api/v1/reratings", "POST /api/v1/reratings", "GET /api/v1/reratings/{id}", "POST /api/v1/reratings/{id}/apply",
        "POST /api/v1/reratings/{id}/revert", "POST /api/v1/reratings/{id}/cancel",
    ];

    [Fact]
    public async Task AnUnknownDeployment_WithAnAliasAndARerating_HasPricedHistory()
    {
        await using var sent = await Sent.NewAsync(installation);
        var intruder = await installation.NewTenantAsync();
        using var http = installation.Server.Process.Client(sent.Tenant.ApiKey);
        using var other = installation.Server.Process.Client(intruder.ApiKey);
        var trace = new TraceBuilder("shop");
        for (var i = 0; i < 3; i++) await sent.Sender.AcceptAsync(Deployment(trace));
        await sent.Sender.AcceptAsync(trace.Call(new Tokens(1000, 100)));
        var priced = Spend.Of(new Tokens(1000, 100));
        await sent.Api.TotalBecomesAsync(priced + new Spend(0, 3, 3, 0, 3000, 0, 0, 300, 0));

        var unpriced = Assert.Single((await AnswerAsync(http.GetAsync("/api/v1/prices/unpriced"))).GetProperty("models").EnumerateArray());
        Assert.Equal(("prod-gpt-4o-mini-eu", "noPriceOfModel", 3), (unpriced.GetProperty("model").GetString(), unpriced.GetProperty("reason").GetString(), unpriced.GetProperty("calls").GetInt32()));
        var suggestion = unpriced.GetProperty("suggestions")[0];
        Assert.Equal(("openai", "gpt-4o-mini", 0.00063m), (suggestion.GetProperty("provider").GetString(), suggestion.GetProperty("model").GetString(), suggestion.GetProperty("estimatedCost").GetDecimal()));
        Assert.Equal(0, (await AnswerAsync(other.GetAsync("/api/v1/prices/unpriced"))).GetProperty("models").GetArrayLength());

        await AnswerAsync(http.PostAsJsonAsync("/api/v1/prices/aliases", new { match = new { equals = "prod-gpt-4o-mini-eu" }, provider = "openai", model = "gpt-4o-mini", reason = "deployment" }));
        var now = TimeProvider.System.GetUtcNow();
        var body = new { from = now.AddHours(-1), to = now, model = "prod-gpt-4o-mini-eu", reason = "deployment" };
        var run = await AnswerAsync(http.PostAsJsonAsync("/api/v1/reratings", body), HttpStatusCode.Accepted);
        var address = $"/api/v1/reratings/{run.GetProperty("id").GetString()}";
        await BecomesAsync(http, address, "previewed");

        // Nobody else's: neither seen nor stopped nor applied.
        await AnswerAsync(other.GetAsync(address), HttpStatusCode.NotFound);
        foreach (var act in (string[])["apply", "cancel", "revert"]) await AnswerAsync(other.PostAsync($"{address}/{act}", null), HttpStatusCode.NotFound);
        Assert.Equal(0, (await AnswerAsync(other.GetAsync("/api/v1/reratings"))).GetProperty("reratings").GetArrayLength());
        await AnswerAsync(http.PostAsJsonAsync("/api/v1/reratings", body), HttpStatusCode.Conflict);
        await AnswerAsync(http.PostAsJsonAsync("/api/v1/reratings", new { body.from, body.to }), HttpStatusCode.BadRequest);
        await AnswerAsync(http.PostAsJsonAsync("/api/v1/reratings", new { from = body.to, to = body.from, body.reason }), HttpStatusCode.Conflict);
        await AnswerAsync(http.PostAsync($"{address}/revert", null), HttpStatusCode.Conflict);

        var difference = await AnswerAsync(http.GetAsync(address));
        var line = Assert.Single(difference.GetProperty("byModel").EnumerateArray());
        Assert.Equal((3, 3, 0m, 0.00063m), (line.GetProperty("calls").GetInt32(), line.GetProperty("pricedCalls").GetInt32(), line.GetProperty("oldCost").GetDecimal(), line.GetProperty("newCost").GetDecimal()));
        for (var round = 0; round < 2; round++)
        {
            await AnswerAsync(http.PostAsync($"{address}/apply", null));
            await BecomesAsync(http, address, "applied");
        }

        await sent.Api.TotalBecomesAsync(Spend.Of([.. Enumerable.Repeat(new Tokens(1000, 100), 4)]));
        Assert.Empty((await AnswerAsync(http.GetAsync("/api/v1/prices/unpriced"))).GetProperty("models").EnumerateArray());
        await AnswerAsync(http.PostAsync($"{address}/revert", null));
        await sent.Api.TotalBecomesAsync(priced + new Spend(0, 3, 3, 0, 3000, 0, 0, 300, 0));
    }

    private static SpanInPlace Deployment(TraceBuilder trace) => trace.Make("chat", 3, null, "sdk",
    [
        ("gen_ai.operation.name", "chat"), ("gen_ai.provider.name", "openai"), ("gen_ai.request.model", "prod-gpt-4o-mini-eu"),
        ("gen_ai.usage.input_tokens", 1000), ("gen_ai.usage.output_tokens", 100),
    ]);

    private static async Task BecomesAsync(HttpClient http, string address, string state) => await SpendApi.BecomesAsync(
        async () => (await AnswerAsync(http.GetAsync(address))).GetProperty("rerating").GetProperty("state").GetString(), state, SpendApi.Patience);

    private static async Task<JsonElement> AnswerAsync(Task<HttpResponseMessage> asked, HttpStatusCode expected = HttpStatusCode.OK)
    {
        using var response = await asked;
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(expected == response.StatusCode, $"{response.StatusCode}: {body}");
        return JsonDocument.Parse(body).RootElement;
    }
}
