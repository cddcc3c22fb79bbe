using System.Collections.Concurrent;
using System.Globalization;
using FinOps.Ingest.Health;
using FinOps.Ingest.Pipeline;

namespace FinOps.Ingest.Mapping;

/// <summary>
/// From OTLP protobuf bytes to normalised, rated rows. One for the process; safe for many threads. A bad span is left out and counted and its neighbours
/// live; a body that is not protobuf leaves nothing in the output.
/// </summary>
public sealed class TelemetryMapper
{
    /// <summary>Working memories that are kept while idle, each with some 10,000 held strings: mapping does not wait, so that two for each core are enough.</summary>
    private static readonly int MaxIdle = 2 * Environment.ProcessorCount;

    private readonly ConcurrentBag<RequestMapper> _idle = [];

    /// <summary>An ExportTraceServiceRequest.</summary>
    public MapResult MapTraces(ReadOnlySpan<byte> body, MapContext context, RowBatch output, IngestTally tally) =>
        Map(IngestSignal.Traces, body, context, output, tally);

    /// <summary>An ExportMetricsServiceRequest.</summary>
    public MapResult MapMetrics(ReadOnlySpan<byte> body, MapContext context, RowBatch output, IngestTally tally) =>
        Map(IngestSignal.Metrics, body, context, output, tally);

    /// <summary>An ExportLogsServiceRequest: read for outcomes, otherwise counted and not kept.</summary>
    public MapResult MapLogs(ReadOnlySpan<byte> body, MapContext context, RowBatch output, IngestTally tally) =>
        Map(IngestSignal.Logs, body, context, output, tally);

    private MapResult Map(IngestSignal signal, ReadOnlySpan<byte> body, MapContext context, RowBatch output, IngestTally tally)
    {
        if (!_idle.TryTake(out var mapper)) mapper = new RequestMapper();
        try
        {
            mapper.Map(signal, body, context, output);
            return Conclude(mapper.Tally, tally);
        }
        catch (MalformedProtobufException error)
        {
            output.Clear();
            return new MapResult(0, 0, error.Message, Malformed: true);
        }
        finally
        {
            if (_idle.Count < MaxIdle) _idle.Add(mapper);
        }
    }

    private static MapResult Conclude(IngestTally found, IngestTally tally)
    {
        var rejected = 0;
        string? error = null;
        for (var reason = (IngestReason)0; (int)reason < IngestReasons.Count; reason++)
        {
            var count = found[reason];
            if (count == 0) continue;
            tally.Count(reason, count);
            if (reason is < IngestReason.MissingIds or > IngestReason.MalformedItem) continue;
            rejected += count;
            error = string.Create(CultureInfo.InvariantCulture, $"{(error is null ? "refused: " : error + ", ")}{count} {reason.Name()}");
        }

        return new MapResult(found[IngestReason.Accepted] + found[IngestReason.Ignored], rejected, error, Malformed: false);
    }
}
