using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using System.Net.Http.Headers;
using System.Text;
using FinOps.Domain.Policies;
using FinOps.Domain.Usage;
using FinOps.Gateway.Caching;
using FinOps.Gateway.Configuration;
using FinOps.Gateway.Metering;
using FinOps.Gateway.Providers;
using FinOps.Gateway.Reporting;
using FinOps.Gateway.Routing;
using Microsoft.AspNetCore.Http;

namespace FinOps.Gateway.Forwarding;

/// <summary>Passes an answer on to the caller and reads on the way what it tells of the call. Bytes are not changed, but for the usage that the caller did not ask for.</summary>
internal sealed class RelayAnswer(GatewayLimits limits, MeterAnswer meter, BatchResults results, GatewayCounters counters)
{
    private const int PieceSize = 8192;

    /// <summary>How much of a stream is held at most while it has said nothing. Default 64 KB.</summary>
    private const int MaxHeldBytes = 64 << 10;

    /// <returns>Null: it is passed on. Else a stream that failed before it said anything, and of which the caller has seen nothing: somebody else can answer.</returns>
    public async Task<FailedAnswer?> RunAsync(HttpContext http, HttpResponseMessage response, Attempt attempt, GatewayCall call, UpstreamCall upstream, bool hidesUsage, AnswerCopy? copy)
    {
        using var stream = PlainAnswer.Open(response);
        http.Response.StatusCode = (int)response.StatusCode;
        HeaderRules.CopyAnswer(response, http.Response);
        http.Response.Headers["x-finops-cache"] = call.CacheState;
        var headers = response.Content.Headers;
        var type = MediaType(headers);
        var length = headers.ContentLength;
        var isRead = !PlainAnswer.IsEncoded(headers) && attempt.Operation != Operation.Free;
        if (HttpMethods.IsHead(http.Request.Method))
        {
            // The length of what it would be.
            http.Response.ContentLength = length;
        }
        else if (!isRead)
        {
            if (attempt.Operation != Operation.Free) counters.CountUnread("compressed");
            http.Response.ContentLength = length;
            await PassAsync(http, stream, attempt, upstream);
        }
        else if (call.IsOfResults)
        {
            http.Response.ContentLength = length;
            await PassResultsAsync(http, stream, attempt, call, upstream);
        }
        else if (type is "text/event-stream")
        {
            return await StreamAsync(http, response, stream, attempt, call, upstream, hidesUsage, copy);
        }
        else if (length > limits.MaxBufferedAnswerBytes || type is not "application/json")
        {
            if (type is "application/json") counters.CountUnread("long_answer");
            http.Response.ContentLength = length;
            await PassAsync(http, stream, attempt, upstream);
        }
        else
        {
            await WholeAsync(http, stream, length, endsThere: response.Version.Major == 1 && response.Headers.TransferEncodingChunked != true, attempt, upstream, copy);
        }

        return null;
    }

    /// <summary>Without its parameters, and without making an object of it for each call.</summary>
    private static string? MediaType(HttpContentHeaders headers)
    {
        if (!headers.NonValidated.TryGetValues("Content-Type", out var values)) return null;
        return values.ToString() switch
        {
            "application/json" or "application/json; charset=utf-8" => "application/json",
            "text/event-stream" or "text/event-stream; charset=utf-8" => "text/event-stream",
            _ => headers.ContentType?.MediaType,
        };
    }

