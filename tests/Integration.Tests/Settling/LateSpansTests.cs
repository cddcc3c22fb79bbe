using FinOps.Integration.Tests.Wire;
using FinOps.Testing;

namespace FinOps.Integration.Tests.Settling;

/// <summary>What arrives after its trace was settled still counts, once.</summary>
public sealed class LateSpansTests(Installation installation)
{
    private static readonly Tokens One = new(1200, 80, 200);
    private static readonly Tokens Two = new(300, 20);

    /// <summary>Longer than a round of settling and the sweep after it.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(4);

    [Fact]
    public async Task Call_WhoseParentArrivesLate_TakesItsTagsAndEndpoint()
    {
        await using var sent = await Sent.NewAsync(installation);
        var trace = new TraceBuilder();
        var route = trace.Route("/checkout", ("feature", "checkout"), ("user.id", "u-1"), ("session.id", "s-1"));
        var step = trace.Step(route, ("team", "payments"));
        await sent.Sender.AcceptAsync(trace.Call(One, step, TraceBuilder.NewResponseId()));
        await sent.Api.TotalBecomesAsync(Spend.Of(One));
        Assert.Equal("", (await sent.Api.OnlyCallAsync()).Feature);
        await Task.Delay(Settled);

        await sent.Sender.AcceptAsync(route);
        await sent.Sender.AcceptAsync(step);

        await SpendApi.BecomesAsync(async () => Tags(await sent.Api.OnlyCallAsync()), ("checkout", "u-1", "payments", "s-1", "/checkout"));
        await sent.Api.TotalBecomesAsync(Spend.Of(One));
        await SpendApi.BecomesAsync(async () => (await sent.Api.RowsAsync("feature")).Single().Key, "checkout");
    }

    [Fact]
    public async Task Call_WhoseWrapperArrivesLate_IsStillOne()
    {
        await using var sent = await Sent.NewAsync(installation);
        var trace = new TraceBuilder();
        var wrapper = trace.Call(One, scope: "wrapper", more: ("feature", "search"));
        await sent.Sender.AcceptAsync(trace.Call(One, wrapper, TraceBuilder.NewResponseId()));
        await sent.Api.TotalBecomesAsync(Spend.Of(One));
        await Task.Delay(Settled);

        await sent.Sender.AcceptAsync(wrapper);

        await SpendApi.BecomesAsync(async () => (await sent.Api.CallsAsync()).Select(call => call.Feature).Order().Aggregate((a, b) => a + "," + b), "search");
        await sent.Api.TotalBecomesAsync(Spend.Of(One));
    }

    [Fact]
    public async Task Call_SeenByAGatewayInAnotherTrace_IsOneByItsResponseId()
    {
        await using var sent = await Sent.NewAsync(installation);
        var id = TraceBuilder.NewResponseId();
        var trace = new TraceBuilder();
        await sent.Sender.AcceptAsync(trace.Call(Two, null, id, more: ("feature", "answers")));
        await sent.Api.TotalBecomesAsync(Spend.Of(Two));
        await Task.Delay(Settled);

        await sent.Sender.AcceptAsync(new TraceBuilder("gateway").Call(Two, null, id, "finops.gateway"));

        await SpendApi.BecomesAsync(async () => (await sent.Api.CallsAsync()).Count, 1);
        await Task.Delay(Settled);
        await sent.Api.TotalBecomesAsync(Spend.Of(Two));
        Assert.Equal("answers", (await sent.Api.OnlyCallAsync()).Feature);
    }

    [Fact]
    public async Task Agent_ThatSumsItsCallsAndArrivesLast_IsNotBilled()
    {
        await using var sent = await Sent.NewAsync(installation);
        var trace = new TraceBuilder();
        var agent = trace.Agent(One + Two);
        await sent.Sender.AcceptAsync(trace.Call(One, agent, TraceBuilder.NewResponseId()), trace.Call(Two, agent));
        await sent.Api.TotalBecomesAsync(Spend.Of(One, Two));
        await Task.Delay(Settled);

        await sent.Sender.AcceptAsync(agent);

        await Task.Delay(Settled);
        await sent.Api.TotalBecomesAsync(Spend.Of(One, Two));
        Assert.Equal(2, (await sent.Api.CallsAsync()).Count);
    }

    [Fact]
    public async Task Agent_ThatArrivesFirst_IsSeenAndThenNotBilled()
    {
        await using var sent = await Sent.NewAsync(installation);
        var trace = new TraceBuilder();
        var agent = trace.Agent(One + Two);
        await sent.Sender.AcceptAsync(agent);
        await Task.Delay(Settled);

        await sent.Sender.AcceptAsync(trace.Call(One, agent));
        await sent.Sender.AcceptAsync(trace.Call(Two, agent));

        await sent.Api.TotalBecomesAsync(Spend.Of(One, Two));
    }

    [Fact]
    public async Task Calls_WithEqualUsageSideBySide_AreTwo()
    {
        await using var sent = await Sent.NewAsync(installation);
        var trace = new TraceBuilder();
        var step = trace.Step(null);

        await sent.Sender.AcceptAsync(step, trace.Call(One, step), trace.Call(One, step, TraceBuilder.NewResponseId()));

        await sent.Api.TotalBecomesAsync(Spend.Of(One, One));
        await Task.Delay(Settled);
        await sent.Api.TotalBecomesAsync(Spend.Of(One, One));
    }

    private static (string, string, string, string, string) Tags(ListedCall call) => (call.Feature, call.User, call.Team, call.Session, call.Endpoint);
}
