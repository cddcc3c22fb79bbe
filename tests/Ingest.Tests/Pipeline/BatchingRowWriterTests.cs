using FinOps.Domain.Tenancy;
using FinOps.Ingest.Pipeline;
using static FinOps.Ingest.Tests.Pipeline.WriterUnderTest;

namespace FinOps.Ingest.Tests.Pipeline;

public sealed class BatchingRowWriterTests(ClickHouseFixture engine)
{
    private readonly TenantId _tenant = new(Guid.NewGuid());

    [Fact]
    public async Task WriteAsync_ClickHouseThere_IsStoredWhenItReturns()
    {
        var address = await engine.CreateDatabaseAsync();
        using var spool = new TemporaryFolder();
        using var store = ClickHouseFixture.Open(address);
        await using var writer = await StartAsync(address, spool.Path);

        Assert.Equal(WriteOutcome.Stored, await writer.WriteAsync(Request(_tenant, 1, 5)));

        Assert.Equal(5, await store.CountAsync("calls"));
        Assert.Equal(1, await store.CountAsync("links"));
        Assert.NotEqual(0, await store.CountAsync("touched_traces"));
        Assert.NotEqual(0, await store.CountAsync("cell_changes"));
    }

    [Fact]
    public async Task WriteAsync_ManyRequestsAtOnce_ShareBlocksAndLoseNothing()
    {
        var address = await engine.CreateDatabaseAsync();
        using var spool = new TemporaryFolder();
        using var store = ClickHouseFixture.Open(address);
        await using var writer = await StartAsync(address, spool.Path);

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(() => writer.WriteAsync(Request(_tenant, i * 100 + 1, 100)))));

        Assert.All(outcomes, outcome => Assert.Equal(WriteOutcome.Stored, outcome));
        Assert.Equal(20_000, await store.CountAsync("calls", final: true));
        // Blocks are numbered from 1: the highest number tells how many inserts there were, whatever has been merged since.
        var inserts = await store.ReadAsync("SELECT max(max_block_number) FROM system.parts WHERE database = currentDatabase() AND table = 'calls'");
        Assert.InRange((long)inserts[0][0]!, 1, 40);
    }

    [Fact]
    public async Task WriteAsync_SameRequestTwice_CountsOnce()
    {
        var address = await engine.CreateDatabaseAsync();
        using var spool = new TemporaryFolder();
        using var store = ClickHouseFixture.Open(address);
        await using var writer = await StartAsync(address, spool.Path);
        var request = Request(_tenant, 1, 50);

        await writer.WriteAsync(request);
        await writer.WriteAsync(request);

        Assert.Equal(50, await store.CountAsync("calls", final: true));
    }

    [Fact]
    public async Task WriteAsync_OneSpanTwiceInOneBlock_CountsOnce()
    {
        var address = await engine.CreateDatabaseAsync();
        using var spool = new TemporaryFolder();
        using var store = ClickHouseFixture.Open(address);
        await using var writer = await StartAsync(address, spool.Path);
        var request = Request(_tenant, 1, 50);
        request.Calls.AddRange([.. request.Calls]);

        await writer.WriteAsync(request);

        Assert.Equal(50, await store.CountAsync("calls", final: true));
    }

    [Fact]
    public async Task WriteAsync_BuffersFull_RefusesAfterABoundedWait()
    {
        var address = await engine.CreateDatabaseAsync();
        using var spool = new TemporaryFolder();
        await using var door = Door.Before(address);
        await using var writer = await StartAsync(door.Address, spool.Path, options =>
        {
            options.BufferBytes = 3 << 20;
            options.FullWaitMilliseconds = 300;
        }, insertTimeoutSeconds: 4);
        // ClickHouse takes requests but never answers: the streams hang until their time-out.
        door.LosesAnswers = true;

        var writes = Enumerable.Range(0, 60).Select(i => writer.WriteAsync(Request(_tenant, i * 1_000 + 1, 1_000))).ToList();
        var outcomes = await Task.WhenAll(writes);

        Assert.Contains(WriteOutcome.Full, outcomes);
        Assert.Contains(WriteOutcome.Spooled, outcomes);
        Assert.DoesNotContain(WriteOutcome.Stored, outcomes);
        Assert.Equal(outcomes.Count(outcome => outcome == WriteOutcome.Full), writer.Writer.State.RequestsRefused);
    }

    /// <summary>The buffers are full of one tenant's rows and many more of its requests wait: the neighbour, who comes last, goes with the next block.</summary>
    [Fact]
    public async Task WriteAsync_BehindAFlood_GoesBeforeMostOfIt()
    {
        var address = await engine.CreateDatabaseAsync();
        using var spool = new TemporaryFolder();
        await using var writer = await StartAsync(address, spool.Path, options =>
        {
            options.BufferBytes = 1 << 20;
            options.InsertStreams = 1;
            options.FullWaitMilliseconds = 60_000;
        });
        var requests = Enumerable.Range(0, 100).Select(i => Request(_tenant, (i * 5_000) + 1, 5_000)).ToList();
        var stored = 0;
        var flood = requests.Select(async request =>
        {
            Assert.Equal(WriteOutcome.Stored, await writer.WriteAsync(request));
            Interlocked.Increment(ref stored);
        }).ToList();

        var before = Volatile.Read(ref stored);
        Assert.Equal(WriteOutcome.Stored, await writer.WriteAsync(Request(new TenantId(Guid.NewGuid()), 1, 10)));
        var after = Volatile.Read(ref stored);

        // In turn it is behind the blocks under way and one request more; in the order of arrival it would be behind them all.
        Assert.InRange(after - before, 0, (requests.Count - before) / 2);
        await Task.WhenAll(flood);
    }

    [Fact]
    public async Task StopAsync_RowsInMemory_AreWrittenFirst()
    {
        var address = await engine.CreateDatabaseAsync();
        using var spool = new TemporaryFolder();
        using var store = ClickHouseFixture.Open(address);
        Task<WriteOutcome> pending;
        await using (var writer = await StartAsync(address, spool.Path, options => options.IdleLingerMilliseconds = options.LingerMilliseconds = 5_000))
            pending = writer.WriteAsync(Request(_tenant, 1, 5));

        Assert.Equal(WriteOutcome.Stored, await pending);
        Assert.Equal(5, await store.CountAsync("calls"));
    }
}
