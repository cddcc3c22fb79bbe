using FinOps.Analytics.Quotas;
using FinOps.Analytics.Tests.Spend;
using FinOps.Domain.Quotas;
using FinOps.Domain.Usage;

namespace FinOps.Analytics.Tests.Quotas;

/// <summary>The values of tags in the roll-ups of the real ClickHouse.</summary>
public sealed class KnownValuesTests(ClickHouseFixture clickHouse)
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Ask_AfterARollUp_TellsTheTenantsOwnValuesOfTheLastDays()
    {
        using var store = await clickHouse.CreateStoreAsync();
        var (mine, theirs) = (SpendReaderTests.NewTenant(), SpendReaderTests.NewTenant());
        await StoredCalls.InsertAsync(store, [
            Call(1, mine, Now.AddHours(-1), "today"), Call(2, mine, Now.AddDays(-9), "last week"), Call(3, mine, Now.AddDays(-9), "last week"),
            Call(4, mine, Now.AddDays(-60), "long ago"), Call(5, mine, Now.AddHours(-1), ""), Call(6, theirs, Now.AddHours(-1), "theirs")]);
        await StoredCalls.RollUpAsync(store, 1);

        foreach (var tag in TagRollUps.Limited.Where(tag => tag is Tag.Feature or Tag.User))
        {
            var values = await store.QueryAsync(new KnownValues(mine, tag, Now.AddDays(-30), Now, 100), Token);
            Assert.Equal(["last week", "today"], values.Order(StringComparer.Ordinal));
        }

        var counts = (await store.QueryAsync(new DistinctValues(mine, Now.AddDays(-30), Now), Token)).ToDictionary(one => one.Quota, one => one.Values);
        Assert.Equal(TagRollUps.Limited.Select(tag => QuotaTable.OfTag(tag)!.Value).Order(), counts.Keys.Order());
        Assert.Equal((2, 2, 0), (counts[Quota.DistinctFeatures], counts[Quota.DistinctUsers], counts[Quota.DistinctEnvironments]));
    }

    private static StoredCall Call(ulong id, Domain.Tenancy.TenantId tenant, DateTimeOffset at, string name) =>
        new(tenant, at) { Trace = new TraceId(7, id), Feature = name, User = name, Cost = 1 };
}
