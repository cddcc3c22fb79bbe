using System.Buffers;
using System.IO.Pipelines;
using FinOps.Ingest.Health;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;

namespace FinOps.Ingest.Otlp.Bodies;

/// <summary>Reads a request's bytes into one buffer, within its size limit and the time that the token allows.</summary>
internal static class BodyReader
{
    /// <returns>Null when the whole body is in the buffer, else why it is not.</returns>
    public static async ValueTask<IngestReason?> ReadToEndAsync(PipeReader reader, PooledBuffer body, CancellationToken timeout)
    {
        try
        {
            while (true)
            {
                var read = await reader.ReadAsync(timeout);
                var taken = body.TryAppend(read.Buffer);
                reader.AdvanceTo(read.Buffer.End);
                if (!taken) return body.Refusal;
                if (read.IsCompleted) return null;
            }
        }
        catch (Exception exception) when (Explain(exception, timeout) is { } reason)
        {
            return reason;
        }
    }

    private static IngestReason? Explain(Exception exception, CancellationToken timeout) => exception switch
    {
        OperationCanceledException when timeout.IsCancellationRequested => IngestReason.BodyTimeout,
        OperationCanceledException or ConnectionAbortedException or ConnectionResetException => IngestReason.ClientAborted,
        BadHttpRequestException { StatusCode: StatusCodes.Status408RequestTimeout } => IngestReason.BodyTimeout,
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => IngestReason.TooLarge,
        BadHttpRequestException => IngestReason.Malformed,
        IOException => IngestReason.ClientAborted,
        _ => null,
    };
}
