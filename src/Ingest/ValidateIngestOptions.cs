using FinOps.Domain.Samples;
using FinOps.Ingest.Authentication;
using FinOps.Ingest.Health;
using FinOps.Ingest.Mapping;
using FinOps.Ingest.Otlp;
using FinOps.Ingest.Quotas;
using Microsoft.Extensions.Options;

namespace FinOps.Ingest;

/// <summary>Stops the start when a limit cannot be, with the name of the key to change.</summary>
internal sealed class ValidateIngestOptions
    : IValidateOptions<OtlpOptions>, IValidateOptions<KeyRingOptions>, IValidateOptions<IngestEventsOptions>, IValidateOptions<MappingLimits>, IValidateOptions<DoorOptions>
{
    public ValidateOptionsResult Validate(string? name, OtlpOptions options) => Result(
        Check(OtlpOptions.Section, nameof(options.MaxBodyBytes), options.MaxBodyBytes, 1024, 1024 * 1024 * 1024),
        Check(OtlpOptions.Section, nameof(options.MaxConcurrentRequests), options.MaxConcurrentRequests, 1, 1_000_000),
        // A gzip JSON body is held as sent, decompressed and as protobuf: less than that could never be taken.
        Check(OtlpOptions.Section, nameof(options.MaxBufferedBytes), options.MaxBufferedBytes, 2L * options.MaxBodyBytes, long.MaxValue / 2),
        Check(OtlpOptions.Section, nameof(options.BodyTimeoutSeconds), options.BodyTimeoutSeconds, 1, 3600),
        Check(OtlpOptions.Section, nameof(options.RetryAfterSeconds), options.RetryAfterSeconds, 1, 3600),
        Check(OtlpOptions.Section, nameof(options.MaxJsonDepth), options.MaxJsonDepth, 160, 1000));

    public ValidateOptionsResult Validate(string? name, KeyRingOptions options) => Result(
        Check(KeyRingOptions.Section, nameof(options.MaxAgeSeconds), options.MaxAgeSeconds, 0, 300),
        Check(KeyRingOptions.Section, nameof(options.GraceMinutes), options.GraceMinutes, 0, 7 * 24 * 60),
        Check(KeyRingOptions.Section, nameof(options.MaxEntries), options.MaxEntries, 16, 10_000_000),
        Check(KeyRingOptions.Section, nameof(options.MaxConcurrentLookups), options.MaxConcurrentLookups, 1, 1000),
        Check(KeyRingOptions.Section, nameof(options.LookupTimeoutSeconds), options.LookupTimeoutSeconds, 1, 60),
        Check(KeyRingOptions.Section, nameof(options.RetrySeconds), options.RetrySeconds, 0, 60),
        Check(KeyRingOptions.Section, nameof(options.LastUsedSeconds), options.LastUsedSeconds, 1, 3600));

    public ValidateOptionsResult Validate(string? name, IngestEventsOptions options) => Result(
        Check(IngestEventsOptions.Section, nameof(options.FlushSeconds), options.FlushSeconds, 1, 300),
        Check(IngestEventsOptions.Section, nameof(options.MaxPendingRows), options.MaxPendingRows, 100, 10_000_000),
        Check(IngestEventsOptions.Section, nameof(options.StopSeconds), options.StopSeconds, 1, 60));

    public ValidateOptionsResult Validate(string? name, MappingLimits options) => Result(
        Check(MappingLimits.Section, nameof(options.MaxAttributes), options.MaxAttributes, 1, 1_000_000),
        Check(MappingLimits.Section, nameof(options.MaxValueDepth), options.MaxValueDepth, 1, 128),
        Check(MappingLimits.Section, nameof(options.MaxTextLength), options.MaxTextLength, 16, 65_536),
        Check(MappingLimits.Section, nameof(options.MaxTokensPerCall), options.MaxTokensPerCall, 1, long.MaxValue),
        Check(MappingLimits.Section, nameof(options.MaxSamplingWeight), options.MaxSamplingWeight, 1, 1L << 56),
        Check(MappingLimits.Section, nameof(options.MaxStartAgeDays), options.MaxStartAgeDays, 1, 36_500),
        Check(MappingLimits.Section, nameof(options.MaxItems), options.MaxItems, 1, 10_000_000),
        Check(MappingLimits.Section, nameof(options.MaxStartAheadMinutes), options.MaxStartAheadMinutes, 0, 525_600),
        Check(MappingLimits.Section, nameof(options.MaxItemHashes), options.MaxItemHashes, 0, 1_000_000),
        Check(MappingLimits.Section, nameof(options.MaxJsonBytes), options.MaxJsonBytes, 0, 1 << 30),
        Check(MappingLimits.Section, nameof(options.MaxHashedBytes), options.MaxHashedBytes, 0, 1 << 30),
        Check(MappingLimits.Section, nameof(options.MaxSampleBytes), options.MaxSampleBytes, 1024, SampleKey.MaxContentBytes));

    public ValidateOptionsResult Validate(string? name, DoorOptions options) => Result(
        Check(DoorOptions.Section, nameof(options.BurstSeconds), options.BurstSeconds, 1, 3600),
        Check(DoorOptions.Section, nameof(options.StorageRefreshSeconds), options.StorageRefreshSeconds, 1, 3600),
        Check(DoorOptions.Section, nameof(options.ValuesRefreshSeconds), options.ValuesRefreshSeconds, 1, 86_400));

    private static string? Check(string section, string key, long value, long least, long most) => value >= least && value <= most
        ? null
        : $"{section}:{key} (environment: {section.Replace(":", "__", StringComparison.Ordinal)}__{key}) is {value}; it must be {least} to {most}.";

    private static ValidateOptionsResult Result(params ReadOnlySpan<string?> problems)
    {
        List<string> found = [];
        foreach (var problem in problems)
            if (problem is not null) found.Add(problem);
        return found.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(found);
    }
}
