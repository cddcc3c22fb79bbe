namespace FinOps.Web.Features.IngestHealth;

/// <summary>What each reason of the front door means, and what its reader can do.</summary>
public static class ReasonAdvice
{
    public static string For(string reason) => reason switch
    {
        "accepted" => "Taken and stored.",
        "ignored" => "Taken, though nothing in it is of interest: a log record that tells no outcome, or a metric that is not read.",
        "empty" => "An empty request: nothing to do.",
        "too_many_attributes" => "The span was kept without its last attributes. Send fewer, or raise the limit.",
        "nested_too_deep" => "An attribute was nested too deep and left out.",
        "invalid_utf8" => "Text that is not UTF-8 was mended; the span was kept.",
        "value_cut" => "A value longer than its limit was cut.",
        "sampling_ignored" => "A span's tracestate told a sampling threshold (ot=th) that cannot be read, or says that one call stands for more than FinOps:Mapping:MaxSamplingWeight: the call was taken and stands for itself alone.",
        "policies_dropped" => "Of the policies that a gateway told with a call (finops.policies), entries that could not be read, or beyond 32 of a call, were left out: the call was taken whole. Gateway and server may be of different versions.",
        "sample_cut" => "A prompt or answer longer than a sample may be was kept in part; the call itself was taken whole.",
        "quarantined_negative" => "A negative token count: set aside below. The instrumentation has a fault.",
        "quarantined_huge" => "More tokens than a call can have: set aside below. The instrumentation has a fault.",
        "missing_ids" => "A span without trace or span id was refused: the exporter has a fault. Or a log record told an outcome, and neither trace, session, user nor customer.",
        "invalid_time" => "A span without a usable start time was refused.",
        "start_too_old" => "Started more than 400 days ago: refused.",
        "start_in_future" => "Started more than 10 minutes ahead: refused. Check the sender's clock.",
        "too_many_items" => "More items in one request than are taken; the rest was refused. Send smaller batches.",
        "malformed_item" => "One item could not be read and was refused; its neighbours were taken.",
        "malformed" => "The body is not OTLP: answered 400. Check exporter and content type.",
        "too_large" => "The body is over the limit: answered 413. Send smaller batches.",
        "gzip_truncated" or "gzip_invalid" => "The compressed body is broken: answered 400.",
        "gzip_bomb" => "The body grows beyond the limit when unpacked: answered 413.",
        "unsupported_encoding" => "Use gzip or no compression.",
        "unsupported_media_type" => "Use application/x-protobuf or application/json.",
        "missing_key" => "No key was sent: answered 401. Set it as x-api-key.",
        "unknown_key" => "The key is not known: answered 401. Copy it again, or make a new one.",
        "revoked_key" => "The key was revoked: answered 401. A client still uses it.",
        "expired_key" => "The key is expired: answered 401. Make a new one.",
        "wrong_key_kind" => "An API key was used to send: answered 403. Use an ingest key.",
        "tenant_suspended" => "The organisation was suspended: answered 403, and the client drops what it sent.",
        "over_items_rate" => "More items a second than the quota allows: answered 429, the client tries again. Send less, or ask for more.",
        "over_bytes_rate" => "More bytes a second than the quota allows: answered 429, the client tries again. Compress, send less, or ask for more.",
        "over_storage" => "As much is kept as the quota allows: answered 429, the client tries again. Keep calls for a shorter time, or ask for more.",
        "tenant_busy" => "More requests at once than the organisation's share: answered 429, the client tries again.",
        "feature_over_limit" or "user_over_limit" or "team_over_limit" or "customer_over_limit" or "environment_over_limit" or "service_over_limit" or "endpoint_over_limit" =>
            "More values of this tag than its quota allows: the call was taken, and counts under “other”. Look for an id where a name should be, or ask for more.",
        "key_store_away" => "Keys could not be checked: answered 503, the client tries again.",
        "body_timeout" => "The body came too slowly.",
        "client_aborted" => "The client went away before it had sent all.",
        "busy" => "Too much at once: answered 503, the client tries again.",
        "spool_full" => "The store is away and the disk spool is full: answered 503, the client tries again.",
        "store_failed" => "The write failed: answered 503, the client tries again.",
        "deadline_exceeded" => "The client's deadline passed before the write was done; it tries again.",
        "counters_lost" => "Counts that could not be written while the store was away.",
        _ => "A fault of this installation: see its log.",
    };
}
