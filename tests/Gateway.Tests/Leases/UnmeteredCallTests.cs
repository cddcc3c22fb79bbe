using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using FinOps.Gateway.Tests.Control;
using Microsoft.AspNetCore.Http;

namespace FinOps.Gateway.Tests.Leases;

/// <summary>Calls whose cost no tokens tell before: images, speech, batches, uploads. A lease bounds them by a named amount, and they are charged what they cost, if that is ever told.</summary>
public sealed class UnmeteredCallTests
{
    private const string Image = """{"model":"gpt-image-1","prompt":"A cat"}""";

    private static async Task<(HttpResponseMessage Response, string Body)> UploadAsync(RunningGateway gateway, string path = "/v1/audio/transcriptions", string model = "whisper-1")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new MultipartFormDataContent { { new ByteArrayContent(new byte[50_000]), "file", "a.wav" }, { new StringContent(model), "model" } } };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", gateway.Key);
        var response = await gateway.Client.SendAsync(request);
        return (response, await response.Content.ReadAsStringAsync());
    }

    private static void Answer(VendorServer vendor, string json, int status = 200) => vendor.First = async (http, _) =>
    {
        await VendorServer.AnswerAsync(http, status, json);
        return true;
    };

    [Fact]
    public async Task Upload_HoldsTheNamedAmount_AndIsChargedWhatItCost()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var control = await ControlServer.StartAsync();
        var ledger = control.Ledgers["b"] = new LeaseLedger(1);
        Answer(vendor, """{"text":"Hello","usage":{"type":"duration","seconds":120}}""");
        var gateway = await LeaseTests.StartAsync(vendor, control, LeaseTests.Month());

        var (response, _) = await UploadAsync(gateway);
        await gateway.DisposeAsync();

        // Fifty parts of a tenth of a cent, for a call of which only its form was known.
        Assert.Equal((200, 0.05m), ((int)response.StatusCode, ledger.Asked[0].Usd));
        Assert.Equal((0.012m, 1, 0m, null), (ledger.Spent, ledger.Calls, ledger.Outstanding, ledger.Fault));
        Assert.Equal(0.012m, LeaseTests.Cost(response));
        var metrics = await gateway.MetricsAsync();
        Assert.Contains("finops_gateway_lease_unmetered_total{stage=\"held\"} 1", metrics, StringComparison.Ordinal);
        Assert.Contains("finops_gateway_lease_unmetered_total{stage=\"charged\"} 0", metrics, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/images/generations", "application/json", """{"created":1,"data":[{"url":"u"}]}""")]
    [InlineData("/v1/audio/speech", "audio/mpeg", "sound")]
    [InlineData("/v1/batches", "application/json", """{"id":"batch_1","object":"batch","status":"validating"}""")]
    [InlineData("/v1/audio/transcriptions", "text/plain", "Hello")]
    [InlineData("/v1/images/edits", "application/json", """{"created":1,"data":[{"url":"u"}],"usage":{"input_tokens":0,"output_tokens":0}}""")]
    public async Task AnswerThatTellsNoUsage_CountsTheNamedAmount(string path, string type, string answer)
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var control = await ControlServer.StartAsync();
        var ledger = control.Ledgers["b"] = new LeaseLedger(1);
        vendor.First = async (http, _) =>
        {
            http.Response.ContentType = type;
            await http.Response.WriteAsync(answer);
            return true;
        };
        var gateway = await LeaseTests.StartAsync(vendor, control, LeaseTests.Month(), change: file => file["limits"] = new JsonObject { ["unmetered_call_usd"] = 0.25m });

        var (response, body) = path.Contains("transcriptions", StringComparison.Ordinal) || path.Contains("edits", StringComparison.Ordinal)
            ? await UploadAsync(gateway, path) : await gateway.AskAsync(path, Image);
        await gateway.DisposeAsync();

        Assert.Equal((200, answer), ((int)response.StatusCode, body));
        Assert.Equal((0.25m, 0.25m, 1, 0m), (ledger.Asked[0].Usd, ledger.Spent, ledger.Calls, ledger.Outstanding));
        var metrics = await gateway.MetricsAsync();
        Assert.Contains("finops_gateway_lease_unmetered_total{stage=\"charged\"} 1", metrics, StringComparison.Ordinal);
        Assert.Contains("finops_gateway_lease_above_expected_usd_total 0", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task BudgetThatIsSpent_Refuses_InTheProvidersForm_AndLetsGoWhatMakesNothing()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var control = await ControlServer.StartAsync();
        var ledger = control.Ledgers["b"] = new LeaseLedger(0.04m);
        var gateway = await LeaseTests.StartAsync(vendor, control, LeaseTests.Month());

        foreach (var (response, body) in ((HttpResponseMessage, string)[])[await UploadAsync(gateway), await gateway.AskAsync("/v1/images/generations", Image)])
        {
            Assert.Equal((429, "finops_budget_spent", "false"), ((int)response.StatusCode, LeaseTests.Code(body), response.Headers.GetValues("x-should-retry").Single()));
            Assert.Contains("expected to cost 0.05 USD. Its owner can raise it.", body, StringComparison.Ordinal);
        }

        var (claude, message) = await gateway.AskAsync("/v1/messages/batches", """{"requests":[]}""", ("x-api-key", gateway.Key), ("anthropic-version", "2023-06-01"));
        Assert.Equal((429, "error", "rate_limit_error"), ((int)claude.StatusCode, JsonNode.Parse(message)!["type"]!.ToString(), JsonNode.Parse(message)!["error"]!["type"]!.ToString()));
        Assert.Empty(vendor.Received);

        // What brings, looks at or ends something costs nothing, whatever is left.
        Answer(vendor, """{"id":"file-1"}""");
        Assert.Equal(200, (int)(await UploadAsync(gateway, "/v1/files")).Response.StatusCode);
        foreach (var path in (string[])["/v1/moderations", "/v1/batches/batch_1/cancel", "/v1/uploads/upload_1/complete", "/v1/threads/thread_1/messages"]) Assert.Equal(200, (int)(await gateway.AskAsync(path, Image)).Response.StatusCode);
        using var delete = new HttpRequestMessage(HttpMethod.Delete, "/v1/files/file-1");
        delete.Headers.Authorization = new AuthenticationHeaderValue("Bearer", gateway.Key);
        Assert.Equal(200, (int)(await gateway.Client.SendAsync(delete)).StatusCode);
        await gateway.DisposeAsync();
        Assert.Equal((6, 0m, 0m), (vendor.Received.Count, ledger.Spent, ledger.Outstanding));
    }

    [Fact]
    public async Task CallThatFailed_CountsNothing_AndOneThatNobodyWaitedFor_WhatWasHeld()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var control = await ControlServer.StartAsync();
        var ledger = control.Ledgers["b"] = new LeaseLedger(1);
        Answer(vendor, """{"error":{"message":"No","type":"invalid_request_error","code":"moderation_blocked"}}""", 400);
        var gateway = await LeaseTests.StartAsync(vendor, control, LeaseTests.Month(), change: file =>
        {
            var impatient = RunningGateway.Provider("impatient", "openai", vendor.Address + "/v1");
            impatient["first_byte_timeout_seconds"] = 2;
            file["providers"]!.AsArray().Add(impatient);
        });
        Assert.Equal(400, (int)(await gateway.AskAsync("/v1/images/generations", Image)).Response.StatusCode);
        Assert.Equal(400, (int)(await UploadAsync(gateway)).Response.StatusCode);
        var asked = new TaskCompletionSource();
        vendor.First = async (http, _) =>
        {
            asked.TrySetResult();
            await Task.Delay(TimeSpan.FromSeconds(20), http.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return true;
        };
        using var leaving = new CancellationTokenSource();
        using var request = gateway.Post("/v1/images/generations", Image);
        var call = gateway.Client.SendAsync(request, leaving.Token);
        await asked.Task;
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.Equal(504, (int)(await gateway.AskAsync("/impatient/v1/images/generations", Image)).Response.StatusCode);

        await gateway.DisposeAsync();

        Assert.Equal((0.10m, 2, 0m), (ledger.Spent, ledger.Calls, ledger.Outstanding));
    }

    [Fact]
    public async Task BudgetThatIsSpent_AndDowngrades_LeavesTheModel_ForThereIsNothingCheaper()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var control = await ControlServer.StartAsync();
        await using var sink = await ReportSink.StartAsync();
        var ledger = control.Ledgers["b"] = new LeaseLedger(0.00000001m);
        Answer(vendor, """{"created":1,"data":[{"b64_json":"aGk="}],"usage":{"input_tokens":10,"output_tokens":1056,"total_tokens":1066,"input_tokens_details":{"text_tokens":10,"image_tokens":0}}}""");
        var gateway = await LeaseTests.StartAsync(vendor, control, LeaseTests.Month("downgrade", more: "\"downgrade_to\":{\"model\":\"gpt-4o-mini\"},"), sink);

        var (response, _) = await gateway.AskAsync("/v1/images/generations", Image);
        await gateway.DisposeAsync();

        Assert.Equal((200, "gpt-image-1"), ((int)response.StatusCode, JsonNode.Parse(vendor.Received.Single().Text)!["model"]!.ToString()));
        Assert.Equal("month@2:treatment:unchanged", (await sink.WaitAsync(1))[0]["finops.policies"]);
        Assert.Equal(LeaseTests.Cost(response), ledger.Spent + LeaseTests.Debts(gateway.Folder));
        Assert.Contains("lease_calls_total{outcome=\"let_through\"} 1", await gateway.MetricsAsync(), StringComparison.Ordinal);
    }

    /// <summary>Tokens count the ceiling; seconds have none, and count what was held.</summary>
    [Theory]
    [InlineData("""{"text":"Hello","usage":{"type":"duration","seconds":120}}""", "0.05")]
    [InlineData("""{"text":"Hello","usage":{"type":"tokens","input_tokens":900,"output_tokens":100}}""", "0.015")]
    public async Task ModelWithoutAPrice_IsNotFree(string answer, string usd)
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var control = await ControlServer.StartAsync();
        var ledger = control.Ledgers["b"] = new LeaseLedger(1);
        Answer(vendor, answer);
        var gateway = await LeaseTests.StartAsync(vendor, control, LeaseTests.Month());

        await UploadAsync(gateway, model: "house-ears-7");
        await gateway.DisposeAsync();

        Assert.Equal(decimal.Parse(usd, System.Globalization.CultureInfo.InvariantCulture), ledger.Spent);
    }
}
