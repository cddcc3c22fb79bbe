using System.Diagnostics;
using FinOps.Domain.Usage;

namespace FinOps.Analytics.Tests.Settlement;

public sealed class SettleTracesTests(ClickHouseFixture engine)
{
    private static readonly TraceId First = new(9, 1);
    private static readonly TraceId Second = new(9, 2);

    [Fact]
    public async Task AParentThatComesLater_GivesItsTags_AndADuplicateIsNotBilled()
    {
        using var arrivals = new Arrivals(await engine.CreateStoreAsync());
        await arrivals.SendAsync(arrivals.Call(1, 3, 2, id: "x"));
        await arrivals.SettleAsync();
        Assert.Equal("", (await arrivals.ReadAsync(First))[0].Origin);

        await arrivals.SendAsync(arrivals.Call(1, 2, 1, id: "x"), arrivals.Link(1, 1));
        await arrivals.SettleAsync();
        var rows = await arrivals.ReadAsync(First);
        Assert.Equal([CallRole.Duplicate, CallRole.Call], rows.Select(row => row.Role));
        Assert.Equal(new SpanId(3), rows[0].CallSpanId);
        Assert.Equal(("checkout", "POST /checkout"), (rows[1].Tags[Tag.Feature], rows[1].Tags[Tag.Endpoint]));
        Assert.Equal((0.00000000011m, "x", 1L), (rows[1].Cost, rows[1].ResponseId, rows[1].PriceId));
    }

    [Fact]
    public async Task ARootReportThatComesLater_IsSettledWithItsTrace()
    {
        using var arrivals = new Arrivals(await engine.CreateStoreAsync());
        await arrivals.SendAsync(arrivals.Call(1, 3, 2), arrivals.Call(1, 4, 2, 200, 20));
        await arrivals.SettleAsync();
        var agent = arrivals.Call(1, 2, 0, 300, 30);
        (agent.Operation, agent.WrapsCalls) = ("invoke_agent", true);
        await arrivals.SendAsync(agent);
        await arrivals.SettleAsync();
        Assert.Equal([CallRole.Aggregate, CallRole.Call, CallRole.Call], (await arrivals.ReadAsync(First)).Select(row => row.Role));
    }

