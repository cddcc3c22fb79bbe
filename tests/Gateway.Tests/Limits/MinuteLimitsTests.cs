using FinOps.Domain.Budgets;
using FinOps.Domain.Policies;
using FinOps.Domain.Usage;
using FinOps.Gateway.Limits;
using FinOps.Gateway.Policies;
using FinOps.Gateway.Reporting;
using FinOps.Gateway.Tests.Leases;

namespace FinOps.Gateway.Tests.Limits;

public sealed class MinuteLimitsTests
{
    private readonly GatewayCounters _counters = new();

    private static Policy Budget(string id, long requests, string feature = "") => new()
    {
        Id = id,
        Name = id,
        Match = feature.Length == 0 ? new PolicyMatch { All = true } : new PolicyMatch { Features = [feature] },
        Body = new BudgetLimit { Action = BudgetAction.Block, RequestsPerMinute = requests },
    };

    private static bool Admits(MinuteLimits limits, PolicySnapshot policies, string feature = "")
    {
        var facts = new RequestFacts { Operation = RequestOperation.Chat };
        facts.Tags.Set(Tag.Feature, feature, TagLevel.Span);
        policies.Resolve(in facts, out var applied);
        return limits.Admit(in applied, RequestOperation.Chat, new PolicyTrace()).Refuses is null;
    }

    private static PolicySnapshot Policies(params IEnumerable<Policy> policies) => PolicySnapshot.Create(new PolicyBundle { Policies = [.. policies] });

    [Fact]
    public void Requests_OfCallersAtOneMoment_AreAdmittedToTheLastOne_AndNoFurther()
    {
        const int callers = 4, turns = 1_000;
        var limits = new MinuteLimits(_counters, new HesitantClock());
        PolicySnapshot[] each = [.. Enumerable.Range(0, turns).Select(turn => Policies(Budget($"b{turn}", 3)))];
        var admitted = new int[turns];
        using var together = new Barrier(callers);
        Thread[] threads = [.. Enumerable.Range(0, callers).Select(_ => new Thread(() =>
        {
            for (var turn = 0; turn < turns; turn++)
            {
                together.SignalAndWait();
                if (Admits(limits, each[turn])) Interlocked.Increment(ref admitted[turn]);
            }
        }))];
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();

        Assert.All(admitted, count => Assert.Equal(3, count));
    }

    [Fact]
    public void RequestThatOneBudgetRefuses_CountsInNone()
    {
        var limits = new MinuteLimits(_counters, new TestClock());
        var policies = Policies(Budget("all", 3), Budget("few", 1, "few"));

        Assert.Equal([true, false, false, false], Enumerable.Range(0, 4).Select(_ => Admits(limits, policies, "few")));
        Assert.Equal([true, true, false], Enumerable.Range(0, 3).Select(_ => Admits(limits, policies)));
    }

    [Fact]
    public void Minute_ThatHasPassed_AdmitsAgain()
    {
        var clock = new TestClock();
        var limits = new MinuteLimits(_counters, clock);
        var policies = Policies(Budget("one", 1));

        Assert.Equal([true, false], Enumerable.Range(0, 2).Select(_ => Admits(limits, policies)));
        clock.Pass(60);
        Assert.True(Admits(limits, policies));
    }

    [Fact]
    public async Task BudgetsThatAreLeftOut_AreCounted()
    {
        var limits = new MinuteLimits(_counters, new TestClock());
        var policies = Policies(Enumerable.Range(0, AppliedPolicies.MaxBudgets + 2).Select(number => Budget($"b{number:00}", 10)));
        for (var i = 0; i < 3; i++) Assert.True(Admits(limits, policies));

        using var metrics = new MemoryStream();
        await _counters.WriteAsync(metrics, 0, default, default, TestContext.Current.CancellationToken);
        Assert.Contains("finops_gateway_budgets_left_out_total 6", System.Text.Encoding.UTF8.GetString(metrics.ToArray()), StringComparison.Ordinal);
    }

    /// <summary>Lets another thread go first wherever the time is asked.</summary>
    private sealed class HesitantClock : TimeProvider
    {
        public override long GetTimestamp()
        {
            Thread.Yield();
            return 0;
        }
    }
}
