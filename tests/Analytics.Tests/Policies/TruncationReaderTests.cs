using FinOps.Analytics.Policies;
using FinOps.Analytics.Tests.Spend;
using FinOps.Domain.Policies;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Tests.Policies;

/// <summary>Answers that ended by length, on the real engine: by arm of the one policy, of its own tenant, once for each call.</summary>
public sealed class TruncationReaderTests(ClickHouseFixture clickHouse) : IClassFixture<ClickHouseFixture>
{
    [Fact]
    public async Task Answers_OfOnePolicy_AreCountedByArm_OfTheOwnTenantAlone()
    {
        using var store = await clickHouse.CreateStoreAsync();
        var (mine, theirs) = (new TenantId(Guid.NewGuid()), new TenantId(Guid.NewGuid()));
        await InsertAsync(mine, 0, 40, "cap@2:treatment:limited,keep@1:treatment:miss", "length");
        await InsertAsync(mine, 100, 60, "keep@1:outside:none,cap@3:treatment:unchanged", "stop");
        await InsertAsync(mine, 200, 10, "cap@3:control:none", "MAX_TOKENS");
        await InsertAsync(mine, 300, 20, "cap@3:control:none", "end_turn");
        await InsertAsync(mine, 400, 7, "cap@3:outside:none", "length");
        await InsertAsync(mine, 500, 5, "cap-2@3:treatment:limited,a.cap@1:treatment:limited", "length");
        await InsertAsync(mine, 600, 3, "cap@3:dry_run:limited", "max_output_tokens");
        await InsertAsync(mine, 700, 9, "cap@3:treatment:limited", "length", flags: 512); // from a cache
        await InsertAsync(mine, 800, 8, "cap@3:treatment:limited", "length", days: 8);
        await InsertAsync(theirs, 0, 1_000, "cap@2:treatment:limited", "length");
        // The same span again, settled: one call.
        await InsertAsync(mine, 0, 40, "cap@2:treatment:limited,keep@1:treatment:miss", "length", version: 2);

        var found = await new TruncationReader(store, TimeProvider.System).ReadAsync(mine, "cap", TestContext.Current.CancellationToken);

        Assert.Equal(new Truncation(new ArmTruncation(100, 40), new ArmTruncation(30, 10), new ArmTruncation(3, 3)), found);

        Task InsertAsync(TenantId tenant, int first, int count, string policies, string reason, int flags = 0, int days = 1, int version = 1) => StoredCalls.RunAsync(store, FormattableString.Invariant($"""
            INSERT INTO calls (tenant_id, trace_id, span_id, start_time, status, finish_reason, policies, flags, role, version)
            SELECT '{tenant}', toFixedString('t', 16), {first} + number, toStartOfDay(now('UTC')) - toIntervalDay({days}), 'answered', '{reason}', '{policies}', {flags}, 'call', {version} FROM numbers({count})
            """));
    }
}
