using FinOps.Domain.Quotas;
using FinOps.Domain.Tenancy;

namespace FinOps.Domain.Tests.Quotas;

public sealed class FairQueueTests
{
    private static readonly TenantId Flood = new(Guid.NewGuid());
    private static readonly TenantId Neighbour = new(Guid.NewGuid());

    private readonly FairQueue<string> _queue = new();

    [Fact]
    public void TryDequeue_BehindAFlood_ServesTheNeighbourSecond()
    {
        for (var i = 0; i < 1000; i++) _queue.Enqueue(Flood, $"flood {i}");
        _queue.Enqueue(Neighbour, "neighbour");

        Assert.Equal(["flood 0", "neighbour", "flood 1"], Take(3));
        Assert.Equal(998, _queue.Count);
    }

    /// <summary>With n tenants that all flood, each gets every n-th turn.</summary>
    [Fact]
    public void TryDequeue_ManyFloods_GoesRound()
    {
        var tenants = Enumerable.Range(0, 7).Select(_ => new TenantId(Guid.NewGuid())).ToList();
        for (var i = 0; i < 50; i++)
            foreach (var tenant in tenants.Take(1 + (i % 7))) _queue.Enqueue(tenant, tenant.ToString());

        var served = Take(7 * 7);

        foreach (var round in served.Chunk(7)) Assert.Equal(7, round.Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void TryDequeue_TenantThatMayNot_IsPassedBy()
    {
        _queue.Enqueue(Flood, "flood");
        _queue.Enqueue(Neighbour, "neighbour");

        Assert.True(_queue.TryDequeue(tenant => tenant != Flood, out var tenant, out var item));
        Assert.Equal((Neighbour, "neighbour"), (tenant, item));
        Assert.False(_queue.TryDequeue(tenant => tenant != Flood, out _, out _));
        Assert.Equal(1, _queue.WaitingOf(Flood));
    }

    [Fact]
    public void Remove_OfWhoGaveUp_LeavesTheOthersTheirTurns()
    {
        _queue.Enqueue(Flood, "first");
        var place = _queue.Enqueue(Flood, "second");
        _queue.Enqueue(Flood, "third");

        Assert.True(_queue.Remove(Flood, place));
        Assert.False(_queue.Remove(Flood, place));
        Assert.Equal(["first", "third"], Take(5));
        Assert.Equal(0, _queue.Count);
    }

    private List<string> Take(int most)
    {
        List<string> taken = [];
        while (taken.Count < most && _queue.TryDequeue(_ => true, out _, out var item)) taken.Add(item!);
        return taken;
    }
}
