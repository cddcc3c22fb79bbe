using System.Globalization;
using FinOps.Domain.Hashing;
using FinOps.Domain.Outcomes;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using FinOps.Ingest.Health;
using FinOps.Ingest.Pipeline;

namespace FinOps.Ingest.Mapping;

/// <summary>
/// Finds the outcomes that a span or a log record tells, by the rules of its tenant. It reads their bytes once more instead of keeping attributes that nobody else needs: only tenants with such rules pay for it.
/// </summary>
internal sealed class OutcomeReader(RequestTexts texts, IngestTally tally)
{
    private const uint SpanAttributeTag = 9 << 3 | Wire.Length;
    private const uint EventTag = 11 << 3 | Wire.Length;
    private const uint EventTimeTag = 1 << 3 | Wire.Fixed64;
    private const uint EventNameTag = 2 << 3 | Wire.Length;
    private const uint EventAttributeTag = 3 << 3 | Wire.Length;
    private const uint RecordAttributeTag = 6 << 3 | Wire.Length;
    private const uint KeyTag = 1 << 3 | Wire.Length;
    private const uint ValueTag = 2 << 3 | Wire.Length;

    /// <summary>The span or record that tells them.</summary>
    /// <param name="EndUnixMicros">When it ended.</param>
    /// <param name="LatestUnixMicros">No outcome lies behind this instant: one that says so is taken for one of the span's start.</param>
    /// <param name="Tags">As a call of this span would have them.</param>
    public readonly record struct Teller(
        TenantId Tenant, ProjectId Project, TraceId TraceId, SpanId SpanId, long StartUnixMicros, long EndUnixMicros, long LatestUnixMicros, TagSet Tags);

    public void Read(ReadOnlySpan<byte> body, Slice span, OutcomePlan plan, in Teller teller, MappingLimits limits, RowBatch output)
    {
        foreach (var entry in plan.Attributes)
        {
            if (TryFind(body, span, SpanAttributeTag, entry.Key, out var value) && TextOf(body, value) is { } text)
                Add(body, span, SpanAttributeTag, entry, entry.Rule.Judge(text), teller.EndUnixMicros, suffix: null, teller, limits, output);
        }

        if (plan.Events.Length == 0) return;
        var number = 0;
        var reader = new ProtoReader(body, span);
        while (reader.TryReadTag(out var tag))
        {
            if (tag == EventTag) ReadEvent(body, reader.ReadSlice(), plan, number++, teller, limits, output);
            else reader.Skip(tag);
        }
    }

    /// <summary>A record of this name. What it says is its identity: sent again it takes its own place.</summary>
    public void ReadRecord(ReadOnlySpan<byte> body, Slice record, Slice name, OutcomePlan plan, in Teller teller, MappingLimits limits, RowBatch output)
    {
        var suffix = string.Create(CultureInfo.InvariantCulture, $"log-{SipHash.Compute(0, 0, record.In(body)):x16}");
        foreach (var entry in plan.Records)
        {
            if (!name.In(body).SequenceEqual(entry.Key) || Judge(body, record, RecordAttributeTag, entry) is not { } success) continue;
            Add(body, record, RecordAttributeTag, entry, success, teller.EndUnixMicros, suffix, teller, limits, output);
        }
    }

    /// <summary>Whether an event is a success; null: its attribute says neither, or is not there.</summary>
    private bool? Judge(ReadOnlySpan<byte> body, Slice message, uint attributeTag, OutcomePlan.Entry entry) =>
        entry.EventAttribute.Length == 0 ? true
        : TryFind(body, message, attributeTag, entry.EventAttribute, out var value) && TextOf(body, value) is { } text ? entry.Rule.Judge(text)
        : null;

