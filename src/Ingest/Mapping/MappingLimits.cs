namespace FinOps.Ingest.Mapping;

/// <summary>Limits on what a span or a metric may carry. Section <c>FinOps:Mapping</c>, for example <c>FinOps__Mapping__MaxTokensPerCall</c>.</summary>
public sealed class MappingLimits
{
    public const string Section = "FinOps:Mapping";

    /// <summary>Rows of one request that are taken; what follows is refused. Default 200,000. Counted as too_many_items.</summary>
    public int MaxItems { get; set; } = 200_000;

    /// <summary>Attributes of one span, resource or data point that are read; the rest is dropped. Default 1,000. Counted as too_many_attributes.</summary>
    public int MaxAttributes { get; set; } = 1000;

    /// <summary>Levels of nested values in one attribute; a deeper one is dropped. Default 32. Counted as nested_too_deep.</summary>
    public int MaxValueDepth { get; set; } = 32;

    /// <summary>UTF-16 units of a tag, name, model or id that are kept; the rest is cut. Default 256. Counted as value_cut.</summary>
    public int MaxTextLength { get; set; } = 256;

    /// <summary>Tokens of one kind in one call, and input or output together; more is quarantined. Default 100,000,000. Counted as quarantined_huge.</summary>
    public long MaxTokensPerCall { get; set; } = 100_000_000;

    /// <summary>Calls that one sampled call may stand for. Default 1,000,000. One that tells more stands for itself alone, counted as sampling_ignored.</summary>
    public long MaxSamplingWeight { get; set; } = 1_000_000;

    /// <summary>Age of a start time that is taken, in days. Default 400. Older is refused and counted as start_too_old.</summary>
    public int MaxStartAgeDays { get; set; } = 400;

    /// <summary>How far a start time may lie ahead, in minutes. Default 10. Further is refused and counted as start_in_future.</summary>
    public int MaxStartAheadMinutes { get; set; } = 10;

    /// <summary>Hashes of single embedding inputs that are kept for one call. Default 256; the whole input's hash covers the rest.</summary>
    public int MaxItemHashes { get; set; } = 256;

    /// <summary>Bytes of JSON in one attribute (messages, metadata, provider answers) that are looked into. Default 1 MiB; hashes cover the whole.</summary>
    public int MaxJsonBytes { get; set; } = 1024 * 1024;

    /// <summary>Bytes of one call's content that are copied together for its hash. Default 4 MiB; what lies behind is not hashed.</summary>
    public int MaxHashedBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>Bytes of one call's content that a sample keeps, where the project has opted in; the rest is cut. Default 64 KiB, at most 1 MiB. Counted as sample_cut.</summary>
    public int MaxSampleBytes { get; set; } = 64 * 1024;
}
