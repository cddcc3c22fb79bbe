using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Tenancy;
using FinOps.Ingest.Pipeline;
using FinOps.Ingest.Pipeline.Spooling;
using static FinOps.Ingest.Tests.Pipeline.WriterUnderTest;

namespace FinOps.Ingest.Tests.Pipeline;

public sealed class SpoolTests(ClickHouseFixture engine)
{
    private readonly TenantId _tenant = new(Guid.NewGuid());

    [Fact]
    public async Task Spool_ClickHouseAwayAndBack_DrainsByItselfAndCountsOnce()
    {
        var address = await engine.CreateDatabaseAsync();
        using var spool = new TemporaryFolder();
        using var store = ClickHouseFixture.Open(address);
        await using var door = Door.Before(address);
        await using var writer = await StartAsync(door.Address, spool.Path);
        await door.ShutAsync();

        for (var i = 0; i < 5; i++) Assert.Equal(WriteOutcome.Spooled, await writer.WriteAsync(Request(_tenant, i * 100 + 1, 100)));
        var state = writer.Writer.State;
        Assert.True(state.ClickHouseAway);
        Assert.Equal(505, state.Spool.Rows);
        Assert.NotNull(state.Spool.Oldest);
        Assert.Equal(0, await store.CountAsync("calls"));

        door.Open();
        await writer.UntilAsync(now => !now.ClickHouseAway && now.Spool.Blocks == 0);

        Assert.Equal(500, await store.CountAsync("calls", final: true));
        Assert.Equal(5, await store.CountAsync("links", final: true));
        Assert.Empty(Directory.GetFiles(spool.Path, "*.blocks"));
        Assert.Equal(WriteOutcome.Stored, await writer.WriteAsync(Request(_tenant, 1_001, 1)));
    }

    [Fact]
    public async Task Spool_ProcessRestartsWhileClickHouseIsAway_DrainsWhatTheFirstAcknowledged()
    {
        var address = await engine.CreateDatabaseAsync();
        using var spool = new TemporaryFolder();
        using var store = ClickHouseFixture.Open(address);
        await using var door = Door.Before(address);
        await door.ShutAsync();
        await using (var first = await StartAsync(door.Address, spool.Path))
            Assert.Equal(WriteOutcome.Spooled, await first.WriteAsync(Request(_tenant, 1, 100)));

        await using var second = await StartAsync(door.Address, spool.Path);
        Assert.Equal(101, second.Writer.State.Spool.Rows);
        door.Open();
        await second.UntilAsync(now => now.Spool.Blocks == 0);

        Assert.Equal(100, await store.CountAsync("calls", final: true));
    }

    [Fact]
    public async Task Spool_InsertExecutedButAnswerLost_CollapsesOnReplay()
    {
        var address = await engine.CreateDatabaseAsync();
        using var spool = new TemporaryFolder();
        using var store = ClickHouseFixture.Open(address);
        await using var door = Door.Before(address);
        await using var writer = await StartAsync(door.Address, spool.Path, insertTimeoutSeconds: 2);
        door.LosesAnswers = true;

        var write = writer.WriteAsync(Request(_tenant, 1, 100));
        Assert.Equal(WriteOutcome.Spooled, await write);
        door.LosesAnswers = false;
        await writer.UntilAsync(now => now.Spool.Blocks == 0);

        Assert.True(await store.CountAsync("links") >= 1);
        Assert.Equal(1, await store.CountAsync("links", final: true));
        Assert.Equal(100, await store.CountAsync("calls", final: true));
    }

    /// <summary>Three calls and a link, spooled before calls had the column <c>policies</c> (migration 0021).</summary>
    [Fact]
    public async Task Spool_OfTheReleaseBefore_DrainsWithDefaultsForNewColumns()
    {
        var address = await engine.CreateDatabaseAsync();
        using var spool = new TemporaryFolder();
        using var store = ClickHouseFixture.Open(address);
        File.Copy(Path.Combine(AppContext.BaseDirectory, "Fixtures", "spool", "before-policies.bin"), Path.Combine(spool.Path, "000000000001.blocks"));
        await using var writer = await StartAsync(address, spool.Path);
        await writer.UntilAsync(now => now.Spool.Blocks == 0);

        Assert.Equal((0, 1), (writer.Writer.State.Spool.RejectedBlocks, await store.CountAsync("links", final: true)));
        Assert.Equal([3UL, 3UL], Assert.Single(await store.ReadAsync("SELECT count(), countIf(policies = '' AND gateway_key = '' AND cache = '' AND tokens_avoided = 0 AND span_id != 0) FROM calls FINAL")));
    }

