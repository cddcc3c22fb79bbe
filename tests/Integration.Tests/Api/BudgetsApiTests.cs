using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using FinOps.Integration.Tests.Wire;
using FinOps.Testing;

namespace FinOps.Integration.Tests.Api;

/// <summary>From a budget to the alert of a call and its end, by REST alone; and nothing of it is another tenant's.</summary>
public sealed class BudgetsApiTests(Installation installation)
{
    internal static readonly string[] Paths =
    [
        "GET /api/v1/budgets", "POST /api/v1/budgets", "POST /api/v1/budgets/preview", "GET /api/v1/budgets/{id}", "PUT /api/v1/budgets/{id}", "DELETE /api/v1/budgets/{id}", "GET /api/v1/budgets/{id}/history",
        "GET /api/v1/budgets/{id}/leases", "POST /api/v1/budgets/{id}/undo", "POST /api/v1/budgets/{id}/restore", "POST /api/v1/budgets/{id}/evaluation", "GET /api/v1/alerts", "GET /api/v1/alerts/{id}", "POST /api/v1/alerts/{id}/acknowledge",
        "POST /api/v1/alerts/{id}/snooze", "POST /api/v1/alerts/{id}/resolve", "POST /api/v1/alerts/{id}/reopen", "PUT /api/v1/alerts/{id}/judgement",
    ];

    [Fact]
    public async Task ABudget_ThatCallsPass_RaisesOneAlertThatPeopleEnd()
    {
        await using var sent = await Sent.NewAsync(installation);
        var intruder = await installation.NewTenantAsync();
        using var http = installation.Server.Process.Client(sent.Tenant.ApiKey);
        using var other = installation.Server.Process.Client(intruder.ApiKey);
        await sent.Sender.AcceptAsync(new TraceBuilder("shop", TimeProvider.System.GetUtcNow()).Call(new Tokens(1000, 100)));
        await sent.Api.TotalBecomesAsync(Spend.Of(new Tokens(1000, 100)));

        // Passed at once: any spend is more than nothing.
        var wanted = new { name = "shop", amount = 0m, period = "quarter", timeZone = "Europe/Berlin", thresholds = new[] { new { percent = 80, action = "block" } }, owner = "ann@example.test" };
        var made = await AnswerAsync(http.PostAsJsonAsync("/api/v1/budgets", wanted), HttpStatusCode.Created);
        var address = $"/api/v1/budgets/{made.GetProperty("id").GetString()}";
        var standing = (await AnswerAsync(http.PostAsync($"{address}/evaluation", null))).GetProperty("standing");
        Assert.Equal((0.00021m, "block", JsonValueKind.Null), (standing.GetProperty("spent").GetDecimal(), standing.GetProperty("action").GetString(), standing.GetProperty("share").ValueKind));
        await AnswerAsync(http.PostAsync($"{address}/evaluation", null));
        var alert = Assert.Single((await AnswerAsync(http.GetAsync("/api/v1/alerts?state=open&kind=budget"))).GetProperty("alerts").EnumerateArray());
        Assert.Equal("shop", alert.GetProperty("subject").GetString());
        Assert.Contains(alert.GetProperty("facts").EnumerateArray(), fact => fact.GetProperty("name").GetString() == "spent" && fact.GetProperty("value").GetString() == "0.00021");
        var alertAddress = $"/api/v1/alerts/{alert.GetProperty("id").GetString()}";

        // Nobody else's: neither seen nor changed.
        foreach (var path in (string[])[address, $"{address}/history", alertAddress]) await AnswerAsync(other.GetAsync(path), HttpStatusCode.NotFound);
        foreach (var path in (string[])[$"{address}/restore", $"{address}/evaluation", $"{alertAddress}/acknowledge", $"{alertAddress}/resolve", $"{alertAddress}/reopen"])
            await AnswerAsync(other.PostAsync(path, null), HttpStatusCode.NotFound);
        await AnswerAsync(other.PutAsJsonAsync(address, new { name = "mine", amount = 1, version = 1 }), HttpStatusCode.NotFound);
        await AnswerAsync(other.PostAsJsonAsync($"{address}/undo", new { version = 1, seen = 1 }), HttpStatusCode.NotFound);
        await AnswerAsync(other.PutAsJsonAsync($"{alertAddress}/judgement", new { useful = false }), HttpStatusCode.NotFound);
        await AnswerAsync(other.PostAsJsonAsync($"{alertAddress}/snooze", new { until = TimeProvider.System.GetUtcNow().AddHours(1) }), HttpStatusCode.NotFound);
        await AnswerAsync(other.DeleteAsync(address), HttpStatusCode.NotFound);
        Assert.Equal(0, (await AnswerAsync(other.GetAsync("/api/v1/budgets"))).GetProperty("total").GetInt32());
        Assert.Equal(0, (await AnswerAsync(other.GetAsync("/api/v1/alerts"))).GetProperty("alerts").GetArrayLength());
        await AnswerAsync(other.PostAsJsonAsync("/api/v1/budgets", new { name = "theirs", amount = 1, scope = new { project = new[] { sent.Tenant.Project.ToString() } } }), HttpStatusCode.Conflict);

        await AnswerAsync(http.PostAsJsonAsync($"{alertAddress}/snooze", new { until = "2020-01-01T00:00:00Z" }), HttpStatusCode.BadRequest);
        await AnswerAsync(http.PostAsJsonAsync($"{alertAddress}/snooze", new { until = TimeProvider.System.GetUtcNow().AddHours(1) }));
        await AnswerAsync(http.PostAsync($"{alertAddress}/acknowledge", null));
        await AnswerAsync(http.PostAsync($"{alertAddress}/resolve", null));
        await AnswerAsync(http.PutAsJsonAsync($"{alertAddress}/judgement", new { useful = true }));
        var ended = await AnswerAsync(http.GetAsync(alertAddress));
        Assert.Equal(["opened", "snoozed", "acknowledged", "resolved", "judgedUseful"], ended.GetProperty("events").EnumerateArray().Select(one => one.GetProperty("act").GetString()));
        Assert.Equal(1, (await AnswerAsync(http.GetAsync("/api/v1/alerts"))).GetProperty("counts").GetProperty("precision").GetDecimal());

        await AnswerAsync(http.PutAsJsonAsync(address, new { name = "shop", amount = 5, version = 1 }));
        await AnswerAsync(http.PutAsJsonAsync(address, new { name = "shop", amount = 6, version = 1 }), HttpStatusCode.Conflict);
        await AnswerAsync(http.PostAsJsonAsync($"{address}/undo", new { version = 1, seen = 2 }));
        await AnswerAsync(http.DeleteAsync(address), HttpStatusCode.NoContent);
        await AnswerAsync(http.PostAsync($"{address}/restore", null));
        Assert.Equal(
            ["restored", "archived", "undone", "changed", "made"],
            (await AnswerAsync(http.GetAsync($"{address}/history"))).GetProperty("versions").EnumerateArray().Select(version => version.GetProperty("act").GetString()));
        var preview = await AnswerAsync(http.PostAsJsonAsync("/api/v1/budgets/preview", wanted));
        Assert.Equal((0m, JsonValueKind.Null), (preview.GetProperty("spent").GetDecimal(), preview.GetProperty("thresholds")[0].GetProperty("at").ValueKind));
    }

