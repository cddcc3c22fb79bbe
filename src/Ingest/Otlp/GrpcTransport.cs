using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using FinOps.Ingest.Health;
using FinOps.Ingest.Otlp.Bodies;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace FinOps.Ingest.Otlp;

/// <summary>
/// OTLP/gRPC: three unary methods, written by hand on HTTP/2, because all they need is one length-prefixed message in and a status out, and a generic
/// server would decode every span into objects first.
/// </summary>
internal sealed class GrpcTransport(Admission admission, ExportReceiver receiver, IOptions<OtlpOptions> options, TimeProvider clock)
{
    /// <summary>One byte that tells whether the message is compressed, four of its length.</summary>
    private const int FrameBytes = 5;

    private static readonly byte[] EmptyMessage = new byte[FrameBytes];

    private readonly OtlpOptions _options = options.Value;
    private readonly TimeSpan _bodyTimeout = TimeSpan.FromSeconds(options.Value.BodyTimeoutSeconds);

    public static bool IsGrpc(HttpRequest request) =>
        request.ContentType is { } type && type.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase)
        && (type.Length == 16 || type[16] is '+' or ';');

    public async Task HandleAsync(HttpContext context, IngestSignal? signal)
    {
        context.Response.ContentType = "application/grpc";
        if (signal is not { } known)
        {
            AnswerStatus(context.Response, GrpcCode.Unimplemented, "Unknown method: the three OTLP Export methods are served here.", retryAfterSeconds: null);
            return;
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = null;
        var outcome = await admission.RunAsync(context, IngestTransport.Grpc, known, (Transport: this, Signal: known),
            static (context, sender, tally, state) => state.Transport.ReceiveAsync(context, sender, tally, state.Signal));
        if (outcome.Reason == IngestReason.ClientAborted) return;
        if (outcome.IsSuccess) await AnswerSuccessAsync(context.Response, outcome);
        else Answer(context.Response, outcome);
    }

    private async ValueTask<(ExportOutcome Outcome, long Bytes)> ReceiveAsync(HttpContext context, Sender sender, IngestTally tally, IngestSignal signal)
    {
        var headers = context.Request.Headers;
        var encoding = (string?)headers["grpc-encoding"];
        var gzip = string.Equals(encoding, "gzip", StringComparison.OrdinalIgnoreCase);
        if (!gzip && !string.IsNullOrEmpty(encoding) && !string.Equals(encoding, "identity", StringComparison.OrdinalIgnoreCase))
            return (new ExportOutcome(IngestReason.UnsupportedEncoding), 0);

        var hasDeadline = TryReadTimeout(headers["grpc-timeout"], out var deadline);
        using var body = receiver.NewBody(sender, FrameBytes);
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        var bodyTimeout = hasDeadline && deadline < _bodyTimeout ? deadline : _bodyTimeout;
        var started = clock.GetTimestamp();
        using (var timeout = new CancellationTokenSource(bodyTimeout, clock))
        {
            if (await BodyReader.ReadToEndAsync(context.Request.BodyReader, body, timeout.Token) is { } refusal) return (new ExportOutcome(refusal), body.Length);
        }

        var bytes = body.Length;
        if (!TryReadFrame(body.Written, out var compressed) || (compressed && !gzip)) return (new ExportOutcome(IngestReason.Malformed), bytes);
        if (hasDeadline)
        {
            var left = deadline - clock.GetElapsedTime(started);
            if (left <= TimeSpan.Zero) return (new ExportOutcome(IngestReason.DeadlineExceeded), bytes);
            cancellation.CancelAfter(left);
        }

        var request = new ExportRequest(signal, sender, body, FrameBytes, compressed, Json: false, tally);
        return (await receiver.ReceiveAsync(request, cancellation.Token), bytes);
    }

    /// <summary>Exactly one message, as a unary call has it.</summary>
    private static bool TryReadFrame(ReadOnlySpan<byte> body, out bool compressed)
    {
        compressed = false;
        if (body.Length < FrameBytes || body[0] > 1) return false;
        compressed = body[0] == 1;
        return BinaryPrimitives.ReadUInt32BigEndian(body[1..]) == (uint)(body.Length - FrameBytes);
    }

    /// <summary>Up to eight digits and a unit.</summary>
    private static bool TryReadTimeout(string? text, out TimeSpan timeout)
    {
        timeout = default;
        if (text is null || text.Length is < 2 or > 9 || !uint.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var value)) return false;
        long? ticks = text[^1] switch
        {
            'H' => TimeSpan.TicksPerHour,
            'M' => TimeSpan.TicksPerMinute,
            'S' => TimeSpan.TicksPerSecond,
            'm' => TimeSpan.TicksPerMillisecond,
            'u' => TimeSpan.TicksPerMicrosecond,
            'n' => 0,
            _ => null,
        };
        if (ticks is not { } unit) return false;
        timeout = unit == 0 ? new TimeSpan(value / TimeSpan.NanosecondsPerTick) : new TimeSpan(value * unit);

        // Timers reach about 49 days; nobody waits longer for an export.
        if (timeout > TimeSpan.FromDays(1)) timeout = TimeSpan.FromDays(1);
        return true;
    }

    private static async Task AnswerSuccessAsync(HttpResponse response, ExportOutcome outcome)
    {
        var message = EmptyMessage;
        if (outcome.Rejected > 0 || outcome.Message is not null)
        {
            var partial = OtlpBodies.PartialSuccess(outcome.Rejected, outcome.Message);
            message = new byte[FrameBytes + partial.Length];
            BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(1), (uint)partial.Length);
            partial.CopyTo(message, FrameBytes);
        }

        await response.BodyWriter.WriteAsync(message, response.HttpContext.RequestAborted);
        response.AppendTrailer("grpc-status", "0");
    }

    private void Answer(HttpResponse response, ExportOutcome outcome)
    {
        var (_, code, message) = OtlpAnswers.Of(outcome.Reason);
        if (outcome.Reason == IngestReason.UnsupportedEncoding) response.Headers["grpc-accept-encoding"] = "identity,gzip";
        AnswerStatus(response, code, outcome.Message ?? message, OtlpAnswers.IsRetryable(outcome.Reason) ? outcome.RetryAfterSeconds ?? _options.RetryAfterSeconds : null);
    }

    /// <summary>Without a message the status stands in the headers ("Trailers-Only").</summary>
    private static void AnswerStatus(HttpResponse response, GrpcCode code, string message, int? retryAfterSeconds)
    {
        response.Headers["grpc-status"] = ((int)code).ToString(CultureInfo.InvariantCulture);
        response.Headers["grpc-message"] = PercentEncode(message);
        if (retryAfterSeconds is null) return;
        var details = OtlpBodies.Status(code, message, retryAfterSeconds);
        response.Headers["grpc-status-details-bin"] = Convert.ToBase64String(details).TrimEnd('=');
    }

    private static string PercentEncode(string message)
    {
        var encoded = new StringBuilder(message.Length);
        foreach (var octet in Encoding.UTF8.GetBytes(message))
        {
            if (octet is >= 0x20 and <= 0x7E and not (byte)'%') encoded.Append((char)octet);
            else encoded.Append(CultureInfo.InvariantCulture, $"%{octet:X2}");
        }

        return encoded.ToString();
    }
}
