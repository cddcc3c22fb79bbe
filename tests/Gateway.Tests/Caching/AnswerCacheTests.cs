using FinOps.Domain.Usage;
using FinOps.Gateway.Caching;
using FinOps.Gateway.Reporting;
using Microsoft.Extensions.Logging.Abstractions;

namespace FinOps.Gateway.Tests.Caching;

public sealed class AnswerCacheTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 26, 0, 0, 0, TimeSpan.Zero);

    private readonly string _folder = TestFolders.New();
    private readonly Clock _clock = new(Start);

    private AnswerCache New(long memory, long disk) => new(Path.Combine(_folder, "answers"), memory, disk, _clock, new GatewayCounters(), NullLogger.Instance);

    private static CacheKey Key(int number) => new((UInt128)number, (UInt128)number);

    private static KeptAnswer Answer(byte letter, int bytes = 1000) =>
        new(new AnswerHead("application/json", bytes, Start, Start.AddHours(1), "m", "", "stop", new UsageVector { InputFresh = 5 }), [.. Enumerable.Repeat(letter, bytes)]);

    private static void Keep(AnswerCache cache, int number, KeptAnswer answer) => cache.Keep(Key(number), answer.Head, answer.Body);

    [Fact]
    public void Memory_ThatIsFull_KeepsOnDiskWhatWasAskedForAgain()
    {
        var cache = New(memory: 3000, disk: 1 << 20);
        Keep(cache, 1, Answer(1));
        Keep(cache, 2, Answer(2));
        Assert.NotNull(cache.Find(Key(1), null));
        Keep(cache, 3, Answer(3));
        Keep(cache, 4, Answer(4));
        Keep(cache, 5, Answer(5));

        // The first was given once more, the second never.
        Assert.Equal(1, cache.Find(Key(1), null)!.Body[0]);
        Assert.Null(cache.Find(Key(2), null));
        Assert.Equal(5u, cache.Find(Key(1), null)!.Head.Usage.InputFresh);
        cache.Save();
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.Combine(_folder, "answers")));
    }

    [Fact]
    public void Disk_ThatIsFull_LosesTheOldest()
    {
        var cache = New(memory: 0, disk: 3500);
        for (byte i = 1; i <= 4; i++) Keep(cache, i, Answer(i, 900));

        // Also what is not written yet is found.
        Assert.Equal(4, cache.Find(Key(4), null)!.Body[0]);
        cache.Save();
        Assert.Null(cache.Find(Key(1), null));
        Assert.Equal(4, cache.Find(Key(4), null)!.Body[0]);
        Assert.True(cache.Bytes.Disk <= 3500);
    }

    [Fact]
    public void Answer_WhoseTimeIsOver_OrWhoseFileIsBroken_IsForgotten()
    {
        var cache = New(memory: 0, disk: 1 << 20);
        Keep(cache, 1, Answer(1));
        Keep(cache, 2, Answer(2));
        cache.Save();
        File.WriteAllText(Path.Combine(_folder, "answers", Key(1) + ".answer"), "x");
        Assert.Null(cache.Find(Key(1), null));
        Assert.Null(cache.Find(Key(2), TimeSpan.FromSeconds(-1)));
        Assert.NotNull(cache.Find(Key(2), null));
        _clock.Now += TimeSpan.FromHours(2);
        Assert.Null(cache.Find(Key(2), null));
        Assert.Empty(Directory.GetFiles(Path.Combine(_folder, "answers")));
    }

    [Fact]
    public void Disk_ThatIsTooSlow_LosesWhatHasNoRoomToWait_AndNothingElse()
    {
        const int Bytes = 1 << 20;
        var (counters, folder) = (new GatewayCounters(), Path.Combine(_folder, "answers"));
        var cache = new AnswerCache(folder, 0, 1L << 30, _clock, counters, NullLogger.Instance);
        Directory.CreateDirectory(folder);
        // Who writes into a pipe waits until somebody reads it.
        var pipe = Path.Combine(folder, Key(1) + ".answer.part");
        using (var make = System.Diagnostics.Process.Start("mkfifo", pipe)) make.WaitForExit();

        for (var i = 1; i <= 20; i++) Keep(cache, i, Answer((byte)i, Bytes));

        var found = Enumerable.Range(1, 20).Count(i => cache.Find(Key(i), null)?.Body[0] == i);
        Assert.Equal((int)(AnswerDisk.MaxWaitingBytes / Bytes) - 1, found);
        Assert.InRange(cache.Bytes.Memory, 1, AnswerDisk.MaxWaitingBytes);
        using var reader = System.Diagnostics.Process.Start("dd", [$"if={pipe}", "of=/dev/null", "status=none"]);
        cache.Save();
        reader.WaitForExit();
        Assert.Equal(0, cache.Bytes.Memory);
    }

    [Fact]
    public void Answer_InMemoryAndWaitingForTheDisk_IsThereOnce_AfterTheEnd()
    {
        var disk = new AnswerDisk(Path.Combine(_folder, "answers"), 1 << 20, _clock, new GatewayCounters(), NullLogger.Instance);
        var file = KeptAnswer.ToFile(Answer(1).Head, Answer(1).Body).ToArray();
        disk.Keep(Key(1), file);
        disk.KeepNow(Key(1), file);
        disk.KeepNow(Key(2), file);
        disk.WriteAll();

        Assert.Equal((0, 2 * file.Length), disk.Bytes);
        Assert.Equal(2, Directory.GetFiles(Path.Combine(_folder, "answers")).Length);
        disk.Forget(Key(1));
        Assert.Equal((0, file.Length), disk.Bytes);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3000)]
    public void Answer_ThatIsNewer_TakesThePlaceOfWhatIsOnDisk(long memory)
    {
        var old = New(memory, disk: 1 << 20);
        Keep(old, 1, Answer(1));
        old.Save();

        var cache = New(memory, disk: 1 << 20);
        Keep(cache, 1, Answer(2));
        Assert.Equal(2, cache.Find(Key(1), null)!.Body[0]);
        cache.Save();
        Assert.Equal(2, New(memory, disk: 1 << 20).Find(Key(1), null)!.Body[0]);
        // It makes room in memory, and is not worth a file: what was there before is not either.
        Keep(cache, 1, Answer(3));
        for (byte i = 2; i <= 6; i++) Keep(cache, i, Answer(i));
        Assert.NotEqual(2, cache.Find(Key(1), null)?.Body[0] ?? 0);
    }

    [Fact]
    public void Copy_GrowsWithItsAnswer_UntilThatIsTooLong()
    {
        using var copy = new AnswerCopy(100_000);
        byte[] all = [.. Enumerable.Range(0, 100_000).Select(value => (byte)value)];
        foreach (var piece in all.Chunk(777)) copy.Add(piece);
        Assert.Equal(all, copy.Bytes.ToArray());
        Assert.False(copy.IsTooLong);

        copy.Add([1]);
        copy.Add([1]);
        Assert.True(copy.IsTooLong);
        Assert.True(copy.Bytes.IsEmpty);
    }

    private sealed class Clock(DateTimeOffset now) : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = now;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
