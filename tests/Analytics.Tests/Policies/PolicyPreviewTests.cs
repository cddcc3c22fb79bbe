using FinOps.Analytics.Policies;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Tests.Spend;
using FinOps.Domain.Policies;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;

namespace FinOps.Analytics.Tests.Policies;

/// <summary>What a policy would have touched, on the real engine, with sums of cells at hand and without.</summary>
public sealed class PolicyPreviewTests(ClickHouseFixture clickHouse)
{
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds());

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task Preview_OfKeys_SumsTheirCalls_OfTheOwnTenantAlone(double weight)
    {
        using var store = await clickHouse.CreateStoreAsync();
        var (mine, theirs) = (new TenantId(Guid.NewGuid()), new TenantId(Guid.NewGuid()));
        var call = new StoredCall(mine, Now.AddDays(-1)) { Feature = "faq", GatewayKey = "checkout", Cost = 1, Usage = new UsageVector { InputFresh = 100, OutputText = 10 }, Weight = weight };
        StoredCall[] calls =
        [
            call with { Span = 1 }, call with { Span = 2, Start = Now.AddDays(-3), GatewayKey = "search", Cost = 2 }, call with { Span = 3, Feature = "other", Cost = 4 },
            call with { Span = 4, Status = CallStatus.Failed, Cost = 0, Usage = default },
            call with { Span = 5, GatewayKey = "batch" }, call with { Span = 6, GatewayKey = "" }, call with { Span = 7, GatewayKey = "Checkout" },
            call with { Span = 8, Start = Now.AddDays(-8) }, call with { Span = 9, Role = CallRole.Duplicate },
            call with { Tenant = theirs, Span = 1, Cost = 100 },
        ];
        await StoredCalls.InsertAsync(store, calls);
        await StoredCalls.RollUpAsync(store, 1);
        // Settled after that: a call once, at its new cost.
        await StoredCalls.InsertAsync(store, [call with { Span = 1, Cost = 8, Version = 2 }]);
        var reader = new PolicyPreviewReader(new SpendReader(store), new At(Now));

        var keys = await reader.ReadAsync(mine, new PolicyMatch { Keys = ["checkout", "search"] }, TestContext.Current.CancellationToken);
        Assert.Empty(keys.NotAsked);
        Assert.Equal((14m, 3, 1, 300, 30), (keys.Figures.Cost, keys.Figures.Calls, keys.Figures.FailedCalls, keys.Figures.InputTokens, keys.Figures.OutputTokens));
        Assert.Equal((17m, 6), (keys.All.Cost, keys.All.Calls));
        Assert.Equal(weight > 1, keys.Figures.Estimated is not null);
        if (weight > 1) Assert.Equal((12, 56m), (keys.Figures.Calls + keys.Figures.LeftOut.LeftOutCalls, keys.Figures.Cost + keys.Figures.LeftOut.LeftOutCost));

        var both = await reader.ReadAsync(mine, new PolicyMatch { Features = ["faq"], Keys = ["checkout"], Models = ["GPT-*"], Streaming = true }, TestContext.Current.CancellationToken);
        Assert.Equal(["streaming"], both.NotAsked);
        Assert.Equal((8m, 1, 1), (both.Figures.Cost, both.Figures.Calls, both.Figures.FailedCalls));
        Assert.Equal((100m, 1), await SumAsync(theirs, "checkout"));
        Assert.Equal((0m, 0), await SumAsync(theirs, "search"));

        async Task<(decimal, long)> SumAsync(TenantId tenant, string key)
        {
            var figures = (await reader.ReadAsync(tenant, new PolicyMatch { Keys = [key] }, TestContext.Current.CancellationToken)).Figures;
            return (figures.Cost, figures.Calls);
        }
    }

    private sealed class At(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
