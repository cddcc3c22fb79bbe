using System.Buffers;
using FinOps.Domain.Samples;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using FinOps.Ingest.Health;
using FinOps.Ingest.Pipeline;

namespace FinOps.Ingest.Mapping;

/// <summary>
/// Keeps the content of calls whose project has opted in and whose trace is chosen: collected up to a limit, and sealed before it leaves this class. In plain text it is
/// nowhere but in the request and in a buffer that is overwritten at once. The answer is taken first, with half of the room at most, so that no long prompt pushes it out; tools come last.
/// </summary>
internal sealed class ContentSampler
{
    private static readonly FieldSet Content = new(
        Field.SystemContent, Field.ToolContent, Field.InputContent, Field.InputValue, Field.OutputContent, Field.OutputValue, Field.AnswerText, Field.ToolCallsContent);

    private readonly ArrayBufferWriter<byte> _content = new(4096);
    private readonly AnyValueJson _json = new();
    private int _room;
    private long _kept, _told;
    private bool _leftOut;

    public void Take(ReadOnlySpan<byte> body, AttributeSet attributes, SamplePlan plan, MappingLimits limits, CallReport report, RowBatch output, IngestTally tally)
    {
        if (!plan.Share.Takes(report.TraceId) || (attributes.Parts.Count == 0 && !attributes.HasAny(Content))) return;
        (_kept, _told, _leftOut) = (0, 0, false);
        Collect(body, attributes, limits, embeddings: report.Operation == "embeddings");
        if (_leftOut) tally.Count(IngestReason.SampleCut);
        if (_kept > 0) Seal(plan, report, output);
        _content.Clear();
        _json.Clear();
    }

    private void Collect(ReadOnlySpan<byte> body, AttributeSet attributes, MappingLimits limits, bool embeddings)
    {
        _room = limits.MaxSampleBytes / 2;
        // The answer to embeddings is vectors, not text.
        if (!embeddings)
        {
            if (!AddParts(body, attributes, PartFamily.OutputMessage, SamplePartKind.Output)
                && !Add(body, attributes, Field.OutputContent, SamplePartKind.Output, "output"u8)
                && !Add(body, attributes, Field.AnswerText, SamplePartKind.Output, "output"u8))
                Add(body, attributes, Field.OutputValue, SamplePartKind.Output, "output"u8);
            Add(body, attributes, Field.ToolCallsContent, SamplePartKind.Output, "tool calls"u8);
        }

        _room = limits.MaxSampleBytes - _content.WrittenCount;
        Add(body, attributes, Field.SystemContent, SamplePartKind.System, "system"u8);
        if (!AddParts(body, attributes, PartFamily.InputMessage, SamplePartKind.Input)
            && !AddParts(body, attributes, PartFamily.EmbeddedText, SamplePartKind.Input)
            && !Add(body, attributes, Field.InputContent, SamplePartKind.Input, "input"u8))
            Add(body, attributes, Field.InputValue, SamplePartKind.Input, "input"u8);
        AddParts(body, attributes, PartFamily.Tool, SamplePartKind.Tools);
        Add(body, attributes, Field.ToolContent, SamplePartKind.Tools, "tools"u8);
    }

    private bool AddParts(ReadOnlySpan<byte> body, AttributeSet attributes, PartFamily family, SamplePartKind kind)
    {
        var found = false;
        foreach (var part in attributes.Parts)
        {
            if (part.Family != family) continue;
            found = true;
            // The rest of the name begins behind the index and its full stop, which stand right before it.
            var start = part.Rest.Offset - 1 - Digits(part.Index);
            Add(kind, body[start..part.Rest.End], part.Text.In(body));
        }

        return found;
    }

    private bool Add(ReadOnlySpan<byte> body, AttributeSet attributes, Field field, SamplePartKind kind, ReadOnlySpan<byte> name)
    {
        if (!attributes.TryGet(field, out var value)) return false;
        if (value.Kind == ValueKind.String)
        {
            Add(kind, name, value.Text.In(body));
            return true;
        }

        if (value.Kind is not (ValueKind.Array or ValueKind.KeyValues)) return false;
        try
        {
            Add(kind, name, _json.Read(body, value));
        }
        catch (MalformedProtobufException)
        {
            // The span is taken as it would be without samples; what cannot be read counts as cut.
            _told += value.Text.Length;
            _leftOut = true;
        }

        return true;
    }

    private void Add(SamplePartKind kind, ReadOnlySpan<byte> name, ReadOnlySpan<byte> text)
    {
        _told += text.Length;
        var room = _room - SamplePart.Overhead(name.Length);
        if (room <= 0)
        {
            _leftOut = true;
            return;
        }

        if (text.Length > room)
        {
            // Not within a character of UTF-8.
            while (room > 0 && (text[room] & 0xC0) == 0x80) room--;
            text = text[..room];
            _leftOut = true;
        }

        SamplePart.Write(_content, kind, name, text);
        _room -= SamplePart.Overhead(name.Length) + text.Length;
        _kept += text.Length;
    }

    private void Seal(SamplePlan plan, CallReport report, RowBatch output)
    {
        var row = output.AddCallSample();
        row.Tenant = report.Tenant;
        row.Project = report.Project;
        row.TraceId = report.TraceId;
        row.SpanId = report.SpanId;
        row.StartUnixMicros = report.StartUnixMicros;
        row.KeptBytes = (uint)_kept;
        row.ToldBytes = (uint)Math.Min(_told, uint.MaxValue);
        row.Seal(plan.Key, _content.WrittenSpan);
    }

    private static int Digits(int index)
    {
        var digits = 1;
        for (; index >= 10; index /= 10) digits++;
        return digits;
    }
}

/// <summary>Where nobody has opted in: no content is kept.</summary>
internal sealed class NoSamples : ISampleSource
{
    public SamplePlan? Current(TenantId tenant, ProjectId project) => null;
}
