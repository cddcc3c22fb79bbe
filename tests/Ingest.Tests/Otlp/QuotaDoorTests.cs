using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using FinOps.Domain.Quotas;

namespace FinOps.Ingest.Tests.Otlp;

/// <summary>A tenant over its quotas at the front door, over both transports.</summary>
public sealed class QuotaDoorTests
{
    [Fact]
    public async Task Post_OverTheItemRate_IsRetryableAndSaysWhichLimitAndWhenToComeBack()
    {
        await using var door = await FrontDoor.OpenAsync();
        door.Limits = TenantLimits.None.With(new Dictionary<Quota, long> { [Quota.IngestItemsPerSecond] = 1 });
        var body = Capture.Read("openlit/02-http-traces.json");

        // What is let in may overdraw the credit: nothing of a request that was taken is lost. A burst of ten seconds is ten items here.
        HttpResponseMessage answer;
        var taken = 0;
        while ((answer = await PostAsync(door, body)).StatusCode == HttpStatusCode.OK && taken < 100) taken++;

        Assert.InRange(taken, 1, 99);
        Assert.Equal(HttpStatusCode.TooManyRequests, answer.StatusCode);
        Assert.InRange(answer.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 3600);
        using var status = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(8, status.RootElement.GetProperty("code").GetInt32());
        Assert.Contains("ingestItemsPerSecond", status.RootElement.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(taken, door.Batches);
        var counted = await door.EventAsync("over_items_rate");
        Assert.Equal(door.Tenant, counted.Tenant);
    }

    [Fact]
    public async Task Post_OverTheByteRate_IsRefusedBeforeTheBodyIsRead()
    {
        await using var door = await FrontDoor.OpenAsync();
        door.Limits = TenantLimits.None.With(new Dictionary<Quota, long> { [Quota.IngestBytesPerSecond] = 10 });
        var body = Capture.Read("openlit/02-http-traces.json");

        using var first = await PostAsync(door, body);
        // Not JSON: a body that were read would be malformed.
        using var second = await PostAsync(door, "{"u8.ToArray());

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.TooManyRequests), (first.StatusCode, second.StatusCode));
        await door.EventAsync("over_bytes_rate");
    }

    [Fact]
    public async Task Post_LimitThatIsLifted_IsTakenAgainAtOnce()
    {
        await using var door = await FrontDoor.OpenAsync();
        var body = Capture.Read("openlit/02-http-traces.json");
        door.Limits = TenantLimits.None.With(new Dictionary<Quota, long> { [Quota.IngestBytesPerSecond] = 10 });
        using var first = await PostAsync(door, body);
        using var second = await PostAsync(door, body);

        door.Limits = TenantLimits.None;
        using var third = await PostAsync(door, body);

        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.TooManyRequests, HttpStatusCode.OK], [first.StatusCode, second.StatusCode, third.StatusCode]);
    }

    private static Task<HttpResponseMessage> PostAsync(FrontDoor door, byte[] body)
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return door.Http.SendAsync(new HttpRequestMessage(HttpMethod.Post, "/v1/traces") { Content = content, Headers = { { "x-api-key", FrontDoor.Key } } }, TestContext.Current.CancellationToken);
    }
}
