using System.Globalization;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Calls;
using FinOps.Analytics.Deletion;
using FinOps.Analytics.Retention;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Analytics.Tests.Accounts;
using FinOps.Analytics.Tests.Prices;
using FinOps.Analytics.Tests.Spend;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Tests.Deletion;

/// <summary>A user of one tenant is forgotten, in both real stores; money stays reconcilable.</summary>
public sealed class EraseUserTests(PriceBookFixture postgres, ClickHouseFixture clickHouse)
{
    private static readonly DateTimeOffset Noon = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly TimeRange Month = new(Noon.AddDays(-15), Noon.AddDays(15));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false, "(erased)=34 bob=8")]
    // The closed day has no calls left to sum up without them: its money stays, without the name.
    [InlineData(true, "(erased)=30 bob=8")]
    public async Task Run_ForgetsTheUserEverywhere_AndSumsStayOrFollow(bool deletesCalls, string expected)
    {
        await using var services = await postgres.CreateAsync();
        using var store = await clickHouse.CreateStoreAsync();
        var tenants = services.GetRequiredService<Tenants>();
        var (mine, theirs) = ((await tenants.EnsureAsync("Mine", Token)).Id, (await tenants.EnsureAsync("Theirs", Token)).Id);
        foreach (var tenant in (TenantId[])[mine, theirs])
        {
            await StoredCalls.InsertAsync(store,
            [
                new StoredCall(tenant, Noon.AddDays(-10)) { Span = 1, Feature = "f", User = "ann", Cost = 30 },
                new StoredCall(tenant, Noon) { Span = 2, Feature = "f", User = "ann", Session = "s", Cost = 4 },
                new StoredCall(tenant, Noon) { Span = 3, Feature = "f", User = "bob", Cost = 8 },
            ]);
            await StoredCalls.RunAsync(store, $"INSERT INTO links (tenant_id, trace_id, span_id, user, session) VALUES ('{tenant}', unhex('{new string('a', 32)}'), 1, 'ann', 's')");
            await RollUpAsync(store, tenant);
            await store.ExecuteAsync(new CloseCells(tenant, (uint)Noon.AddDays(-5).ToUnixTimeSeconds()), Token);
        }

        var erasures = new UserErasures(services.GetRequiredService<FinOpsDatabase>(), store, TimeProvider.System, services);
        var job = new EraseUser(erasures, store, TimeProvider.System, Options.Create(new DeletionOptions()));
        var (id, others) = (Guid.NewGuid(), await UsersAsync(store, theirs));
        Assert.Equal("ann=34 bob=8", others);
        Assert.Equal((2, 1), ((await erasures.PreviewAsync(mine, "ann", Token))["calls"], (await erasures.PreviewAsync(mine, "ann", Token))["links"]));

        await erasures.RequestAsync(mine, id, "ann", deletesCalls, Actor.Start, Token);
        await job.RunAsync(mine.Value, id, Token);
        Assert.Equal(expected, await UsersAsync(store, mine));
        await RollUpAsync(store, mine);

        Assert.Equal(expected, await UsersAsync(store, mine));
        Assert.Equal(others, await UsersAsync(store, theirs));
        var total = expected.Split(' ').Sum(user => int.Parse(user.Split('=')[1], CultureInfo.InvariantCulture));
        Assert.Equal(total, (await new SpendReader(store).SumAsync(new SpendQuestion(ReadScope.Whole(mine), Month) { Filter = SpendFilter.Where(Dimension.Feature, "f") }, Token)).Cost);
        foreach (var table in UserTables.All) Assert.Equal(0, await CountAsync(store, $"{table} WHERE tenant_id = '{mine}' AND user = 'ann'"));
        Assert.Equal(0, await CountAsync(store, $"calls WHERE tenant_id = '{mine}' AND session = 's'"));

        // It says how many, and not whose; asked for again it is the same one.
        var done = await erasures.RequestAsync(mine, id, "ann", deletesCalls, Actor.Start, Token);
        Assert.Equal(("", 2, 1), (done.User, done.Rows["calls"], done.Rows["links"]));
        var entries = (await services.GetRequiredService<AuditReader>().AskAsync(new AuditQuestion(mine), Token)).Entries;
        Assert.Equal([AuditActs.DataDeleted, AuditActs.UserErasureRequested], entries.Select(entry => entry.Act).Take(2));
        Assert.DoesNotContain(entries, entry => $"{entry.SubjectName}{entry.Before}{entry.After}{entry.Why}".Contains("ann", StringComparison.Ordinal));
        await Assert.ThrowsAsync<TenancyException>(() => erasures.RequestAsync(mine, id, "ann", !deletesCalls, Actor.Start, Token));
    }

    /// <summary>A prompt goes with its user wherever the trace tells of them: at the call, at a span above it, or at a report of the same call in another trace.</summary>
    [Fact]
    public async Task Run_RemovesSamplesOfEveryTraceThatNamesTheUser_AndNoOthers()
    {
        await using var services = await postgres.CreateAsync();
        using var store = await clickHouse.CreateStoreAsync();
        var tenants = services.GetRequiredService<Tenants>();
        var (mine, theirs) = ((await tenants.EnsureAsync("Mine", Token)).Id, (await tenants.EnsureAsync("Theirs", Token)).Id);
        var (named, above, twin, other) = (new TraceId(7, 1), new TraceId(7, 2), new TraceId(7, 3), new TraceId(7, 4));
        foreach (var tenant in (TenantId[])[mine, theirs])
        {
            await StoredCalls.InsertAsync(store,
            [
                new StoredCall(tenant, Noon) { Trace = named, Span = 1, User = "ann" },
                new StoredCall(tenant, Noon) { Trace = above, Span = 2 },
                new StoredCall(tenant, Noon) { Trace = twin, Span = 3, Role = CallRole.Duplicate, CallOf = new CallId(named, new SpanId(1)) },
                new StoredCall(tenant, Noon) { Trace = other, Span = 4, User = "bob" },
            ]);
            await StoredCalls.RunAsync(store, $"INSERT INTO links (tenant_id, trace_id, span_id, user) VALUES ('{tenant}', unhex('{above}'), 1, 'ann')");
            foreach (var trace in (TraceId[])[named, above, twin, other])
                await StoredCalls.RunAsync(store, $"INSERT INTO call_samples (tenant_id, trace_id, span_id, start_time) VALUES ('{tenant}', unhex('{trace}'), 1, now())");
        }

        var erasures = new UserErasures(services.GetRequiredService<FinOpsDatabase>(), store, TimeProvider.System, services);
        var id = Guid.NewGuid();
        Assert.Equal(3, (await erasures.PreviewAsync(mine, "ann", Token))["call_samples"]);
        await erasures.RequestAsync(mine, id, "ann", deletesCalls: false, Actor.Start, Token);
        await new EraseUser(erasures, store, TimeProvider.System, Options.Create(new DeletionOptions())).RunAsync(mine.Value, id, Token);

        Assert.Equal((1, 4), (await CountAsync(store, $"call_samples WHERE tenant_id = '{mine}'"), await CountAsync(store, $"call_samples WHERE tenant_id = '{theirs}'")));
        Assert.Equal(1, await CountAsync(store, $"call_samples WHERE tenant_id = '{mine}' AND trace_id = unhex('{other}')"));
        Assert.Equal(3, (await erasures.FindAsync(mine, id, Token))!.Rows["call_samples"]);
    }

    /// <summary>A column that names users in a further table makes this fail until the erasure knows it.</summary>
    [Fact]
    public async Task Tables_ThatNameUsers_AreThoseThatErasureKnows()
    {
        using var store = await clickHouse.CreateStoreAsync();
        using var connection = store.CreateConnection();
        using var command = connection.CreateCommand(
            "SELECT arrayStringConcat(arraySort(groupUniqArray(table)), ' ') FROM system.columns WHERE database = currentDatabase() AND name IN ('user', 'session') AND NOT startsWith(table, '.')");

        Assert.Equal(string.Join(' ', UserTables.All.Order(StringComparer.Ordinal)), await command.ExecuteScalarAsync(Token));
    }

    private static Task RollUpAsync(ClickHouseStore store, TenantId tenant) => new RebuildCells(
        store, TimeProvider.System, Options.Create(new RollUpOptions { QuietSeconds = 0 }), NullLogger<RebuildCells>.Instance).RunAsync(tenant.Value, Token);

    private static async Task<string> UsersAsync(ClickHouseStore store, TenantId tenant)
    {
        var answer = await new SpendReader(store).AskAsync(new SpendQuestion(ReadScope.Whole(tenant), Month) { GroupBy = [Dimension.User] }, Token);
        return string.Join(' ', answer.Rows.Where(row => row.Figures.Cost != 0).Select(row => string.Create(CultureInfo.InvariantCulture, $"{row.Group[0]}={row.Figures.Cost:0}")).Order(StringComparer.Ordinal));
    }

    private static async Task<long> CountAsync(ClickHouseStore store, string from)
    {
        using var connection = store.CreateConnection();
        using var command = connection.CreateCommand("SELECT count() FROM " + from);
        return Convert.ToInt64(await command.ExecuteScalarAsync(Token), CultureInfo.InvariantCulture);
    }
}
