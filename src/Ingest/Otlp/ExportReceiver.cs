using FinOps.Domain.Outcomes;
using FinOps.Domain.Pricing;
using FinOps.Domain.Samples;
using FinOps.Ingest.Health;
using FinOps.Ingest.Mapping;
using FinOps.Ingest.Otlp.Bodies;
using FinOps.Ingest.Otlp.Json;
using FinOps.Ingest.Pipeline;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FinOps.Ingest.Otlp;

/// <summary>A message as its transport delivered it: who sent it, through which door, and the bytes from an offset on.</summary>
internal readonly record struct ExportRequest(
    IngestSignal Signal, Sender Sender, PooledBuffer Body, int Offset, bool Gzip, bool Json, IngestTally Tally);

/// <summary>Steps 1 to 6 for one request of either transport: unpack, map and rate, write, and tell what became of it.</summary>
internal sealed class ExportReceiver(
    TelemetryMapper mapper,
    IRowWriter writer,
    RowBatchPool batches,
    IPriceSource prices,
    ISampleSource samples,
    IOutcomeSource outcomes,
    IOptions<OtlpOptions> options,
    IOptions<MappingLimits> limits,
    TimeProvider clock,
    ILogger<ExportReceiver> log)
{
    /// <summary>About what a row weighs as an object, for the budget: rows wait for their insert like bodies wait for their end.</summary>
    private const int BytesPerRow = 512;

    private readonly DoorSettlement _settlement = new();
    private readonly OtlpOptions _options = options.Value;
    private readonly MappingLimits _limits = limits.Value;

    public PooledBuffer NewBody(Sender sender, int frameBytes = 0) => new(sender.Door.Share, _options.MaxBodyBytes + frameBytes, IngestReason.TooLarge);

    /// <summary>Takes over the body: it goes back to the pool as soon as its rows are read from it, not only after they are written.</summary>
    public async ValueTask<ExportOutcome> ReceiveAsync(ExportRequest request, CancellationToken cancellationToken)
    {
        var batch = batches.Rent();
        var bytes = request.Body.Length - request.Offset;
        var outcome = Map(request, batch);
        request.Sender.Door.Charge(bytes, request.Tally[IngestReason.Accepted] + request.Tally[IngestReason.Ignored]);
        if (outcome.Reason == IngestReason.Accepted && !batch.IsEmpty) return await WriteAsync(request, batch, outcome, cancellationToken);

        // Only a batch that nothing went wrong with is used again.
        if (outcome.Reason != IngestReason.Failed) batches.Return(batch);
        return outcome;
    }

    private ExportOutcome Map(in ExportRequest request, RowBatch batch)
    {
        using var body = request.Body;
        using var plain = new PooledBuffer(request.Sender.Door.Share, _options.MaxBodyBytes, IngestReason.GzipBomb);
        using var protobuf = new PooledBuffer(request.Sender.Door.Share, _options.MaxBodyBytes, IngestReason.TooLarge);
        var message = body.WrittenMemory[request.Offset..];
        if (request.Gzip)
        {
            if (Gunzip.Decompress(message, plain) is { } refusal) return new ExportOutcome(refusal);
            body.Dispose();
            message = plain.WrittenMemory;
        }

        var leftOut = 0;
        if (request.Json)
        {
            if (OtlpJsonTranscoder.Transcode(request.Signal, message.Span, protobuf, _options.MaxJsonDepth, request.Tally, out leftOut) is { } refusal)
                return Refuse(request, refusal);
            plain.Dispose();
            message = protobuf.WrittenMemory;
        }

        if (message.IsEmpty && leftOut == 0) return new ExportOutcome(IngestReason.Empty);
        try
        {
            var mapped = Map(request, message.Span, batch);
            if (mapped.Malformed) return Refuse(request, IngestReason.Malformed, mapped.Error);
            var rejected = mapped.Rejected + leftOut;
            var text = mapped.Error ?? (leftOut > 0 ? "Some items hold values that cannot be." : null);
            return new ExportOutcome(IngestReason.Accepted, rejected, text);
        }
        catch (Exception exception)
        {
            // The boundary around the mapping of foreign bytes: a mistake of ours must not take the connection along.
            log.ReceiveFailed(exception, request.Signal);
            return Refuse(request, IngestReason.Failed);
        }
    }

    private MapResult Map(in ExportRequest request, ReadOnlySpan<byte> message, RowBatch batch)
    {
        var principal = request.Sender.Principal;
        var nowUnixMicros = (clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        var context = new MapContext(
            principal.Tenant, principal.Project, principal.Tags, principal.HashKey, prices.Current(principal.Tenant), nowUnixMicros, _limits)
        {
            Key = principal.KeyId,
            Samples = samples.Current(principal.Tenant, principal.Project),
            Outcomes = outcomes.Current(principal.Tenant),
        };
        return request.Signal switch
        {
            IngestSignal.Traces => MapAndSettleTraces(message, context, batch, request),
            IngestSignal.Metrics => mapper.MapMetrics(message, context, batch, request.Tally),
            _ => MapLogs(message, context, batch, request),
        };
    }

    private MapResult MapLogs(ReadOnlySpan<byte> message, MapContext context, RowBatch batch, in ExportRequest request)
    {
        var result = mapper.MapLogs(message, context, batch, request.Tally);
        request.Sender.Door.Tags.Fold(batch, request.Sender.Door.Limits, request.Tally);
        return result;
    }

    private MapResult MapAndSettleTraces(ReadOnlySpan<byte> message, MapContext context, RowBatch batch, in ExportRequest request)
    {
        var result = mapper.MapTraces(message, context, batch, request.Tally);
        request.Sender.Door.Tags.Fold(batch, request.Sender.Door.Limits, request.Tally);
        _settlement.Settle(batch, context.Prices);
        return result;
    }

    private async ValueTask<ExportOutcome> WriteAsync(ExportRequest request, RowBatch batch, ExportOutcome mapped, CancellationToken cancellationToken)
    {
        var (bytes, budget) = (batch.RowCount * BytesPerRow + batch.SealedBytes, request.Sender.Door.Share);
        if (!budget.TryTake(bytes)) return Refuse(request, IngestReason.Busy);
        try
        {
            return await writer.WriteAsync(batch, cancellationToken) == WriteOutcome.Full ? Refuse(request, IngestReason.SpoolFull) : mapped;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Rows that were taken over may still be written; the sender's repetition collapses with them.
            return Refuse(request, IngestReason.DeadlineExceeded);
        }
        catch (Exception exception)
        {
            log.WriteFailed(exception, request.Signal);
            return Refuse(request, IngestReason.StoreFailed);
        }
        finally
        {
            budget.Return(bytes);
        }
    }

    /// <summary>Nothing of the request counts as accepted any more: its items count under the refusal.</summary>
    private static ExportOutcome Refuse(in ExportRequest request, IngestReason reason, string? message = null)
    {
        var accepted = request.Tally[IngestReason.Accepted];
        request.Tally.Clear();
        request.Tally.Count(reason, accepted);
        return new ExportOutcome(reason, 0, message);
    }
}
