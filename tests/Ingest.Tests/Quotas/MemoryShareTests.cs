using FinOps.Ingest.Otlp;
using FinOps.Ingest.Otlp.Bodies;
using Microsoft.Extensions.Options;

namespace FinOps.Ingest.Tests.Quotas;

public sealed class MemoryShareTests
{
    private readonly MemoryBudget _budget = new(Options.Create(new OtlpOptions { MaxConcurrentRequests = 1000, MaxBufferedBytes = 100_000 }));

    [Fact]
    public void TryEnter_TenantsThatTakeAllTheyGet_AlwaysLeaveRoomForTheNext()
    {
        List<int> held = [];
        for (var tenant = 0; tenant < 4; tenant++) held.Add(Requests(new MemoryShare(_budget)));

        Assert.InRange(held[0], 745, 750);
        Assert.All(held, requests => Assert.True(requests > 0));
        Assert.True(_budget.FreeRequests > 0);
    }

    [Fact]
    public void TryTake_TenantsThatTakeAllTheyGet_AlwaysLeaveRoomForTheNext()
    {
        List<int> held = [];
        for (var tenant = 0; tenant < 4; tenant++) held.Add(Pieces(new MemoryShare(_budget), 100));

        Assert.InRange(held[0], 745, 751);
        Assert.All(held, pieces => Assert.True(pieces > 0));
        Assert.True(_budget.FreeBytes > 0);
    }

    [Fact]
    public void Return_OfEverything_LeavesNothingHeld()
    {
        var share = new MemoryShare(_budget);
        var pieces = Pieces(share, 100);

        for (var i = 0; i < pieces; i++) share.Return(100);

        Assert.Equal(0, _budget.Bytes);
        Assert.Equal(pieces, Pieces(share, 100));
    }

    private int Requests(MemoryShare share)
    {
        for (var count = 0; ; count++)
        {
            if (!_budget.TryEnter()) return count;
            if (share.TryEnter()) continue;
            _budget.Leave();
            return count;
        }
    }

    private static int Pieces(MemoryShare share, int bytes)
    {
        var count = 0;
        while (share.TryTake(bytes)) count++;
        return count;
    }
}