    private void ReadEvent(ReadOnlySpan<byte> body, Slice happened, OutcomePlan plan, int number, in Teller teller, MappingLimits limits, RowBatch output)
    {
        Slice name = default;
        ulong nanos = 0;
        var reader = new ProtoReader(body, happened);
        while (reader.TryReadTag(out var tag))
        {
            if (tag == EventNameTag) name = reader.ReadSlice();
            else if (tag == EventTimeTag) nanos = reader.ReadFixed64();
            else reader.Skip(tag);
        }

        foreach (var entry in plan.Events)
        {
            if (!name.In(body).SequenceEqual(entry.Key) || Judge(body, happened, EventAttributeTag, entry) is not { } success) continue;
            var suffix = number.ToString(CultureInfo.InvariantCulture);
            Add(body, happened, EventAttributeTag, entry, success, nanos == 0 ? teller.EndUnixMicros : (long)(nanos / 1000), suffix, teller, limits, output);
        }
    }

    private void Add(
        ReadOnlySpan<byte> body, Slice message, uint attributeTag, OutcomePlan.Entry entry, bool? success, long time, string? suffix, in Teller teller, MappingLimits limits, RowBatch output)
    {
        if (success is not { } isSuccess) return;
        if (time < teller.StartUnixMicros || time > teller.LatestUnixMicros) time = teller.StartUnixMicros;
        if (!entry.Rule.IsValidAt(DateTimeOffset.UnixEpoch.AddMicroseconds(time))) return;
        if (output.RowCount >= limits.MaxItems)
        {
            tally.Count(IngestReason.TooManyItems);
            return;
        }

        var row = output.AddOutcome();
        row.Tenant = teller.Tenant;
        row.Project = teller.Project;
        row.Name = entry.Rule.Name;
        row.Id = suffix is null ? $"{teller.TraceId}-{teller.SpanId}" : $"{teller.TraceId}-{teller.SpanId}-{suffix}";
        row.TraceId = teller.TraceId;
        row.SpanId = teller.SpanId;
        row.TimeUnixMicros = time;
        row.Success = isSuccess;
        row.Tags = teller.Tags;
        if (entry.ValueKey.Length > 0 && TryFind(body, message, attributeTag, entry.ValueKey, out var told) && told.TryDouble(body, out var value)) row.Value = value;
    }

    /// <summary>The last value under this name, as everywhere.</summary>
    public static bool TryFind(ReadOnlySpan<byte> body, Slice message, uint attributeTag, ReadOnlySpan<byte> name, out AttributeValue value)
    {
        value = default;
        var reader = new ProtoReader(body, message);
        while (reader.TryReadTag(out var tag))
        {
            if (tag != attributeTag)
            {
                reader.Skip(tag);
                continue;
            }

            Slice key = default, encoded = default;
            var pair = new ProtoReader(body, reader.ReadSlice());
            while (pair.TryReadTag(out var inner))
            {
                if (inner == KeyTag) key = pair.ReadSlice();
                else if (inner == ValueTag) encoded = pair.ReadSlice();
                else pair.Skip(inner);
            }

            if (key.In(body).SequenceEqual(name)) value = AttributeValue.Read(body, encoded);
        }

        return value.Kind != ValueKind.None;
    }

    /// <summary>A value as rules compare it; null for lists and bytes, which decide nothing.</summary>
    private string? TextOf(ReadOnlySpan<byte> body, AttributeValue value) => value.Kind switch
    {
        ValueKind.String => texts.Name(value.Text.In(body)),
        ValueKind.Bool => value.TryBool(body, out var truth) && truth ? "true" : "false",
        ValueKind.Int => value.TryLong(body, out var whole) ? whole.ToString(CultureInfo.InvariantCulture) : null,
        ValueKind.Double => value.TryDouble(body, out var real) ? real.ToString("R", CultureInfo.InvariantCulture) : null,
        _ => null,
    };
}

/// <summary>Where nothing defines outcomes: a door in a test.</summary>
internal sealed class NoOutcomes : IOutcomeSource
{
    public OutcomePlan? Current(TenantId tenant) => null;
}
