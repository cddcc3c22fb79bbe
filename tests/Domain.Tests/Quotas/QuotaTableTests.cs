using FinOps.Domain.Quotas;
using FinOps.Domain.Usage;

namespace FinOps.Domain.Tests.Quotas;

public sealed class QuotaTableTests
{
    [Fact]
    public void All_HasEveryQuotaInItsPlace() => Assert.Equal(Enum.GetValues<Quota>(), QuotaTable.All.Select(text => text.Quota));

    [Fact]
    public void OfTag_EveryTagButTheSession_HasOne() =>
        Assert.Equal([Tag.Session], Enum.GetValues<Tag>().Where(tag => QuotaTable.OfTag(tag) is null));

    [Fact]
    public void With_WhatIsSet_KeepsTheDefaultsOfTheRest()
    {
        var defaults = new TenantLimits(quota => 10 + (long)quota);

        var limits = defaults.With(new Dictionary<Quota, long> { [Quota.StorageBytes] = 0 });

        Assert.Equal((long.MaxValue, 10L), (limits.Most(Quota.StorageBytes), limits[Quota.IngestItemsPerSecond]));
    }
}