    [Fact]
    public async Task Spool_SettledRow_SurvivesTheReplayOfItsProvisionalForm()
    {
        var address = await engine.CreateDatabaseAsync();
        using var spool = new TemporaryFolder();
        using var store = ClickHouseFixture.Open(address);
        await using var door = Door.Before(address);
        await using var writer = await StartAsync(door.Address, spool.Path);
        await door.ShutAsync();
        var request = Request(_tenant, 1, 1);
        await writer.WriteAsync(request);
        var settled = request.Calls[0];
        settled.Version = 5;
        settled.Role = FinOps.Domain.Usage.CallRole.Duplicate;
        var block = new FinOps.Analytics.Stores.ClickHouse.Native.CallBlock();
        block.Append(settled);
        Assert.True((await store.InsertAsync(block, CancellationToken.None)).IsStored);

        door.Open();
        await writer.UntilAsync(now => now.Spool.Blocks == 0);

        var rows = await store.ReadAsync("SELECT version, toString(role) FROM calls FINAL");
        Assert.Equal([5UL, "duplicate"], Assert.Single(rows));
    }

    [Fact]
    public async Task Spool_LimitReached_RefusesAndRecovers()
    {
        var address = await engine.CreateDatabaseAsync();
        using var spool = new TemporaryFolder();
        using var store = ClickHouseFixture.Open(address);
        await using var door = Door.Before(address);
        await using var writer = await StartAsync(door.Address, spool.Path, options => options.SpoolMaxBytes = 200_000);
        await door.ShutAsync();

        var outcomes = new List<WriteOutcome>();
        for (var i = 0; i < 20; i++) outcomes.Add(await writer.WriteAsync(Request(_tenant, i * 100 + 1, 100)));
        Assert.Equal(WriteOutcome.Spooled, outcomes[0]);
        Assert.Equal(WriteOutcome.Full, outcomes[^1]);
        Assert.InRange(writer.Writer.State.Spool.Bytes, 1, 200_000);

        door.Open();
        await writer.UntilAsync(now => now.Spool.Blocks == 0 && !now.ClickHouseAway);
        Assert.Equal(100 * outcomes.Count(outcome => outcome == WriteOutcome.Spooled), await store.CountAsync("calls", final: true));
        Assert.Equal(WriteOutcome.Stored, await writer.WriteAsync(Request(_tenant, 10_001, 1)));
    }

    [Fact]
    public async Task Spool_TornTail_IsCutAndTheRestDrains()
    {
        var address = await engine.CreateDatabaseAsync();
        using var spool = new TemporaryFolder();
        using var store = ClickHouseFixture.Open(address);
        await using var door = Door.Before(address);
        await door.ShutAsync();
        await using (var first = await StartAsync(door.Address, spool.Path))
        {
            await first.WriteAsync(Request(_tenant, 1, 100));
            await first.WriteAsync(Request(_tenant, 101, 100));
        }

        var file = Directory.GetFiles(spool.Path, "*.blocks").Max()!;
        using (var stream = new FileStream(file, FileMode.Open)) stream.SetLength(stream.Length - 17);

        await using var second = await StartAsync(door.Address, spool.Path);
        Assert.Equal(102, second.Writer.State.Spool.Rows);
        door.Open();
        await second.UntilAsync(now => now.Spool.Blocks == 0);
        Assert.Equal(100, await store.CountAsync("calls", final: true));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(30)]
    [InlineData(60)]
    [InlineData(400)]
    public async Task Spool_AnyFlippedByte_IsNoticed(int fromEnd)
    {
        using var spool = new TemporaryFolder();
        await using var door = Door.Before(await engine.CreateDatabaseAsync());
        await door.ShutAsync();
        await using (var first = await StartAsync(door.Address, spool.Path)) await first.WriteAsync(Request(_tenant, 1, 20));
        var file = Assert.Single(Directory.GetFiles(spool.Path, "*.blocks"));
        var bytes = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        bytes[^(fromEnd + 1)] ^= 0x40;
        await File.WriteAllBytesAsync(file, bytes, TestContext.Current.CancellationToken);

        await using var second = await StartAsync(door.Address, spool.Path);

        // The link before the damaged calls is whole.
        Assert.Equal(1, second.Writer.State.Spool.Rows);
    }

