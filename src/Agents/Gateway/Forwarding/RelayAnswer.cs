using System.Buffers;
using System.Net.Http.Headers;
using System.Text;
using FinOps.Domain.Usage;
using FinOps.Gateway.Caching;
using FinOps.Gateway.Configuration;
using FinOps.Gateway.Metering;
using FinOps.Gateway.Providers;
using FinOps.Gateway.Reporting;
using Microsoft.AspNetCore.Http;

namespace FinOps.Gateway.Forwarding;

/// <summary>Passes an answer on to the caller and reads on the way what it tells of the call. Bytes are not changed, but for the usage that the caller did not ask for.</summary>
internal sealed class RelayAnswer(GatewayLimits limits, MeterAnswer meter, BatchResults results, GatewayCounters counters)
{
    private const int PieceSize = 8192;

    public async Task RunAsync(HttpContext http, HttpResponseMessage response, Attempt attempt, GatewayCall call, UpstreamCall upstream, bool hidesUsage, AnswerCopy? copy)
    {
        using var stream = PlainAnswer.Open(response);
        http.Response.StatusCode = (int)response.StatusCode;
        HeaderRules.CopyAnswer(response, http.Response);
        http.Response.Headers["x-finops-cache"] = call.CacheState;
        var headers = response.Content.Headers;
        var type = MediaType(headers);
        var length = headers.ContentLength;
        var isRead = !PlainAnswer.IsEncoded(headers) && attempt.Operation != Operation.Free;
        if (!isRead)
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
            await StreamAsync(http, stream, attempt, call, upstream, hidesUsage, copy);
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
                await http.Response.Body.WriteAsync(piece.AsMemory(0, count), upstream.Token);
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
                await http.Response.Body.WriteAsync(piece.AsMemory(0, count), upstream.Token);
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

    private static async ValueTask<int> ReadAsync(Stream stream, Memory<byte> into, Attempt attempt, UpstreamCall upstream)
    {
        upstream.Allow(attempt.Provider.IdleTimeout);
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
                copy?.Add(array.AsSpan(0, length));
                if (attempt.Cost is { } cost) http.Response.Headers["x-finops-cost"] = Usd.Text(cost);
                http.Response.ContentLength = length;
                await http.Response.Body.WriteAsync(array.AsMemory(0, length), upstream.Token);
                return;
            }

            counters.CountUnread("long_answer");
            attempt.UnreadBytes = length;
            await http.Response.Body.WriteAsync(array.AsMemory(0, length), upstream.Token);
            await PassAsync(http, stream, attempt, upstream);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(array);
        }
    }

    private async Task StreamAsync(HttpContext http, Stream stream, Attempt attempt, GatewayCall call, UpstreamCall upstream, bool hidesUsage, AnswerCopy? copy)
    {
        http.Response.Headers["x-accel-buffering"] = "no";
        await http.Response.StartAsync(upstream.Token);
        var writer = http.Response.BodyWriter;
        var piece = ArrayPool<byte>.Shared.Rent(PieceSize);
        using var reader = new StreamReading(limits.MaxEventBytes, hidesUsage, counters, copy);
        try
        {
            int count;
            while ((count = await ReadAsync(stream, piece, attempt, upstream)) > 0)
            {
                reader.Take(piece.AsSpan(0, count), ref attempt.Facts, writer);
                if (writer.UnflushedBytes == 0) continue;
                if ((await writer.FlushAsync(upstream.Token)).IsCompleted && !reader.IsComplete) throw new OperationCanceledException(http.RequestAborted);
            }

            reader.End(ref attempt.Facts, writer);
            if (!reader.IsComplete && attempt.Operation != Operation.Other) attempt.Error = "stream_incomplete";
            else if (reader.HasError) attempt.Error = attempt.Facts.ErrorCode.Length != 0 ? attempt.Facts.ErrorCode : "stream_error";
            Meter(attempt);
            if (attempt.Cost is { } cost && !call.IsShared) writer.Write(CostComment(cost));

            await writer.FlushAsync(upstream.Token);
        }
        catch (Exception e) when (reader.IsComplete && e is OperationCanceledException or IOException && http.RequestAborted.IsCancellationRequested)
        {
            // The caller closed after the last event, as some SDKs do: it had all of it.
        }
        catch (Exception e) when (e is IOException or HttpRequestException or InvalidDataException && !http.RequestAborted.IsCancellationRequested)
        {
            // The head is sent: the caller sees the stream end without its last event, as it would without a gateway.
            attempt.Error = "stream_broken";
            http.Abort();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    public void Meter(Attempt attempt) => meter.Run(attempt);

    /// <summary>The end of a stream, whose head could not tell it.</summary>
    public static byte[] CostComment(decimal usd) => Encoding.ASCII.GetBytes($": x-finops-cost: {Usd.Text(usd)}\n\n");
}
