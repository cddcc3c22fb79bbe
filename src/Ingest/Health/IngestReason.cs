namespace FinOps.Ingest.Health;

/// <summary>What became of a request or of the items in it. The snake_case name is what <c>ingest_events</c> and <i>Ingest health</i> show.</summary>
public enum IngestReason : byte
{
    // Of items (spans, data points, log records).
    Accepted,

    /// <summary>Taken, though nothing in it is of interest: a log record, a metric that is not normalised.</summary>
    Ignored,

    // Remarks on items that are taken all the same: part of them was left out, or they stand in quarantine, where they are shown.
    TooManyAttributes,
    NestedTooDeep,
    InvalidUtf8,
    ValueCut,

    /// <summary>Content of a call whose project keeps samples was longer than a sample may be, or a part of it could not be read.</summary>
    SampleCut,

    /// <summary>A call's tracestate tells a sampling threshold that cannot be read or is beyond the limit: it stands for itself alone.</summary>
    SamplingIgnored,

    /// <summary>Entries of a call's <c>finops.policies</c> could not be read or were too many: they are left out, the call and its other entries are taken.</summary>
    PoliciesDropped,
    QuarantinedNegative,
    QuarantinedHuge,

    // One for each tag that has a quota: its value is stored as "other".
    FeatureOverLimit,
    UserOverLimit,
    TeamOverLimit,
    CustomerOverLimit,
    EnvironmentOverLimit,
    ServiceOverLimit,
    EndpointOverLimit,

    // Of items that are refused (partial success).
    MissingIds,
    InvalidTime,
    StartTooOld,
    StartInFuture,
    TooManyItems,
    MalformedItem,

    // Of whole requests.
    Empty,
    Malformed,
    TooLarge,
    GzipTruncated,
    GzipInvalid,
    GzipBomb,
    UnsupportedEncoding,
    UnsupportedMediaType,
    MissingKey,
    UnknownKey,
    RevokedKey,
    ExpiredKey,
    WrongKeyKind,
    TenantSuspended,
    OverItemsRate,
    OverBytesRate,
    OverStorage,
    TenantBusy,
    KeyStoreAway,
    BodyTimeout,
    ClientAborted,
    Busy,
    SpoolFull,
    StoreFailed,
    DeadlineExceeded,

    /// <summary>A fault of ours.</summary>
    Failed,

    // Of the counters themselves.
    CountersLost,
}

public static class IngestReasons
{
    public static readonly int Count = Enum.GetValues<IngestReason>().Length;

    private static readonly string[] Names = [.. Enum.GetValues<IngestReason>().Select(reason => ToSnakeCase(reason.ToString()))];

    public static string Name(this IngestReason reason) => Names[(int)reason];

    /// <summary>True for items that stay out of the store; they make the answer a partial success.</summary>
    public static bool IsRejectedItem(this IngestReason reason) => reason is >= IngestReason.MissingIds and <= IngestReason.MalformedItem;

    private static string ToSnakeCase(string name) =>
        string.Concat(name.Select((letter, index) => char.IsUpper(letter) && index > 0 ? $"_{char.ToLowerInvariant(letter)}" : $"{char.ToLowerInvariant(letter)}"));
}
