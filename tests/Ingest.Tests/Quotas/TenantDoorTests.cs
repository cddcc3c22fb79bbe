using FinOps.Domain.Quotas;
using FinOps.Domain.Tenancy;
using FinOps.Ingest.Health;
using FinOps.Ingest.Otlp;
using FinOps.Ingest.Otlp.Bodies;
using FinOps.Ingest.Quotas;
using Microsoft.Extensions.Options;

namespace FinOps.Ingest.Tests.Quotas;

public sealed class TenantDoorTests : IQuotaSource
{
    private readonly Dictionary<Quota, long> _limits = [];
    private readonly TenantDoor _door;

    public TenantDoorTests() => _door = new TenantDoor(
        new TenantId(Guid.NewGuid()), this, new MemoryBudget(Options.Create(new OtlpOptions())), new DoorOptions { BurstSeconds = 2, StorageRefreshSeconds = 30 }, TimeProvider.System);

    [Fact]
    public void TryEnter_MoreStoredThanMayBe_IsRefusedUntilTheNextLook()
    {
        _limits[Quota.StorageBytes] = 1000;
        _door.StoredBytes = 1000;
        Assert.Null(_door.TryEnter());

        _door.StoredBytes = 1001;

        Assert.Equal(new DoorRefusal(IngestReason.OverStorage, 30), _door.TryEnter());
    }

    [Fact]
    public void TryEnter_AfterMoreThanTheBurst_TellsWhenTheDebtIsEarnedBack()
    {
        _limits[Quota.IngestItemsPerSecond] = 100;
        Assert.Null(_door.TryEnter());

        _door.Charge(bytes: 1, items: 1200);

        var refusal = Assert.NotNull(_door.TryEnter());
        Assert.Equal(IngestReason.OverItemsRate, refusal.Reason);
        Assert.InRange(refusal.RetryAfterSeconds, 9, 11);
    }

    [Fact]
    public void TryEnter_WithoutLimits_IsLetIn()
    {
        _door.StoredBytes = long.MaxValue;
        _door.Charge(long.MaxValue, int.MaxValue);

        Assert.Null(_door.TryEnter());
    }

    public TenantLimits Current(TenantId tenant) => TenantLimits.None.With(_limits);
}
