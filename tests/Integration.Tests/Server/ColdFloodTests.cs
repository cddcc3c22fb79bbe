using System.Net;
using FinOps.Integration.Tests.Wire;
using FinOps.Testing;

namespace FinOps.Integration.Tests.Server;

/// <summary>A server that says it is ready is: the first requests may come all at once.</summary>
public sealed class ColdFloodTests(Installation installation)
{
    private const int Requests = 256;
    private static readonly Tokens Usage = new(100, 10);

    [Fact]
    public async Task Ready_ThenAllRequestsAtOnce_AreAcknowledged()
    {
        await using var server = await installation.NewServerAsync();
        await server.Process.StartReadyAsync();
        await using var sent = await Sent.NewAsync(server);

        var answers = await Task.WhenAll(Enumerable.Range(0, Requests).Select(_ => sent.Sender.HttpAsync(SpanInPlace.Together([new TraceBuilder().Call(Usage)]))));

        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.Http));
        await sent.Api.TotalBecomesAsync(Spend.Of([.. Enumerable.Repeat(Usage, Requests)]), TimeSpan.FromSeconds(30));
    }
}
