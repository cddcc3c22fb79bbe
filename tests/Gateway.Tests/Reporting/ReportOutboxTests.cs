using FinOps.Gateway.Configuration;
using FinOps.Gateway.Reporting;
using FinOps.Gateway.Tests.Leases;
using Microsoft.Extensions.Logging.Abstractions;

namespace FinOps.Gateway.Tests.Reporting;

public sealed class ReportOutboxTests
{
    private static ReportOutbox Outbox(string folder, GatewayCounters counters, TimeProvider time, long disk = 1 << 20, long memory = 0, Uri? endpoint = null) => new(
        new ReportSettings(endpoint ?? new Uri("http://127.0.0.1:9/v1/traces"), "k", disk, TimeSpan.FromHours(24), memory), () => "k", folder, time, counters, NullLogger.Instance);

    private static async Task<string> TextAsync(GatewayCounters counters)
    {
        using var text = new MemoryStream();
        await counters.WriteAsync(text, 0, default, default, CancellationToken.None);
        return System.Text.Encoding.UTF8.GetString(text.ToArray());
    }

    [Fact]
    public async Task Disk_ThatIsFull_LosesTheOldest_AndCountsThem()
    {
        var (folder, counters) = (TestFolders.New(), new GatewayCounters());
        using var outbox = Outbox(folder, counters, TimeProvider.System, disk: 250);
        for (byte i = 1; i <= 4; i++) outbox.Add([.. Enumerable.Repeat(i, 100)], 3);

        var left = Directory.GetFiles(Path.Combine(folder, "reports")).Order().Select(file => File.ReadAllBytes(file)[0]);

        Assert.Equal([3, 4], left);
        Assert.Equal((6, 6), outbox.Spans);
        Assert.Contains("finops_gateway_reports_dropped_total{reason=\"size\"} 2", await TextAsync(counters), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Disk_ThatTakesNothing_LeavesReportsInMemory_AndLosesTheOldestBeyondIt()
    {
        var (folder, counters) = (TestFolders.New(), new GatewayCounters());
        using var outbox = Outbox(folder, counters, TimeProvider.System, memory: 250);
        var reports = Path.Combine(folder, "reports");
        Directory.Delete(reports);
        await File.WriteAllTextAsync(reports, "no folder");
        for (byte i = 1; i <= 4; i++) outbox.Add([.. Enumerable.Repeat(i, 100)], 3);
        Assert.Equal(((6, 6), (200, 0)), (outbox.Spans, outbox.Waiting));

        File.Delete(reports);
        outbox.Add([.. Enumerable.Repeat((byte)5, 100)], 3);

        Assert.Equal([3, 4, 5], Directory.GetFiles(reports).Order().Select(file => File.ReadAllBytes(file)[0]));
        Assert.Equal(((9, 6), (0, 300)), (outbox.Spans, outbox.Waiting));
        Assert.Contains("finops_gateway_reports_dropped_total{reason=\"disk\"} 2", await TextAsync(counters), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Report_OlderThanAllowed_IsDroppedAndCounted_AfterARestartToo()
    {
        var (folder, counters) = (TestFolders.New(), new GatewayCounters());
        var clock = new Clock(new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero));
        using (var first = Outbox(folder, counters, clock)) first.Add([1], 1);
        clock.Now += TimeSpan.FromHours(25);
        using var outbox = Outbox(folder, counters, clock);
        using var end = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));

        await outbox.RunAsync(end.Token);

        Assert.Empty(Directory.GetFiles(Path.Combine(folder, "reports")));
        Assert.Contains("finops_gateway_reports_dropped_total{reason=\"age\"} 1", await TextAsync(counters), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Report_OfThisProcess_GrowsOldBySteadyTime_WhateverTheDateDoes()
    {
        var (folder, counters) = (TestFolders.New(), new GatewayCounters());
        var clock = new TestClock();
        using var outbox = Outbox(folder, counters, clock);
        outbox.Add([1], 1);
        clock.Date += TimeSpan.FromDays(3);
        clock.Pass(23 * 3600);
        outbox.Add([2], 1);
        using var run = new CancellationTokenSource();
        var running = outbox.RunAsync(run.Token);
        await WaitAsync(counters, "finops_gateway_reports_delayed_total 1");
        Assert.Equal((2, 0), outbox.Spans);

        clock.Pass(2 * 3600);
        await WaitAsync(counters, "finops_gateway_reports_dropped_total{reason=\"age\"} 1");

        Assert.Equal((1, 1), outbox.Spans);
        await run.CancelAsync();
        await running;
    }

    private static async Task WaitAsync(GatewayCounters counters, string text)
    {
        for (var waited = 0; !(await TextAsync(counters)).Contains(text, StringComparison.Ordinal); waited++)
        {
            Assert.True(waited < 400, $"It never said {text}.");
            await Task.Delay(50);
        }
    }

    [Fact]
    public async Task Report_ThatIsAnsweredLate_HasGoneToDiskMeanwhile_AndIsSentOnce()
    {
        await using var sink = await ReportSink.StartAsync();
        var (folder, counters) = (TestFolders.New(), new GatewayCounters());
        var reports = Path.Combine(folder, "reports");
        using var outbox = Outbox(folder, counters, TimeProvider.System, memory: 1 << 20, endpoint: new Uri(sink.Address + "/v1/traces"));
        sink.Before = () => SpinWait.SpinUntil(() => Directory.GetFiles(reports, "*.otlp").Length == 1, TimeSpan.FromSeconds(20));
        outbox.Add([10, 0], 1);
        using var run = new CancellationTokenSource();
        var running = outbox.RunAsync(run.Token);
        await WaitAsync(counters, "finops_gateway_reports_sent_total 1");
        sink.Before = null;
        outbox.Add([10, 0], 1);
        await WaitAsync(counters, "finops_gateway_reports_sent_total 2");

        Assert.Equal(2, sink.Asked);
        await run.CancelAsync();
        await running;
        outbox.Keep();
        Assert.Equal(((0, 0), (0, 0)), (outbox.Spans, outbox.Waiting));
        Assert.Empty(Directory.GetFiles(reports));
    }

    [Fact]
    public async Task Report_ThatCannotBeRemoved_IsSentOnce_AndTheNextGoes()
    {
        await using var sink = await ReportSink.StartAsync();
        var (folder, counters) = (TestFolders.New(), new GatewayCounters());
        using var outbox = Outbox(folder, counters, TimeProvider.System, endpoint: new Uri(sink.Address + "/v1/traces"));
        // One resource without spans.
        byte[] report = [10, 0];
        outbox.Add(report, 1);
        outbox.Add(report, 1);
        var file = Directory.GetFiles(Path.Combine(folder, "reports")).Order().First();
        sink.Before = () =>
        {
            // Nobody can remove a folder as if it were a file.
            File.Delete(file);
            Directory.CreateDirectory(file);
            sink.Before = null;
        };
        using var run = new CancellationTokenSource();
        var running = outbox.RunAsync(run.Token);
        await WaitAsync(counters, "finops_gateway_reports_sent_total 2");
        outbox.Add(report, 1);
        await WaitAsync(counters, "finops_gateway_reports_sent_total 3");

        Assert.Equal((3, (0, 0)), (sink.Asked, outbox.Spans));
        Assert.Contains("finops_gateway_reports_stuck_total 1", await TextAsync(counters), StringComparison.Ordinal);
        await run.CancelAsync();
        await running;
    }

    private sealed class Clock(DateTimeOffset now) : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = now;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