    [Fact]
    public async Task TheGatewaysReportInAnotherTrace_SuppliesTheVector_AndBothStayJoined()
    {
        using var arrivals = new Arrivals(await engine.CreateStoreAsync());
        await arrivals.SendAsync(arrivals.Call(1, 1, id: "x"));
        await arrivals.SettleAsync();
        var gateway = arrivals.Call(2, 2, 0, 105, 10, "x");
        gateway.Source = ReportSource.Gateway;
        await arrivals.SendAsync(gateway);
        await arrivals.SettleAsync();
        Assert.Equal([CallRole.Duplicate, CallRole.Call], (await arrivals.ReadAsync(First, Second)).Select(row => row.Role));

        // Something of the first trace alone arrives: the second one still takes part.
        await arrivals.SendAsync(arrivals.Link(1, 9));
        await arrivals.SettleAsync();
        Assert.Equal([CallRole.Duplicate, CallRole.Call], (await arrivals.ReadAsync(First, Second)).Select(row => row.Role));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task PoliciesThatTheGatewayTold_StayOnTheCall_InEitherOrder(bool gatewayFirst)
    {
        using var arrivals = new Arrivals(await engine.CreateStoreAsync());
        var (sdk, gateway) = (arrivals.Call(1, 1, id: "x"), arrivals.Call(2, 2, 0, 105, 10, "x"));
        (gateway.Source, gateway.Policies) = (ReportSource.Gateway, "cap@3:treatment:limited,keep@1:control:none");
        await arrivals.SendAsync(gatewayFirst ? gateway : sdk);
        await arrivals.SettleAsync();
        await arrivals.SendAsync(gatewayFirst ? sdk : gateway);
        await arrivals.SettleAsync();

        Assert.Equal(
            [(CallRole.Duplicate, ""), (CallRole.Call, "cap@3:treatment:limited,keep@1:control:none")], (await arrivals.ReadAsync(First, Second)).Select(row => (row.Role, row.Policies)));
    }

    [Fact]
    public async Task TwoTenantsWithEqualIds_StayApart()
    {
        var store = await engine.CreateStoreAsync();
        using var arrivals = new Arrivals(store);
        using var others = new Arrivals(store);
        await arrivals.SendAsync(arrivals.Call(1, 2, 1, id: "x"));
        await others.SendAsync(others.Call(1, 2, 1, id: "x"), others.Call(2, 3, 0, id: "x"), others.Link(1, 1));
        await arrivals.SettleAsync();
        var own = Assert.Single(await arrivals.ReadAsync(First, Second));
        Assert.Equal((CallRole.Call, ""), (own.Role, own.Tags[Tag.Feature]));
        Assert.Equal(1, (await others.ReadAsync(First, Second)).Count(row => row.Role == CallRole.Call));
    }

    [Fact]
    public async Task AStragglerOfALongTrace_DoesNotForgetTheParentThatBeganHoursBefore()
    {
        using var arrivals = new Arrivals(await engine.CreateStoreAsync());
        var agent = arrivals.Call(1, 1, 0, 300, 30);
        (agent.Operation, agent.WrapsCalls, agent.StartUnixMicros) = ("invoke_agent", true, Arrivals.Noon - (240 * Arrivals.Minute));
        agent.DurationMicros = (ulong)(245 * Arrivals.Minute);
        var early = arrivals.Call(1, 2, 1);
        early.StartUnixMicros = Arrivals.Noon - (230 * Arrivals.Minute);
        await arrivals.SendAsync(early, arrivals.Call(1, 3, 1, 200, 20), agent);
        await arrivals.SettleAsync();
        await arrivals.SendAsync(arrivals.Call(1, 4, 1, 50, 5));
        await arrivals.SettleAsync();
        Assert.Equal([CallRole.Aggregate, CallRole.Call, CallRole.Call, CallRole.Call], (await arrivals.ReadAsync(First)).Select(row => row.Role));
    }

    [Fact]
    public async Task ASpanSentAgain_ChangesNothing_AndNeitherDoesARestart()
    {
        using var arrivals = new Arrivals(await engine.CreateStoreAsync());
        object[] spans = [arrivals.Call(1, 2, 1), arrivals.Link(1, 1)];
        await arrivals.SendAsync(spans);
        await arrivals.SettleAsync();
        var settled = (await arrivals.ReadAsync(First))[0];
        Assert.Equal("checkout", settled.Tags[Tag.Feature]);

        await arrivals.SendAsync(spans);
        using var next = arrivals.CreateSettler();
        await arrivals.SettleAsync(next);
        var again = Assert.Single(await arrivals.ReadAsync(First));
        Assert.Equal((settled.Version, 1L), (again.Version, arrivals.State.RowsChanged));
    }

    [Fact]
    public async Task TwoSettlersAtOnce_WhileSpansArrive_GiveTheFiguresOfOne()
    {
        const int Traces = 120;
        using var alone = new Arrivals(await engine.CreateStoreAsync());
        using var arrivals = new Arrivals(await engine.CreateStoreAsync());
        using var first = arrivals.CreateSettler();
        using var second = arrivals.CreateSettler();
        TraceId[] traces = [.. Enumerable.Range(1, Traces).Select(trace => new TraceId(9, (ulong)trace))];
        // Children first, then what wraps them, then the roots with their tags.
        for (var wave = 0; wave < 3; wave++)
        {
            foreach (var one in new[] { alone, arrivals })
            {
                await one.SendAsync([.. Enumerable.Range(1, Traces).Select(i => (ulong)i).Select(trace => wave switch
                {
                    0 => (object)one.Call(trace, 3, 2, (uint)trace, 10, $"id-{trace}"),
                    1 => one.Call(trace, 2, 1, (uint)trace, 10, $"id-{trace}"),
                    _ => one.Link(trace, 1),
                })]);
            }

            await alone.SettleAsync();
            await Task.WhenAll(arrivals.SettleAsync(first), arrivals.SettleAsync(second));
        }

        Assert.Equal(Settled(await alone.ReadAsync(traces)), Settled(await arrivals.ReadAsync(traces)));
        Assert.Equal(Traces, (await arrivals.ReadAsync(traces)).Count(row => row.Role == CallRole.Call && row.Tags[Tag.Feature] == "checkout"));

        static List<(TraceId, SpanId, CallRole, SpanId, string?, decimal)> Settled(List<CallReport> rows) =>
            [.. rows.Select(row => (row.TraceId, row.SpanId, row.Role, row.CallSpanId, row.Tags[Tag.Feature], row.Cost)).OrderBy(row => row.TraceId.Low).ThenBy(row => row.SpanId.Value)];
    }

    [Fact]
    public async Task MoreArrivalsThanOneRoundTakes_AreAllSettledInTime()
    {
        using var arrivals = new Arrivals(await engine.CreateStoreAsync());
        for (var block = 0; block < 3; block++)
        {
            var first = block * 15_000;
            await arrivals.SendAsync([.. Enumerable.Range(1, 15_000).SelectMany(i => new object[]
            {
                arrivals.Call((ulong)(first + i), 2, 1, id: $"resp_{first + i}"), arrivals.Link((ulong)(first + i), 1),
            })]);
        }

        var watch = Stopwatch.StartNew();
        await arrivals.SettleAsync();
        TestContext.Current.SendDiagnosticMessage($"45,000 traces settled in {watch.Elapsed}");
        Assert.Equal(45_000, arrivals.State.RowsChanged);
        // 2,000 spans a second must not leave settling behind.
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(120), $"took {watch.Elapsed}");
    }

    [Fact]
    public async Task ARowThatIsSettled_KeepsEveryPartOfItsUsage()
    {
        using var arrivals = new Arrivals(await engine.CreateStoreAsync());
        var call = arrivals.Call(1, 2, 1);
        call.Variant = "high/1024x1024";
        call.Usage = new UsageVector { InputFresh = 1, CacheRead = 2, GpuMilliseconds = 3 };
        for (var part = 0; part < OtherUsage.Names.Count; part++) OtherUsage.Set(ref call.Usage, OtherUsage.Names[part], (uint)(part + 4));
        await arrivals.SendAsync(call, arrivals.Link(1, 1));
        await arrivals.SettleAsync();

        var row = Assert.Single(await arrivals.ReadAsync(First));
        Assert.True(row.Version > 0, "nothing was settled");
        Assert.Equal((call.Usage, "high/1024x1024"), (row.Usage, row.Variant));
        Assert.Equal(11UL, row.Usage.CacheReadTotal);
    }
}
