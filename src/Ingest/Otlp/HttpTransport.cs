using System.Globalization;
using FinOps.Ingest.Health;
using FinOps.Ingest.Otlp.Bodies;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace FinOps.Ingest.Otlp;

/// <summary>OTLP/HTTP: protobuf and JSON, plain and gzip, with and without a stated length.</summary>
internal sealed class HttpTransport(Admission admission, ExportReceiver receiver, IOptions<OtlpOptions> options, TimeProvider clock)
{
    private const string Protobuf = "application/x-protobuf";
    private const string Json = "application/json";

    /// <summary>Bytes of a stated length that are reserved at once, 1 MiB: enough for usual exports to arrive without growing, and little for a sender that only promises.</summary>
    private const int MaxReservedBytes = 1 << 20;

    private readonly OtlpOptions _options = options.Value;
    private readonly TimeSpan _bodyTimeout = TimeSpan.FromSeconds(options.Value.BodyTimeoutSeconds);

    public async Task HandleAsync(HttpContext context, IngestSignal signal)
    {
        // Our own limit holds, and answers as OTLP wants it; Kestrel's default would cut at 30 MB.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = null;
        var json = IsMediaType(context.Request.ContentType, Json);
        var transport = json ? IngestTransport.HttpJson : IngestTransport.HttpProtobuf;
        var outcome = await admission.RunAsync(context, transport, signal, (Transport: this, Signal: signal, Json: json),
            static (context, sender, tally, state) => state.Transport.ReceiveAsync(context, sender, tally, state.Signal, state.Json));
        if (outcome.Reason != IngestReason.ClientAborted) await AnswerAsync(context.Response, signal, json, outcome);
    }

    private async ValueTask<(ExportOutcome Outcome, long Bytes)> ReceiveAsync(
        HttpContext context, Sender sender, IngestTally tally, IngestSignal signal, bool json)
    {
        var request = context.Request;
        if (!json && !IsMediaType(request.ContentType, Protobuf) && !IsMediaType(request.ContentType, "application/protobuf"))
            return (new ExportOutcome(IngestReason.UnsupportedMediaType), 0);
        if (!TryReadEncoding(request.Headers.ContentEncoding, out var gzip)) return (new ExportOutcome(IngestReason.UnsupportedEncoding), 0);
        if (request.ContentLength > _options.MaxBodyBytes) return (new ExportOutcome(IngestReason.TooLarge), request.ContentLength.Value);

        using var body = receiver.NewBody(sender);
        if (request.ContentLength is { } length && !body.TryReserve((int)Math.Min(length, MaxReservedBytes))) return (new ExportOutcome(body.Refusal), 0);
        using (var timeout = new CancellationTokenSource(_bodyTimeout, clock))
        {
            if (await BodyReader.ReadToEndAsync(request.BodyReader, body, timeout.Token) is { } refusal) return (new ExportOutcome(refusal), body.Length);
        }

        var bytes = body.Length;
        return (await receiver.ReceiveAsync(new ExportRequest(signal, sender, body, 0, gzip, json, tally), context.RequestAborted), bytes);
    }

    private async Task AnswerAsync(HttpResponse response, IngestSignal signal, bool json, ExportOutcome outcome)
    {
        var (status, code, message) = OtlpAnswers.Of(outcome.Reason);
        response.StatusCode = status;
        response.ContentType = json ? Json : Protobuf;
        ReadOnlyMemory<byte> body;
        if (!outcome.IsSuccess)
        {
            var text = outcome.Message ?? message;
            body = json ? OtlpBodies.StatusJson(code, text) : OtlpBodies.Status(code, text);
            if (OtlpAnswers.IsRetryable(outcome.Reason)) response.Headers.RetryAfter = (outcome.RetryAfterSeconds ?? _options.RetryAfterSeconds).ToString(CultureInfo.InvariantCulture);
            if (status == StatusCodes.Status401Unauthorized) response.Headers.WWWAuthenticate = "Bearer";
        }
        else if (outcome.Rejected > 0 || outcome.Message is not null)
        {
            body = json ? OtlpBodies.PartialSuccessJson(signal, outcome.Rejected, outcome.Message) : OtlpBodies.PartialSuccess(outcome.Rejected, outcome.Message);
        }
        else
        {
            body = json ? OtlpBodies.EmptyJson : default;
        }

        response.ContentLength = body.Length;
        if (!body.IsEmpty) await response.BodyWriter.WriteAsync(body, response.HttpContext.RequestAborted);
    }

    private static bool IsMediaType(string? contentType, string mediaType) =>
        contentType is not null && contentType.StartsWith(mediaType, StringComparison.OrdinalIgnoreCase)
        && (contentType.Length == mediaType.Length || contentType[mediaType.Length] is ';' or ' ');

    private static bool TryReadEncoding(string? encoding, out bool gzip)
    {
        gzip = string.Equals(encoding, "gzip", StringComparison.OrdinalIgnoreCase) || string.Equals(encoding, "x-gzip", StringComparison.OrdinalIgnoreCase);
        return gzip || string.IsNullOrEmpty(encoding) || string.Equals(encoding, "identity", StringComparison.OrdinalIgnoreCase);
    }
}
