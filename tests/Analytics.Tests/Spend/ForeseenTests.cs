using System.Diagnostics.Metrics;
using FinOps.Analytics.Spend;
using FinOps.Domain.Tenancy;
using static FinOps.Analytics.Tests.Spend.PeriodsTests;

namespace FinOps.Analytics.Tests.Spend;

/// <summary>A reader that asks for rows by what it remembers of the cells answers as one that remembers nothing, whatever happened in between.</summary>
public sealed class ForeseenTests(ClickHouseFixture clickHouse)
{
    private static readonly TimeRange Week = Range("2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Costs_AskedAgainAfterEachKindOfChange_AreThoseOfAReaderThatRemembersNothing()
    {
        using var store = await clickHouse.CreateStoreAsync();
        var (tenant, other) = (SpendReaderTests.NewTenant(), SpendReaderTests.NewTenant());
        using var seen = new Foreseen();
        var reader = new SpendReader(store);
        await StoredCalls.InsertAsync(store, [Call(tenant, 1, "2026-11-17T10:00:00Z", 1m), Call(other, 1, "2026-11-17T10:00:00Z", 100m)]);

        // Nothing is remembered yet, and then it holds: the cell is pending.
        await CheckAsync(1m);
        await CheckAsync(1m);
        Assert.Equal((1, 0), seen.Counts);

        // A pending cell is read raw: what comes into it needs no other plan.
        await StoredCalls.InsertAsync(store, [Call(tenant, 2, "2026-11-17T10:05:00Z", 2m)]);
        await CheckAsync(3m);
        Assert.Equal((2, 0), seen.Counts);

        await StoredCalls.RollUpAsync(store, 1);
        await CheckAsync(3m);
        await CheckAsync(3m);
        Assert.Equal((3, 1), seen.Counts);

        // What was rolled up is pending again, and later in force in another generation; the old one is gone.
        await StoredCalls.InsertAsync(store, [Call(tenant, 3, "2026-11-17T10:10:00Z", 4m)]);
        await CheckAsync(7m);
        await StoredCalls.RollUpAsync(store, 2);
        foreach (var table in DayTable.Names.Append("roll_up_spend"))
            await StoredCalls.RunAsync(store, $"DELETE FROM {table} WHERE tenant_id = '{tenant}' AND generation = 1");
        await CheckAsync(7m);
        await CheckAsync(7m);
        Assert.Equal((4, 3), seen.Counts);

        // Calls that stand for others come: the statement asks for more.
        await StoredCalls.InsertAsync(store, [Call(tenant, 4, "2026-11-18T10:00:00Z", 8m) with { Weight = 10 }]);
        var figures = await CheckAsync(15m);
        Assert.Equal(9, figures.LeftOut.LeftOutCalls, 6);

        // A week later nothing is known of the range; another tenant's is its own.
        var later = new TimeRange(Week.From.AddDays(7), Week.To.AddDays(7));
        Assert.Equal(0m, (await reader.SumAsync(new SpendQuestion(ReadScope.Whole(tenant), later), Token)).Cost);
        Assert.Equal(100m, (await reader.SumAsync(new SpendQuestion(ReadScope.Whole(other), Week), Token)).Cost);
        Assert.Equal((4, 4), seen.Counts);

        async Task<SpendFigures> CheckAsync(decimal cost)
        {
            var question = new SpendQuestion(ReadScope.Whole(tenant), Week);
            var figures = await reader.SumAsync(question, Token);
            Assert.Equal(cost, figures.Cost);
            Assert.Equal(await new SpendReader(store).SumAsync(question, Token), figures);
            return figures;
        }
    }

    [Fact]
    public void Cells_OfARangeThatMovedOn_AreRememberedForAQuarterHour()
    {
        var (tenant, remembered) = (SpendReaderTests.NewTenant(), new RememberedCells());
        var state = CellState.None with { Pending = [1] };
        remembered.Remember(tenant, Week, state);

        Assert.Same(state, remembered.Of(tenant, Moved(TimeSpan.FromMinutes(15))));
        Assert.Null(remembered.Of(tenant, Moved(TimeSpan.FromMinutes(16))));
        Assert.Null(remembered.Of(tenant, Moved(TimeSpan.FromSeconds(-1))));
        Assert.Null(remembered.Of(tenant, Week with { From = Week.From.AddDays(1) }));
        Assert.Null(remembered.Of(SpendReaderTests.NewTenant(), Week));

        static TimeRange Moved(TimeSpan by) => new(Week.From + by, Week.To + by);
    }

    private static StoredCall Call(TenantId tenant, ulong span, string start, decimal cost) =>
        new(tenant, Instant(start)) { Trace = new(span, span), Span = span, Cost = cost, Feature = "chat" };

    /// <summary>How often the rows that were asked for ahead could be used, and how often not, on this test's thread of work.</summary>
    private sealed class Foreseen : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly AsyncLocal<bool> _ours = new() { Value = true };
        private int _held;
        private int _missed;

        public Foreseen()
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == "finops.spend.foreseen") listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
            {
                // Tests beside this one ask, too.
                if (!_ours.Value) return;
                if (tags[0].Value is true) _held++;
                else _missed++;
            });
            _listener.Start();
        }

        public (int Held, int Missed) Counts => (_held, _missed);

        public void Dispose() => _listener.Dispose();
    }
}
