using FinOps.Domain.Budgets;
using FinOps.Domain.Policies;
using FinOps.Domain.Usage;

namespace FinOps.Domain.Tests.Budgets;

/// <summary>What may be leased of a budget: never more than is there, never less for good, whatever is late.</summary>
public sealed class BudgetLeaseTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 26, 12, 0, 0, TimeSpan.Zero);
    private static readonly LeaseTerms Terms = new(0.01m, 3_600, 60);

    private static Budget Of(decimal amount, params BudgetThreshold[] thresholds) =>
        new(Guid.NewGuid(), "b", amount) { Thresholds = thresholds.Length > 0 ? thresholds : BudgetThreshold.Usual };

    [Fact]
    public void End_OfAnAction_IsItsLowestThresholdOfWhatWasSpent_OrTheWholeAllowance()
    {
        var budget = Of(200, new(50, ThresholdBasis.Forecast, BudgetAction.Downgrade), new(80, Action: BudgetAction.Downgrade), new(90, Action: BudgetAction.Downgrade), new(95));

        Assert.Equal((80m, 100m), (LeaseBooks.Percent(budget, BudgetAction.Downgrade), LeaseBooks.Percent(budget, BudgetAction.Block)));
        Assert.Equal(168, LeaseBooks.Of(budget, BudgetAction.Downgrade, 10, 0, 1, [], 0).End);
        // 200 euros at 0.8 are 250 dollars.
        Assert.Equal((250m, 12.5m), (LeaseBooks.Of(budget, BudgetAction.Block, 0, 10, 0.8m, [], 0).End, LeaseBooks.Of(budget, BudgetAction.Block, 0, 10, 0.8m, [], 0).Spent));
    }

    [Fact]
    public void Free_OfSpendThatBothSidesTell_CountsItOnce()
    {
        Assert.Equal(70, Free(spent: 30, settled: 10, seen: 10, outstanding: 0));
        // Ingest lags: 4 of the 10 are settled and not stored.
        Assert.Equal(66, Free(spent: 30, settled: 10, seen: 6, outstanding: 0));
        // Stored before it was settled, as long as the lease is open: held back twice, never given twice.
        Assert.Equal(60, Free(spent: 30, settled: 0, seen: 10, outstanding: 10));
        // The server's prices are higher: its figure counts.
        Assert.Equal(70, Free(spent: 30, settled: 10, seen: 12, outstanding: 0));
        Assert.Equal(0, Free(spent: 99, settled: 10, seen: 10, outstanding: 5));

        static decimal Free(decimal spent, decimal settled, decimal seen, decimal outstanding) =>
            LeaseBooks.Of(Of(100), BudgetAction.Block, 0, spent, 1, [new LeasedSpend(settled, seen)], outstanding).Free;
    }

    [Fact]
    public void Decision_OfAnyBooks_IsNeverMoreThanAskedOrFree_AndNothingOnlyWhereNothingIsFree()
    {
        for (var seed = 0; seed < 2_000; seed++)
        {
            var random = new Random(seed);
            var books = new LeaseBooks(random.Next(0, 1_000) / 7m, random.Next(0, 700) / 3m, random.Next(0, 50) / 9m, random.Next(0, 50) / 11m);
            var (wanted, seconds, ends) = (random.Next(1, 10_000) / 997m, random.Next(5, 4_000), Now.AddSeconds(random.NextDouble() * 10_000 + 0.001));
            var decision = LeaseDecision.Of(books, wanted, seconds, ends, Now, Terms);
            Assert.True(decision.Usd >= 0 && decision.Usd <= wanted && decision.Usd <= books.Free && decision.LeftUsd == books.Free - decision.Usd, $"seed {seed}");
            Assert.True(decision.Usd <= Math.Max(books.Free / 2, Terms.SmallestUsd), $"seed {seed}: others get something, too");
            Assert.Equal(books.Free == 0, decision.Usd == 0);
            Assert.True(decision.Seconds >= 1 && decision.ExpiresAt <= ends && decision.Seconds <= (decision.Usd > 0 ? seconds : 60), $"seed {seed}");
        }
    }

    [Fact]
    public void Decisions_OneAfterAnother_GiveAllThatIsFreeInSmallerParts()
    {
        var (given, parts) = (0m, new List<decimal>());
        while (LeaseDecision.Of(new LeaseBooks(10, 0, 0, given), 4, 60, Now.AddDays(1), Now, Terms) is { Usd: > 0 } decision)
        {
            parts.Add(decision.Usd);
            given += decision.Usd;
        }

        Assert.Equal(10, given);
        Assert.Equal([4m, 3m, 1.5m, 0.75m], parts.Take(4));
        Assert.True(parts.Count < 20);
        var refused = LeaseDecision.Of(new LeaseBooks(10, 0, 0, 10), 4, 60, Now.AddSeconds(7.2), Now, Terms);
        Assert.Equal((0m, 8, 0m), (refused.Usd, refused.Seconds, refused.LeftUsd));
        Assert.Equal(60, LeaseDecision.Of(new LeaseBooks(0, 0, 0, 0), 4, 5, Now.AddDays(1), Now, Terms).Seconds);
    }

    /// <summary>
    /// Gateways that lease, spend, settle, die and come back; calls that pass none; an ingest that lags by its own will. The bound of docs/adr/0033 at every step, and no money lost at the end.
    /// </summary>
    [Fact]
    public void Spend_OfManyGateways_StaysWithinTheBound_AndNothingIsLostForGood()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var world = new World(random.Next(1, 40));
            for (var step = 0; step < 300; step++)
            {
                var gateway = world.Gateways[random.Next(world.Gateways.Length)];
                switch (random.Next(10))
                {
                    case <= 2: world.Reserve(gateway, random.Next(1, 300) / 100m); break;
                    case <= 5: world.Spend(gateway, random.Next(0, 100) / 100m); break;
                    case 6: world.Settle(gateway); break;
                    case 7: world.Return(gateway); break;
                    case 8: world.Ingest(random); break;
                    default: world.Expire(gateway); break;
                }

                Assert.True(world.Spent <= world.End + world.Bound, $"seed {seed}, step {step}: {world.Spent} of {world.End}, bound {world.Bound}");
            }

            foreach (var gateway in world.Gateways) world.Return(gateway);
            Assert.Equal(Math.Max(0, world.End - world.Spent), world.Books.Free);
            world.IngestAll();
            Assert.Equal(Math.Max(0, world.End - world.Spent), world.Books.Free);
        }
    }

    [Fact]
    public void Match_OfABudgetsScope_IsItsCallsAsAGatewayKnowsThem()
    {
        var budget = Of(1_000) with { Scope = SpendScope.Of(ScopeDimension.Feature, "rag", "chat").And(ScopeDimension.User, "").And(ScopeDimension.Model, "gpt-5").And(ScopeDimension.Provider, "openai") };
        var match = BudgetEnforcement.Match(budget);

        Assert.Equal((4, false), (match.Parts, match.All));
        Assert.Equal(["rag", "chat"], match.Features);
        Assert.Equal([""], match.Users);
        Assert.True(BudgetEnforcement.Match(Of(1)).All);
        Assert.Equal([10m, 0.01m, 100m], [BudgetEnforcement.LeaseUsd(budget), BudgetEnforcement.LeaseUsd(Of(0)), BudgetEnforcement.LeaseUsd(Of(1_000_000))]);
        Assert.Equal(
            [BudgetAction.Downgrade, BudgetAction.Block],
            BudgetEnforcement.Actions(Of(1, new(100, Action: BudgetAction.Block), new(80, Action: BudgetAction.Downgrade), new(90, ThresholdBasis.Forecast, BudgetAction.Throttle), new(50))));
    }

    [Theory]
    [InlineData(ScopeDimension.Project, "projects", null)]
    [InlineData(ScopeDimension.GpuPool, "GPUs", "GPUs")]
    [InlineData(ScopeDimension.VectorDatabase, "vector databases", "vector databases")]
    public void Match_OfWhatNoGatewayKnows_IsRefusedWithTheReason(ScopeDimension dimension, string word, string? lease)
    {
        var budget = Of(1) with { Scope = SpendScope.Of(dimension, "0193a000-0000-7000-8000-000000000001") };

        Assert.Contains(word, BudgetEnforcement.FindProblem(budget), StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => BudgetEnforcement.Match(budget));
        if (lease is null) Assert.Null(BudgetEnforcement.FindLeaseProblem(budget));
        else Assert.Contains(lease, BudgetEnforcement.FindLeaseProblem(budget), StringComparison.Ordinal);
    }

    private sealed class Gateway
    {
        public decimal Granted { get; set; }

        public decimal Spent { get; set; }

        public decimal Settled { get; set; }

        /// <summary>The server has taken the lease back; the gateway, which was away, may not know.</summary>
        public bool IsOver { get; set; }

        /// <summary>The largest lease that it held while the server did not count it.</summary>
        public decimal Overshoot { get; set; }
    }

    private sealed class World(decimal end)
    {
        private decimal _seen;
        private decimal _settled;

        public decimal End => end;

        public Gateway[] Gateways { get; } = [.. Enumerable.Range(0, 5).Select(_ => new Gateway())];

        public decimal Spent { get; private set; }

        /// <summary>One lease of each gateway that was taken back while it went on, and what single calls cost above what was expected of them.</summary>
        public decimal Bound => Gateways.Sum(gateway => gateway.Overshoot);

        public LeaseBooks Books => LeaseBooks.Of(
            new Budget(Guid.Empty, "b", end), BudgetAction.Block, 0, _seen, 1, [new LeasedSpend(_settled, _seen)],
            Gateways.Where(gateway => !gateway.IsOver).Sum(gateway => Math.Max(0, gateway.Granted - gateway.Settled)));

        public void Reserve(Gateway gateway, decimal usd)
        {
            Return(gateway);
            var decision = LeaseDecision.Of(Books, usd, 60, Now.AddDays(1), Now, Terms);
            (gateway.Granted, gateway.Spent, gateway.Settled, gateway.IsOver) = (decision.Usd, 0, 0, false);
        }

        /// <summary>A call that was let through because the lease was not spent; it may cost more than is left of it.</summary>
        public void Spend(Gateway gateway, decimal cost)
        {
            if (gateway.Spent >= gateway.Granted) return;
            gateway.Spent += cost;
            Spent += cost;
            gateway.Overshoot += Math.Max(0, gateway.Spent - gateway.Granted);
            if (gateway.IsOver) gateway.Overshoot += Math.Min(cost, gateway.Granted);
        }

        public void Settle(Gateway gateway)
        {
            _settled += gateway.Spent - gateway.Settled;
            gateway.Settled = gateway.Spent;
        }

        public void Return(Gateway gateway)
        {
            Settle(gateway);
            gateway.Granted = gateway.Spent;
        }

        /// <summary>Its time is over before it settled: what it spent unseen is given to others meanwhile.</summary>
        public void Expire(Gateway gateway)
        {
            if (!gateway.IsOver) gateway.Overshoot += gateway.Spent - gateway.Settled;
            gateway.IsOver = true;
        }

        public void Ingest(Random random) => _seen += decimal.Round((Spent - _seen) * random.Next(0, 100) / 100m, 6, MidpointRounding.ToZero);

        public void IngestAll() => _seen = Spent;
    }
}
