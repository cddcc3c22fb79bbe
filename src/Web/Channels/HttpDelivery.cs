using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using FinOps.Analytics.Channels;
using FinOps.Analytics.Outbound;
using FinOps.Domain.Channels;
using Microsoft.Extensions.Options;

namespace FinOps.Web.Channels;

/// <summary>One conversation by HTTP for one message, with an address that somebody named: into the own network only where an operator allowed it, and never where an answer leads on to.</summary>
internal sealed class HttpDelivery(IOptions<ChannelOptions> options, TimeProvider clock) : IDisposable
{
    public const string KeyHeader = "idempotency-key";

    /// <summary>Bytes of an answer that are looked at. Default 4,096.</summary>
    private const int MaxAnswerBytes = 4_096;

    /// <summary>Seconds that the answer to a button may take. Default 2.</summary>
    private const int MaxResponseSeconds = 2;

    private readonly HttpMessageInvoker _http = new(NewHandler(options.Value));

    /// <summary>JSON to a webhook of Slack.</summary>
    public async Task<DeliveryAnswer> ToSlackWebhookAsync(string address, JsonObject message, string key, CancellationToken cancellationToken)
    {
        using var request = Request(new Uri(address), Encoding.UTF8.GetBytes(message.ToJsonString()), key);
        return (await SendAsync(request, cancellationToken)).Answer;
    }

    /// <summary>A message by a bot. Slack answers 200 to most of what it refuses, and says why in the body.</summary>
    public async Task<DeliveryAnswer> ToSlackAppAsync(string token, JsonObject message, string key, CancellationToken cancellationToken)
    {
        using var request = Request(new Uri(options.Value.SlackApi, "chat.postMessage"), Encoding.UTF8.GetBytes(message.ToJsonString()), key);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        var (answer, body) = await SendAsync(request, cancellationToken);
        if (answer.Outcome != DeliveryOutcome.Sent) return answer;
        if (ReadSlack(body) is not { } said) return answer with { Outcome = DeliveryOutcome.Failed, Answer = "Slack's answer is no JSON object." };
        return said.Ok ? answer : answer with { Outcome = DeliveryAnswer.OfSlack(said.Error), Answer = said.Error };
    }

    /// <summary>What became of a button, to the address that Slack gave with it. Slack waits three seconds for the answer to the button.</summary>
    public async Task<DeliveryAnswer> ToSlackResponseAsync(Uri address, JsonObject message, CancellationToken cancellationToken)
    {
        using var request = Request(address, Encoding.UTF8.GetBytes(message.ToJsonString()), Guid.NewGuid().ToString("N"));
        return (await SendAsync(request, cancellationToken, Math.Min(options.Value.TimeoutSeconds, MaxResponseSeconds))).Answer;
    }

    /// <summary>Signed JSON to a webhook of one's own.</summary>
    public async Task<DeliveryAnswer> ToWebhookAsync(string address, string secret, byte[] body, string key, CancellationToken cancellationToken)
    {
        using var request = Request(new Uri(address), body, key);
        request.Headers.TryAddWithoutValidation(WebhookSignature.Header, WebhookSignature.Of(secret, clock.GetUtcNow(), body));
        return (await SendAsync(request, cancellationToken)).Answer;
    }

    public void Dispose() => _http.Dispose();

    private async Task<(DeliveryAnswer Answer, string Body)> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken, int? within = null)
    {
        var seconds = within ?? options.Value.TimeoutSeconds;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(seconds));
        try
        {
            using var response = await _http.SendAsync(request, limit.Token);
            var status = (int)response.StatusCode;
            var body = await ReadAsync(response, limit.Token);
            var outcome = DeliveryAnswer.Of(status);
            var said = status is >= 300 and < 400
                ? $"The answer was {status} {response.ReasonPhrase}; it is not followed elsewhere."
                : $"{status} {response.ReasonPhrase}{(body.Length > 0 ? ": " : "")}{body}";
            return (new DeliveryAnswer(outcome, status, said, RetryAfterOf(response)), body);
        }
        catch (HttpRequestException failure) when (failure.InnerException is InternalAddressException inside)
        {
            return (new DeliveryAnswer(DeliveryOutcome.Refused, 0, $"{inside.Message} Whoever runs the installation can allow it in {ChannelOptions.Section}:{nameof(ChannelOptions.InternalHosts)}."), "");
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException)
        {
            var why = failure is HttpRequestException { HttpRequestError: var error } ? error.ToString() : "the answer broke off";
            return (new DeliveryAnswer(DeliveryOutcome.Failed, 0, $"The connection failed: {why}."), "");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (new DeliveryAnswer(DeliveryOutcome.Failed, 0, string.Create(CultureInfo.InvariantCulture, $"No answer within {seconds} s ({ChannelOptions.Section}:{nameof(ChannelOptions.TimeoutSeconds)}).")), "");
        }
    }

    /// <summary>The beginning of what was said, without signs that would not print.</summary>
    private static async Task<string> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var bytes = new byte[MaxAnswerBytes];
        var read = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
        return string.Concat(Encoding.UTF8.GetString(bytes, 0, read).Select(letter => char.IsControl(letter) ? ' ' : letter)).Trim();
    }

    private TimeSpan? RetryAfterOf(HttpResponseMessage response)
    {
        if (response.Headers.RetryAfter is not { } asked) return null;
        var wait = asked.Delta ?? asked.Date - clock.GetUtcNow() ?? TimeSpan.Zero;
        return wait > TimeSpan.Zero ? wait : null;
    }

    private static (bool Ok, string Error)? ReadSlack(string body)
    {
        try
        {
            return JsonNode.Parse(body) is JsonObject said ? (said["ok"]?.GetValue<bool>() == true, said["error"]?.GetValue<string>() ?? "Slack says no reason.") : null;
        }
        catch (Exception malformed) when (malformed is System.Text.Json.JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static HttpRequestMessage Request(Uri address, byte[] body, string key)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json", "utf-8");
        request.Headers.TryAddWithoutValidation(KeyHeader, key);
        request.Headers.UserAgent.ParseAdd("FinOps-for-AI");
        return request;
    }

    private static SocketsHttpHandler NewHandler(ChannelOptions options)
    {
        var handler = GuardedConnection.NewHandler(options.MayBeInternal);
        handler.ConnectTimeout = TimeSpan.FromSeconds(options.TimeoutSeconds);
        // A name is resolved, and looked at, anew before long.
        handler.PooledConnectionLifetime = TimeSpan.FromMinutes(1);
        return handler;
    }
}
