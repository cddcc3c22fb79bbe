using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using FinOps.Integration.Tests.Wire;
using FinOps.Testing;

namespace FinOps.Integration.Tests.Api;

/// <summary>From calls that arrive to the alert that they run away; what is told is for their organisation to say, and nothing of it is another's.</summary>
public sealed class DetectionApiTests(Installation installation)
{
    internal static readonly string[] Paths = ["GET /api/v1/detection", "PUT /api/v1/detection"];

    [Fact]
    public async Task ARetryStorm_ThatArrives_RaisesAnAlertOfItsOrganisation()
    {
        await using var sent = await Sent.NewAsync(installation);
        var intruder = await installation.NewTenantAsync();
        using var http = installation.Server.Process.Client(sent.Tenant.ApiKey);
        using var other = installation.Server.Process.Client(intruder.ApiKey);
        var trace = new TraceBuilder("shop", TimeProvider.System.GetUtcNow().AddSeconds(-20));
        await sent.Sender.AcceptAsync([.. Enumerable.Range(0, 25).Select(_ => trace.Call(default, more: [("error.type", "rate_limit_exceeded"), ("session.id", "checkout-9")]))]);

        // Meanwhile: what is not to be told is kept for this organisation alone.
        Assert.Equal("""{"off":[],"mutes":[]}""", (await AnswerAsync(http.GetAsync("/api/v1/detection"))).GetRawText());
        var changed = await AnswerAsync(http.PutAsJsonAsync("/api/v1/detection", new { off = new[] { "anomaly" }, mutes = new[] { new { dimension = "feature", value = "load test", reason = "planned" } } }));
        Assert.Equal("""{"off":["anomaly"],"mutes":[{"dimension":"feature","value":"load test","until":null,"reason":"planned"}]}""", changed.GetRawText());
        foreach (var (body, word) in ((object, string)[])
            [(new { off = new[] { "noise" }, mutes = Array.Empty<object>() }, "noise"), (new { off = Array.Empty<string>(), mutes = new[] { new { dimension = "colour", value = "red" } } }, "colour"), (new { off = Array.Empty<string>() }, "mutes")])
            Assert.Contains(word, (await AnswerAsync(http.PutAsJsonAsync("/api/v1/detection", body), HttpStatusCode.BadRequest)).GetRawText(), StringComparison.Ordinal);
        Assert.Equal(changed.GetRawText(), (await AnswerAsync(http.GetAsync("/api/v1/detection"))).GetRawText());
        Assert.Equal("""{"off":[],"mutes":[]}""", (await AnswerAsync(other.GetAsync("/api/v1/detection"))).GetRawText());

        var alert = await FirstAlertAsync(http);
        Assert.Equal(("runaway", "checkout-9"), (alert.GetProperty("kind").GetString(), alert.GetProperty("subject").GetString()));
        Assert.Equal("checkout-9", alert.GetProperty("scope").GetProperty("session")[0].GetString());
        Assert.Equal(0, (await AnswerAsync(other.GetAsync("/api/v1/alerts"))).GetProperty("alerts").GetArrayLength());
    }

    private static async Task<JsonElement> FirstAlertAsync(HttpClient http)
    {
        for (var until = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(until) < TimeSpan.FromSeconds(60); await Task.Delay(500))
            if ((await AnswerAsync(http.GetAsync("/api/v1/alerts"))).GetProperty("alerts") is var alerts && alerts.GetArrayLength() > 0) return alerts[0];
        throw new TimeoutException("No alert within a minute.");
    }

    private static async Task<JsonElement> AnswerAsync(Task<HttpResponseMessage> sending, HttpStatusCode expected = HttpStatusCode.OK)
    {
        using var answer = await sending;
        var body = await answer.Content.ReadAsStringAsync();
        Assert.True(expected == answer.StatusCode, $"{answer.RequestMessage?.RequestUri}: {answer.StatusCode} {body}");
        return body.Length == 0 ? default : JsonDocument.Parse(body).RootElement;
    }
}
