using System.Buffers.Binary;
using FinOps.Domain.Tenancy;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FinOps.Demo;

/// <param name="OtlpEndpoint">The installation's own OTLP/HTTP address.</param>
/// <param name="JournalPath">A file in the data folder.</param>
public sealed record DemoOptions(TenantId Tenant, string IngestKey, Uri OtlpEndpoint, string JournalPath);

/// <summary>
/// Writes the demo company's telemetry through the real OTLP endpoint: today and the days before it, newest first, then what happens from
/// now on as it happens. Each day is a pure function of tenant and date, so what is sent twice is counted once.
/// </summary>
public sealed class DemoRunner(DemoOptions options, DemoProgress progress, IHttpClientFactory http, TimeProvider time, ILogger<DemoRunner> log) : BackgroundService
{
    private static readonly TimeSpan LiveStep = TimeSpan.FromSeconds(2);

    private readonly ulong _seed = BinaryPrimitives.ReadUInt64LittleEndian(options.Tenant.Value.ToByteArray());
    private DateOnly _anchor;
    private (DateOnly Day, IReadOnlyList<DemoTrace> Traces) _today;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            var sender = new DemoSender(http.CreateClient(nameof(DemoRunner)), options.OtlpEndpoint, options.IngestKey, time);
            var journal = new DemoJournal(options.JournalPath);
            await journal.LoadAsync(stoppingToken);
            var start = time.GetUtcNow();
            var today = DateOnly.FromDateTime(start.UtcDateTime);
            _anchor = journal.Anchor(today);

            // Today up to now comes first, without what an earlier run already streamed.
            var midnight = new DateTimeOffset(today.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);
            await SendAsync(sender, today, journal.LiveUntil is { } sent && sent > midnight ? sent : midnight, start, stoppingToken);
            journal.Advance(start);
            progress.Report(1);

            var live = StreamAsync(sender, journal, start, stoppingToken);
            for (var back = 1; back < DemoCompany.Days; back++)
            {
                var day = today.AddDays(-back);
                if (!journal.Has(day))
                {
                    await SendAsync(sender, day, DateTimeOffset.MinValue, DateTimeOffset.MaxValue, stoppingToken);
                    journal.Complete(day);
                }

                progress.Report(back + 1);
            }

            await live;
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
        catch (Exception failure)
        {
            // The product goes on without the demo's next days; the Overview says why they are missing.
            progress.Fail(failure.Message);
            Log.DemoStopped(log, failure);
        }
    }

    private async Task StreamAsync(DemoSender sender, DemoJournal journal, DateTimeOffset from, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(LiveStep, time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            var now = time.GetUtcNow();
            for (var day = DateOnly.FromDateTime(from.UtcDateTime); day <= DateOnly.FromDateTime(now.UtcDateTime); day = day.AddDays(1))
                await SendAsync(sender, day, from, now, cancellationToken);
            from = now;
            journal.Advance(now);
        }
    }

    private async Task SendAsync(DemoSender sender, DateOnly day, DateTimeOffset from, DateTimeOffset until, CancellationToken cancellationToken)
    {
        var all = TracesOf(day);
        var traces = all.Where(t => t.At >= from && t.At < until).ToList();
        await sender.SendTracesAsync(traces, progress.AddCalls, cancellationToken);
        await sender.SendPointsAsync(DemoResources.Points(_seed, day, from, until, all), cancellationToken);
    }

    /// <summary>The stream asks for the same day every two seconds: today's traces are kept.</summary>
    private IReadOnlyList<DemoTrace> TracesOf(DateOnly day)
    {
        if (day != DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime)) return DemoDay.Traces(_seed, day, _anchor);
        if (_today.Day != day) _today = (day, DemoDay.Traces(_seed, day, _anchor));
        return _today.Traces;
    }
}

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Error, Message = "The demo stopped writing telemetry")]
    public static partial void DemoStopped(ILogger logger, Exception failure);
}
