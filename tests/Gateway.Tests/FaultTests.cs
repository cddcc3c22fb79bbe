using System.Diagnostics;
using System.Net;
using FinOps.Domain.Usage;
using FinOps.Gateway.Caching;
using FinOps.Gateway.Configuration;
using FinOps.Gateway.Reporting;
using FinOps.Gateway.Tests.Leases;
using Microsoft.Extensions.Logging.Abstractions;

namespace FinOps.Gateway.Tests;

/// <summary>What happens to the machine under a gateway.</summary>
public sealed class FaultTests
{
    private const int Kilobytes = 64;

    [Fact]
    public async Task Clock_ThatJumps_ForgetsWhatIsOfAnotherHour_AndNeitherOpensNorClosesALimit()
    {
        await using var vendor = await VendorServer.StartAsync();
        var clock = new JumpingClock();
        var folder = TestFolders.New();
        await File.WriteAllTextAsync(Path.Combine(folder, "policies.json"), """
            {"schema":1,"policies":[
              {"id":"six","name":"Six a minute","kind":"budget","match":{"all":true},"body":{"action":"block","requests_per_minute":6}},
              {"id":"keep","name":"Keep","kind":"exact_cache","match":{"all":true},"body":{"ttl_seconds":60}}]}
            """);
        await using var gateway = await RunningGateway.StartAsync(vendor, change: file => file["policies"] = "policies.json", folder: folder, time: clock);

        Assert.Equal("miss", await AskAsync(gateway));
        Assert.Equal("hit", await AskAsync(gateway));
        // Back: how old what is kept is nobody knows.
        clock.Jump = TimeSpan.FromHours(-2);
        Assert.Equal("miss", await AskAsync(gateway));
        Assert.Equal("hit", await AskAsync(gateway));
        clock.Jump = TimeSpan.FromHours(3);
        Assert.Equal("miss", await AskAsync(gateway));
        Assert.Equal("hit", await AskAsync(gateway));

        // A minute of the machine has sixty seconds, whatever its clock says.
        var (seventh, _) = await gateway.AskAsync("/v1/chat/completions", Question);
        Assert.False(seventh.IsSuccessStatusCode);
        clock.Jump = TimeSpan.FromHours(-3);
        var (eighth, _) = await gateway.AskAsync("/v1/chat/completions", Question);
        Assert.False(eighth.IsSuccessStatusCode);
        Assert.Equal(3, vendor.Received.Count);
    }

    [Fact]
    public void Reports_OnAFullDisk_AreLostAndCounted_UntilThereIsRoomAgain()
    {
        using var disk = TinyDisk.Mount(Kilobytes);
        using var outbox = new ReportOutbox(
            new ReportSettings(new Uri("http://127.0.0.1:9/v1/traces"), "k", 1 << 20, TimeSpan.FromHours(24), 0), () => "k", disk.Folder, TimeProvider.System, new GatewayCounters(), NullLogger.Instance);
        for (var number = 0; number < 20; number++) outbox.Add(new byte[10 * 1024], 5);

        var (waiting, lost) = outbox.Spans;
        Assert.Equal(100, waiting + lost);
        Assert.InRange(waiting, 20, 30);
        Assert.Equal(waiting / 5, Directory.GetFiles(Path.Combine(disk.Folder, "reports")).Length);
        disk.Resize(16 * Kilobytes);
        outbox.Add(new byte[10 * 1024], 5);
        Assert.Equal((waiting + 5, lost), outbox.Spans);
    }

    [Fact]
    public void Answers_OnAFullDisk_AreGivenUp_AndKeptAgainAfterAWhile()
    {
        using var disk = TinyDisk.Mount(Kilobytes);
        var clock = new TestClock();
        var cache = new AnswerCache(Path.Combine(disk.Folder, "answers"), 0, 1 << 20, clock, new GatewayCounters(), NullLogger.Instance);
        for (var number = 0; number < 20; number++) Keep(number);
        cache.Save();

        var kept = Enumerable.Range(0, 20).Count(number => cache.Find(new CacheKey(1, (UInt128)number), null) is not null);
        Assert.InRange(kept, 4, 6);
        disk.Resize(16 * Kilobytes);
        Keep(30);
        Assert.Null(cache.Find(new CacheKey(1, 30), null));
        clock.Pass(61);
        Keep(31);
        cache.Save();
        Assert.True(cache.Bytes.Disk > 0 && cache.Bytes.Memory == 0);
        Assert.NotNull(cache.Find(new CacheKey(1, 31), null));

        void Keep(int number) => cache.Keep(
            new CacheKey(1, (UInt128)number), new AnswerHead("application/json", 10 * 1024, clock.Date, clock.Date.AddHours(1), "m", "", "stop", new UsageVector { InputFresh = 5 }), new byte[10 * 1024]);
    }

    private const string Question = """{"model":"gpt-4o-mini","messages":[{"role":"user","content":"Again?"}]}""";

    private static async Task<string> AskAsync(RunningGateway gateway)
    {
        var (answer, _) = await gateway.AskAsync("/v1/chat/completions", Question);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await gateway.WaitIdleAsync();
        return answer.Headers.GetValues("x-finops-cache").Single();
    }

    /// <summary>The machine's, whose date somebody changes.</summary>
    private sealed class JumpingClock : TimeProvider
    {
        public TimeSpan Jump { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Jump;
    }

    /// <summary>A file system of a few kilobytes.</summary>
    private sealed class TinyDisk : IDisposable
    {
        private TinyDisk(string folder) => Folder = folder;

        public string Folder { get; }

        public static TinyDisk Mount(int kilobytes)
        {
            Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "Only root on Linux can mount a small file system.");
            var disk = new TinyDisk(TestFolders.New());
            Run("mount", "-t", "tmpfs", "-o", $"size={kilobytes}k", "tmpfs", disk.Folder);
            return disk;
        }

        public void Resize(int kilobytes) => Run("mount", "-o", $"remount,size={kilobytes}k", Folder);

        public void Dispose()
        {
            Run("umount", Folder);
            Directory.Delete(Folder);
        }

        private static void Run(string program, params string[] arguments)
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments))!;
            process.WaitForExit();
            Assert.Equal(0, process.ExitCode);
        }
    }
}
