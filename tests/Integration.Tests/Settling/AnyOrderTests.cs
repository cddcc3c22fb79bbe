using System.Net;
using FinOps.Integration.Tests.Wire;
using FinOps.Testing;

namespace FinOps.Integration.Tests.Settling;

/// <summary>Whatever way the spans of a trace take to the server, the figures are the same.</summary>
public sealed class AnyOrderTests(Installation installation)
{
    /// <summary>More than the time between two rounds of settling: what came before is settled when the rest arrives.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2500);

    [Fact]
    public async Task Costs_OfSpansShuffledSplitDelayedAndRepeated_AreTheSameEveryTime()
    {
        var forest = TraceForest.Captured() + TraceForest.Invented(40);
        var reference = await RunAsync(forest, null);

        var rounds = await Task.WhenAll(Enumerable.Range(0, 6).Select(seed => RunAsync(forest, new Random(seed))));

        foreach (var (seed, round) in rounds.Index())
        {
            Assert.True(reference.SequenceEqual(round), $"Seed {seed}:\n{string.Join('\n', reference.Except(round))}\nbecame\n{string.Join('\n', round.Except(reference))}");
        }
    }

    /// <summary>Without a random source: everything at once and in order, parents and all.</summary>
    private async Task<SortedDictionary<string, Spend>> RunAsync(TraceForest forest, Random? random)
    {
        var tenant = await installation.NewTenantAsync();
        using var sender = new OtlpSender(installation.Server.Process, tenant.IngestKey);
        var requests = random is null ? [[.. forest.Spans]] : forest.Split(random);
        var pauses = random is null ? [] : Enumerable.Range(0, 3).Select(_ => random.Next(requests.Count)).ToHashSet();
        for (var i = 0; i < requests.Count; i++)
        {
            var answer = await sender.SendAsync(SpanInPlace.Together(requests[i]), grpc: random is not null && random.Next(2) == 0);
            Assert.True(answer.IsAcknowledged);
            if (pauses.Contains(i)) await Task.Delay(Pause);
        }

        using var api = new SpendApi(installation.Server.Process, tenant.ApiKey);
        await api.TotalBecomesAsync(forest.Spend);

        // And it stays so: nothing that is still under way undoes it.
        await Task.Delay(Pause);
        await api.TotalBecomesAsync(forest.Spend, TimeSpan.Zero);
        return await api.RowsAsync("feature,model,team,service,endpoint,provider");
    }
}