    [Fact]
    public async Task Spool_BlockThatClickHouseRejects_IsSetAsideAndDoesNotBlockTheOthers()
    {
        var address = await engine.CreateDatabaseAsync();
        using var spool = new TemporaryFolder();
        using var store = ClickHouseFixture.Open(address);
        await using var door = Door.Before(address);
        await using var writer = await StartAsync(door.Address, spool.Path);
        await door.ShutAsync();
        await writer.WriteAsync(Request(_tenant, 1, 100));
        // Links lose a column while the spool waits: their block can never be inserted.
        await store.ReadAsync("DROP VIEW touched_by_links");
        await store.ReadAsync("ALTER TABLE links DROP COLUMN session");

        door.Open();
        await writer.UntilAsync(now => now.Spool.Blocks == 0);

        Assert.Equal(100, await store.CountAsync("calls", final: true));
        Assert.Equal(1, writer.Writer.State.Spool.RejectedBlocks);
        Assert.Single(Directory.GetFiles(Path.Combine(spool.Path, "rejected")));
    }

    [Fact]
    public async Task Spool_RejectedBlockMovedBack_IsTriedAgain()
    {
        var address = await engine.CreateDatabaseAsync();
        using var spool = new TemporaryFolder();
        using var store = ClickHouseFixture.Open(address);
        await store.ReadAsync("RENAME TABLE links TO links_kept");
        await store.ReadAsync("CREATE TABLE links (tenant_id UUID) ENGINE = MergeTree ORDER BY tenant_id");
        string rejected;
        await using (var first = await StartAsync(address, spool.Path))
        {
            await first.WriteAsync(Request(_tenant, 1, 100));
            await first.UntilAsync(now => now.Spool.Blocks == 0);
            rejected = Assert.Single(Directory.GetFiles(Path.Combine(spool.Path, "rejected")));
        }

        await store.ReadAsync("DROP TABLE links");
        await store.ReadAsync("RENAME TABLE links_kept TO links");
        File.Move(rejected, Path.Combine(spool.Path, Path.GetFileName(rejected)));
        await using var second = await StartAsync(address, spool.Path);
        await second.UntilAsync(now => now.Spool.Blocks == 0);

        Assert.Equal(1, await store.CountAsync("links", final: true));
        Assert.Equal(100, await store.CountAsync("calls", final: true));
        Assert.Equal(0, second.Writer.State.Spool.RejectedBlocks);
    }

    [Fact]
    public async Task Spool_ColumnAddedWhileItWaits_TakesItsDefault()
    {
        var address = await engine.CreateDatabaseAsync();
        using var spool = new TemporaryFolder();
        using var store = ClickHouseFixture.Open(address);
        await using var door = Door.Before(address);
        await using var writer = await StartAsync(door.Address, spool.Path);
        await door.ShutAsync();
        await writer.WriteAsync(Request(_tenant, 1, 10));
        await store.ReadAsync("ALTER TABLE calls ADD COLUMN later UInt8 DEFAULT 7");

        door.Open();
        await writer.UntilAsync(now => now.Spool.Blocks == 0);

        Assert.Equal((10UL, 70UL), await store.ReadAsync("SELECT count(), sum(later) FROM calls") is [[ulong count, ulong sum]] ? (count, sum) : default);
    }

    [Fact]
    public async Task Spool_SecondProcess_IsRefusedTheFolder()
    {
        var address = await engine.CreateDatabaseAsync();
        using var folder = new TemporaryFolder();
        await using var writer = await StartAsync(address, folder.Path);

        using var second = new Spool(new PipelineOptions { SpoolDirectory = folder.Path }, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        var problem = await Assert.ThrowsAsync<IOException>(() => second.OpenAsync(CancellationToken.None));
        Assert.Contains("SpoolDirectory", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Spool_TablesNotMigratedYet_WaitsForThem()
    {
        var address = await engine.CreateDatabaseAsync();
        using var spool = new TemporaryFolder();
        using var store = ClickHouseFixture.Open(address);
        await store.ReadAsync("RENAME TABLE links TO links_kept");
        await using var writer = await StartAsync(address, spool.Path);
        Assert.Equal(WriteOutcome.Spooled, await writer.WriteAsync(Request(_tenant, 1, 10)));
        await Task.Delay(500, TestContext.Current.CancellationToken);
        Assert.Equal(0, writer.Writer.State.Spool.RejectedBlocks);

        await store.ReadAsync("RENAME TABLE links_kept TO links");
        await writer.UntilAsync(now => now.Spool.Blocks == 0);

        Assert.Equal(10, await store.CountAsync("calls", final: true));
    }
}
