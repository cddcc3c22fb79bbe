using System.Net;
using System.Net.Http.Headers;

namespace FinOps.Demo;

/// <summary>Sends the demo's telemetry through the installation's own OTLP/HTTP endpoint, as any SDK would: bounded requests, the documented retries.</summary>
internal sealed class DemoSender(HttpClient http, Uri endpoint, string ingestKey, TimeProvider time)
{
    // A quarter of a working day. In smaller requests each quarter hour of the day would be settled and summed up again and again.
    private const int TracesPerRequest = 2000;
    private const int PointsPerRequest = 4000;
    private const int Attempts = 60;

    public async Task SendTracesAsync(IReadOnlyList<DemoTrace> traces, Action<int> sentCalls, CancellationToken cancellationToken)
    {
        foreach (var chunk in traces.Chunk(TracesPerRequest))
        {
            await PostAsync("/v1/traces", OtlpWriter.Traces(chunk), cancellationToken);
            sentCalls(chunk.Sum(t => t.Calls));
        }
    }

    public async Task SendPointsAsync(IReadOnlyList<DemoPoint> points, CancellationToken cancellationToken)
    {
        foreach (var chunk in points.Chunk(PointsPerRequest))
            await PostAsync("/v1/metrics", OtlpWriter.Metrics("resources", chunk.GroupBy(p => (p.Metric, p.Unit, p.Since is not null))), cancellationToken);
    }

    private async Task PostAsync(string path, byte[] body, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var (status, delay) = await TryPostAsync(path, body, cancellationToken);
            if (status == HttpStatusCode.OK) return;
            var retryable = status is null or HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;
            if (!retryable || attempt == Attempts)
                throw new InvalidOperationException($"The OTLP endpoint {path} answered {(int?)status} to demo data after {attempt} attempts.");
            await Task.Delay(delay, time, cancellationToken);
        }
    }

    private async Task<(HttpStatusCode? Status, TimeSpan Delay)> TryPostAsync(string path, byte[] body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(endpoint, path)) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-protobuf");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", ingestKey);
        try
        {
            using var response = await http.SendAsync(request, cancellationToken);
            return (response.StatusCode, response.Headers.RetryAfter?.Delta ?? TimeSpan.FromSeconds(1));
        }
        catch (HttpRequestException)
        {
            // The listener is not up yet, or went away: the retry decides.
            return (null, TimeSpan.FromSeconds(1));
        }
    }
}