    private static async Task PassAsync(HttpContext http, Stream stream, Attempt attempt, UpstreamCall upstream)
    {
        var piece = ArrayPool<byte>.Shared.Rent(PieceSize);
        try
        {
            int count;
            while ((count = await ReadAsync(stream, piece, attempt, upstream)) > 0)
            {
                attempt.UnreadBytes += count;
                await WriteAsync(http, piece.AsMemory(0, count), upstream);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    /// <summary>As they come, however many there are, and read after they were passed on.</summary>
    private async Task PassResultsAsync(HttpContext http, Stream stream, Attempt attempt, GatewayCall call, UpstreamCall upstream)
    {
        using var download = results.Begin(attempt, call);
        var piece = ArrayPool<byte>.Shared.Rent(PieceSize);
        try
        {
            int count;
            while ((count = await ReadAsync(stream, piece, attempt, upstream)) > 0)
            {
                await WriteAsync(http, piece.AsMemory(0, count), upstream);
                await EventLoop.Leave();
                download.Take(piece.AsSpan(0, count));
                await download.WaitAsync(http.RequestAborted);
            }

            download.End();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    /// <summary>A caller that takes its time costs the provider none of its own.</summary>
    private static ValueTask WriteAsync(HttpContext http, ReadOnlyMemory<byte> bytes, UpstreamCall upstream)
    {
        var writing = bytes.Length <= InPieces.MostBytes ? http.Response.Body.WriteAsync(bytes, http.RequestAborted) : new ValueTask(InPieces.WriteAsync(http.Response.Body, bytes, http.RequestAborted));
        if (!writing.IsCompleted) upstream.Pause();
        return writing;
    }

    /// <param name="isFirst">Nothing was said yet: the time for the first byte goes on until something is.</param>
    private static async ValueTask<int> ReadAsync(Stream stream, Memory<byte> into, Attempt attempt, UpstreamCall upstream, bool isFirst = false)
    {
        upstream.Allow(isFirst ? Least(attempt.Provider.IdleTimeout, attempt.Provider.FirstByteTimeout - Stopwatch.GetElapsedTime(attempt.Started)) : attempt.Provider.IdleTimeout);
        var count = await stream.ReadAsync(into, upstream.Token);
        if (attempt.FirstPieceMicros == 0 && count > 0) attempt.FirstPieceMicros = attempt.MicrosSinceStart();
        return count;
    }

    /// <summary>Read to its end first, so that its head can tell what it cost. One that turns out too long is passed on from where it was read to.</summary>
    /// <param name="endsThere">Nothing comes behind the told length. In HTTP/2 the end of the stream does, and who does not wait for it cancels it; of what comes in chunks the length tells nothing.</param>
    private async Task WholeAsync(HttpContext http, Stream stream, long? told, bool endsThere, Attempt attempt, UpstreamCall upstream, AnswerCopy? copy)
    {
        var array = ArrayPool<byte>.Shared.Rent((int)(told + 1 ?? PieceSize));
        try
        {
            int length = 0, count = 0;
            while (!(endsThere && length == told) && (count = await ReadAsync(stream, array.AsMemory(length), attempt, upstream)) > 0)
            {
                length += count;
                if (length < array.Length) continue;
                if (length > limits.MaxBufferedAnswerBytes) break;
                var larger = ArrayPool<byte>.Shared.Rent(2 * array.Length);
                array.AsSpan(0, length).CopyTo(larger);
                ArrayPool<byte>.Shared.Return(array);
                array = larger;
            }

            if (count == 0 || (endsThere && length == told))
            {
                if (length > EventLoop.MaxBytes) await EventLoop.Leave();
                attempt.Facts.Read(array.AsSpan(0, length));
                Meter(attempt);
                if (attempt is { IsBatch: true, Provider.Protocol: Protocol.Anthropic }) length = ResultsAddress.Cut(array.AsSpan(0, length));
                copy?.Add(array.AsSpan(0, length));
                if (attempt.Cost is { } cost) http.Response.Headers["x-finops-cost"] = Usd.Text(cost);
                http.Response.ContentLength = length;
                // Some answers have no body (204), and may not be written even nothing.
                if (length > 0) await WriteAsync(http, array.AsMemory(0, length), upstream);
                return;
            }

            counters.CountUnread("long_answer");
            attempt.UnreadBytes = length;
            await WriteAsync(http, array.AsMemory(0, length), upstream);
            await PassAsync(http, stream, attempt, upstream);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(array);
        }
    }

    private async Task<FailedAnswer?> StreamAsync(HttpContext http, HttpResponseMessage response, Stream stream, Attempt attempt, GatewayCall call, UpstreamCall upstream, bool hidesUsage, AnswerCopy? copy)
    {
        http.Response.Headers["x-accel-buffering"] = "no";
        // As long as it has said nothing, somebody else may still answer.
        var held = call.Fallback is null ? null : new ArrayBufferWriter<byte>();
        if (held is null) await http.Response.StartAsync(http.RequestAborted);
        var piece = ArrayPool<byte>.Shared.Rent(PieceSize);
        using var reader = new StreamReading(limits.MaxEventBytes, hidesUsage, counters, copy);
        try
        {
            int count;
            while ((count = await ReadAsync(stream, piece, attempt, upstream, isFirst: held is not null)) > 0)
            {
                reader.Take(piece.AsSpan(0, count), ref attempt.Facts, held ?? (IBufferWriter<byte>)http.Response.BodyWriter);
                if (held is not null && !HasBegun(reader, attempt, held)) continue;
                if (held is not null) await PassHeldAsync(http, held);
                held = null;
                if (http.Response.BodyWriter.UnflushedBytes == 0) continue;
                if ((await FlushAsync(http, upstream)).IsCompleted && !reader.IsComplete) throw new OperationCanceledException(http.RequestAborted);
            }

            reader.End(ref attempt.Facts, held ?? (IBufferWriter<byte>)http.Response.BodyWriter);
            if (reader.HasError) (attempt.Error, attempt.BrokeBy) = (attempt.Facts.ErrorCode.Length != 0 ? attempt.Facts.ErrorCode : "stream_error", FailureRules.OfStream(attempt.Facts.ErrorCode));
            else if (!reader.IsComplete && attempt.Operation != Operation.Other) (attempt.Error, attempt.BrokeBy) = ("stream_incomplete", FailureClass.Transient);
            Meter(attempt);
            if (held is not null && attempt.BrokeBy is { } failure) return new FailedAnswer(attempt, failure, response, held.WrittenMemory, null);
            if (held is not null) await PassHeldAsync(http, held);
            if (attempt.Cost is { } cost && !call.IsShared) http.Response.BodyWriter.Write(CostComment(cost));
            await FlushAsync(http, upstream);
        }
        catch (Exception e) when (reader.IsComplete && e is OperationCanceledException or IOException && http.RequestAborted.IsCancellationRequested)
        {
            // The caller closed after the last event, as some SDKs do: it had all of it.
        }
        catch (Exception e) when (e is IOException or HttpRequestException or InvalidDataException && http.Response.HasStarted && !http.RequestAborted.IsCancellationRequested)
        {
            // The head is sent: the caller sees the stream end without its last event, as it would without a gateway.
            (attempt.Error, attempt.BrokeBy) = ("stream_broken", FailureClass.Transient);
            http.Abort();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }

        return null;
    }

    /// <summary>What is said is passed on at once; so is a stream that only looks as if it would say nothing.</summary>
    private static bool HasBegun(StreamReading reader, Attempt attempt, ArrayBufferWriter<byte> held) =>
        !reader.HasError && (attempt.Facts.OutputBytes > 0 || reader.IsComplete || held.WrittenCount > MaxHeldBytes);

    /// <summary>At least a millisecond, so that it is noticed as any other time that is over.</summary>
    private static TimeSpan Least(TimeSpan one, TimeSpan other) => TimeSpan.FromTicks(Math.Max(TimeSpan.TicksPerMillisecond, Math.Min(one.Ticks, other.Ticks)));

    private static async ValueTask PassHeldAsync(HttpContext http, ArrayBufferWriter<byte> held)
    {
        await http.Response.StartAsync(http.RequestAborted);
        http.Response.BodyWriter.Write(held.WrittenSpan);
    }

    private static ValueTask<FlushResult> FlushAsync(HttpContext http, UpstreamCall upstream)
    {
        var flushing = http.Response.BodyWriter.FlushAsync(http.RequestAborted);
        if (!flushing.IsCompleted) upstream.Pause();
        return flushing;
    }

    public void Meter(Attempt attempt) => meter.Run(attempt);

    /// <summary>The end of a stream, whose head could not tell it.</summary>
    public static byte[] CostComment(decimal usd) => Encoding.ASCII.GetBytes($": x-finops-cost: {Usd.Text(usd)}\n\n");
}
