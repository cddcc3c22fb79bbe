using FinOps.Integration.Tests.Wire;
using FinOps.Testing;

namespace FinOps.Integration.Tests.Settling;

/// <summary>The tests that hold the server to a time: they run when the others are over, so that a figure that comes late is the server's fault.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class MachineForItself
{
    public const string Name = "The machine for itself";
}

/// <summary>Ten seconds after the last span of a trace its settled figures are in the API.</summary>
[Collection(MachineForItself.Name)]
public sealed class SettledInTimeTests(Installation installation)
{
    /// <summary>Longer than a round of settling and the sweep after it.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(4);

    [Fact]
    public async Task Costs_OfManyTracesInAnyOrder_AreSettledInTime()
    {
        var forest = TraceForest.Captured() + TraceForest.Invented(40);
        await using var sent = await Sent.NewAsync(installation);
        foreach (var request in forest.Split(new Random(1))) await sent.Sender.AcceptAsync(request);

        await sent.Api.TotalBecomesAsync(forest.Spend, SpendApi.SettledWithin);
    }

    [Fact]
    public async Task Costs_OfATraceWhoseAgentArrivesAfterItWasSettled_AreSettledInTime()
    {
        var (one, two) = (new Tokens(1200, 80, 200), new Tokens(300, 20));
        await using var sent = await Sent.NewAsync(installation);
        var trace = new TraceBuilder();
        var agent = trace.Agent(one + two);
        await sent.Sender.AcceptAsync(trace.Call(one, agent, TraceBuilder.NewResponseId()), trace.Call(two, agent));
        await Task.Delay(Settled);

        await sent.Sender.AcceptAsync(agent);

        await sent.Api.TotalBecomesAsync(Spend.Of(one, two), SpendApi.SettledWithin);
    }
}
