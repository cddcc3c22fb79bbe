using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using FinOps.Gateway.Forwarding;
using FinOps.Gateway.Providers;
using FinOps.Gateway.Reporting;

namespace FinOps.Gateway.Metering;

/// <summary>Reads the results of Anthropic's batches on their way, line by line: each message is a call of its own, priced as one of a batch. The batch itself tells no usage.</summary>
/// <param name="isBusy">Whether so many reports wait that some could be lost.</param>
internal sealed class BatchResults(int maxLineBytes, MeterAnswer meter, LaterUsage later, CallReporter reporter, GatewayCounters counters, Func<bool> isBusy, TimeProvider time)
{
    /// <summary>That one download waits at most until there is room for its reports. Default 10 s; beyond, it goes on, and reports may be lost, counted.</summary>
    private static readonly TimeSpan MostWait = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    /// <param name="look">The attempt that brings the results: whose calls they are.</param>
    public Download Begin(Attempt look, GatewayCall call) => new(this, new LineBuffer(maxLineBytes, counters), look, call);

    private void Read(ReadOnlySpan<byte> line, Attempt look, GatewayCall call)
    {
        if (line.TrimEnd("\r "u8).IsEmpty) return;
        var facts = new AnswerFacts();
        if (!BatchLine.TryRead(line, out var message)) counters.CountUnread("malformed_line");
        else if (!message.IsEmpty && facts.Read(message) && facts.Usage.HasAny && later.TryTell(facts)) Report(facts, look, call);
    }

    private void Report(in AnswerFacts facts, Attempt look, GatewayCall call)
    {
        var now = time.GetUtcNow();
        var item = new Attempt
        {
            Provider = look.Provider,
            Operation = Operation.Messages,
            RequestedModel = facts.Model,
            AskedModel = facts.Model,
            Tags = look.Tags,
            StartedAt = now,
            Started = Stopwatch.GetTimestamp(),
            KeyId = look.KeyId,
            IsBatch = true,
            Span = reporter.Begin(Operation.Messages, facts.Model, traceparent: null, tracestate: null, TraceOf(facts.Id), now),
            CallId = look.CallId,
            Facts = facts,
            Status = look.Status,
        };
        meter.Run(item);
        counters.CountAttempt(item);
        reporter.End(item, call, now);
    }

    /// <summary>Whoever tells of the item again, another gateway or this one after a restart, tells of it in the same trace.</summary>
    private static ActivityTraceId TraceOf(string id)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(id), hash);
        return ActivityTraceId.CreateFromBytes(hash[..16]);
    }

    private bool IsBusy => isBusy();

    private Task PauseAsync(CancellationToken cancellationToken) => Task.Delay(Pause, time, cancellationToken);

    /// <summary>One download of one batch's results.</summary>
    internal sealed class Download(BatchResults results, LineBuffer lines, Attempt look, GatewayCall call) : IDisposable
    {
        private TimeSpan _waited;

        public void Take(ReadOnlySpan<byte> piece)
        {
            lines.Append(piece);
            while (lines.TryTake(out var line)) results.Read(line, look, call);
        }

        /// <summary>What came without an end of its line.</summary>
        public void End() => results.Read(lines.Rest, look, call);

        /// <summary>Until there is room for more reports.</summary>
        public async ValueTask WaitAsync(CancellationToken cancellationToken)
        {
            for (; results.IsBusy && _waited < MostWait; _waited += Pause) await results.PauseAsync(cancellationToken);
        }

        public void Dispose() => lines.Dispose();
    }
}
