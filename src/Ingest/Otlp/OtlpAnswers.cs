using FinOps.Ingest.Health;
using Microsoft.AspNetCore.Http;

namespace FinOps.Ingest.Otlp;

/// <summary>What a request is answered. <paramref name="Rejected"/> items or a message make a success a partial one.</summary>
internal readonly record struct ExportOutcome(IngestReason Reason, int Rejected = 0, string? Message = null)
{
    /// <summary>When it is worth coming back, where the refusal knows; else the usual delay.</summary>
    public int? RetryAfterSeconds { get; init; }

    public bool IsSuccess => Reason is IngestReason.Accepted or IngestReason.Empty;
}

/// <summary>The codes of google.rpc.Code that are used here.</summary>
internal enum GrpcCode
{
    Ok = 0,
    Cancelled = 1,
    InvalidArgument = 3,
    DeadlineExceeded = 4,
    PermissionDenied = 7,
    ResourceExhausted = 8,
    Unimplemented = 12,
    Internal = 13,
    Unavailable = 14,
    Unauthenticated = 16,
}

/// <summary>One table from reasons to answers. Exporters retry 429, 502, 503, 504 and the matching codes, and drop the data on everything else.</summary>
internal static class OtlpAnswers
{
    public static (int Http, GrpcCode Grpc, string Message) Of(IngestReason reason) => reason switch
    {
        IngestReason.Accepted or IngestReason.Empty => (StatusCodes.Status200OK, GrpcCode.Ok, ""),
        IngestReason.Malformed => (StatusCodes.Status400BadRequest, GrpcCode.InvalidArgument, "The body is not a valid OTLP export request."),
        IngestReason.GzipTruncated => (StatusCodes.Status400BadRequest, GrpcCode.InvalidArgument, "The gzip body ends too early."),
        IngestReason.GzipInvalid => (StatusCodes.Status400BadRequest, GrpcCode.InvalidArgument, "The body is not valid gzip."),
        IngestReason.TooLarge => (StatusCodes.Status413PayloadTooLarge, GrpcCode.ResourceExhausted, "The body is larger than the limit."),
        IngestReason.GzipBomb => (StatusCodes.Status413PayloadTooLarge, GrpcCode.ResourceExhausted, "The decompressed body is larger than the limit."),
        IngestReason.UnsupportedEncoding => (StatusCodes.Status415UnsupportedMediaType, GrpcCode.Unimplemented, "Only gzip and identity encodings are taken."),
        IngestReason.UnsupportedMediaType =>
            (StatusCodes.Status415UnsupportedMediaType, GrpcCode.InvalidArgument, "Content-Type must be application/x-protobuf or application/json."),
        IngestReason.MissingKey => (StatusCodes.Status401Unauthorized, GrpcCode.Unauthenticated,
            "An ingest key is needed: Authorization: Bearer KEY, x-api-key: KEY, or Basic with the key as the password."),
        IngestReason.UnknownKey => (StatusCodes.Status401Unauthorized, GrpcCode.Unauthenticated, "The ingest key is not known."),
        IngestReason.RevokedKey => (StatusCodes.Status401Unauthorized, GrpcCode.Unauthenticated, "The ingest key was revoked."),
        IngestReason.ExpiredKey => (StatusCodes.Status401Unauthorized, GrpcCode.Unauthenticated, "The ingest key has expired."),
        IngestReason.WrongKeyKind => (StatusCodes.Status403Forbidden, GrpcCode.PermissionDenied, "This key reads the API; sending needs an ingest key."),
        // Final: what is sent meanwhile would otherwise pile up at its sender, and all come at once when the suspension ends.
        IngestReason.TenantSuspended => (StatusCodes.Status403Forbidden, GrpcCode.PermissionDenied,
            "The organisation of this key is suspended by whoever runs this installation: what is sent is not taken."),
        // Retryable: the sender keeps what it could not send, and the rate is earned back.
        IngestReason.OverItemsRate => (StatusCodes.Status429TooManyRequests, GrpcCode.ResourceExhausted,
            "The organisation sends more items (spans, data points, log records) a second than its quota ingestItemsPerSecond allows. Send less, sample, or ask whoever runs this installation for more."),
        IngestReason.OverBytesRate => (StatusCodes.Status429TooManyRequests, GrpcCode.ResourceExhausted,
            "The organisation sends more bytes a second than its quota ingestBytesPerSecond allows. Compress bodies, send less, or ask whoever runs this installation for more."),
        IngestReason.OverStorage => (StatusCodes.Status429TooManyRequests, GrpcCode.ResourceExhausted,
            "The organisation keeps as much as its quota storageBytes allows. Keep calls for a shorter time, or ask whoever runs this installation for more."),
        IngestReason.TenantBusy => (StatusCodes.Status429TooManyRequests, GrpcCode.ResourceExhausted,
            "The organisation has more requests in work than its share. Wait for answers before sending more."),
        IngestReason.KeyStoreAway => (StatusCodes.Status503ServiceUnavailable, GrpcCode.Unavailable, "Keys cannot be looked up at the moment."),
        IngestReason.Busy => (StatusCodes.Status503ServiceUnavailable, GrpcCode.Unavailable, "Too many requests are in work."),
        IngestReason.SpoolFull => (StatusCodes.Status503ServiceUnavailable, GrpcCode.Unavailable, "The store is away and the spool is full."),
        IngestReason.StoreFailed => (StatusCodes.Status503ServiceUnavailable, GrpcCode.Unavailable, "The rows could not be stored."),
        IngestReason.BodyTimeout => (StatusCodes.Status503ServiceUnavailable, GrpcCode.DeadlineExceeded, "The body did not arrive in time."),
        IngestReason.DeadlineExceeded => (StatusCodes.Status503ServiceUnavailable, GrpcCode.DeadlineExceeded, "The deadline of the request has passed."),
        IngestReason.ClientAborted => (StatusCodes.Status499ClientClosedRequest, GrpcCode.Cancelled, "The request was given up by its sender."),
        _ => (StatusCodes.Status500InternalServerError, GrpcCode.Internal, "A fault of the server."),
    };

    /// <summary>Whether the sender is asked to come back after a while.</summary>
    public static bool IsRetryable(IngestReason reason) => Of(reason).Http is StatusCodes.Status503ServiceUnavailable or StatusCodes.Status429TooManyRequests;
}