    [Fact]
    public async Task WrongBudgets_AreRefusedWithWhatIsWrong()
    {
        using var http = installation.Server.Process.Client((await installation.NewTenantAsync()).ApiKey);
        foreach (var (body, word) in ((object, string)[])
            [
                (new { name = "b", amount = -1 }, "amount"), (new { name = "b", amount = 1, period = "year" }, "period"), (new { name = "b", amount = 1, timeZone = "Mars" }, "IANA"),
                (new { name = "b", amount = 1, scope = new { session = new[] { "s" } } }, "session"), (new { name = "b", amount = 1, thresholds = new[] { new { percent = 0 } } }, "threshold"),
                (new { name = "b", amount = 1, curency = "EUR" }, "JSON object"), (new { name = "b" }, "JSON object"),
            ])
        {
            Assert.Contains(word, (await AnswerAsync(http.PostAsJsonAsync("/api/v1/budgets", body), HttpStatusCode.BadRequest)).GetProperty("detail").GetString(), StringComparison.Ordinal);
        }

        await AnswerAsync(http.GetAsync("/api/v1/alerts?state=gone"), HttpStatusCode.BadRequest);
        await AnswerAsync(http.GetAsync("/api/v1/budgets?limit=0"), HttpStatusCode.BadRequest);
        Assert.Equal(0, (await AnswerAsync(http.GetAsync("/api/v1/budgets"))).GetProperty("total").GetInt32());
    }

    private static async Task<JsonElement> AnswerAsync(Task<HttpResponseMessage> sending, HttpStatusCode expected = HttpStatusCode.OK)
    {
        using var answer = await sending;
        var body = await answer.Content.ReadAsStringAsync();
        Assert.True(expected == answer.StatusCode, $"{answer.RequestMessage?.RequestUri}: {answer.StatusCode} {body}");
        return body.Length == 0 ? default : JsonDocument.Parse(body).RootElement;
    }
}
