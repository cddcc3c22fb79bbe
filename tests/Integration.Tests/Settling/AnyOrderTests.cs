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
        using var inOrder = await SendAsync(forest, null);
        var reference = await RowsAsync(inOrder);

        var senders = await Task.WhenAll(Enumerable.Range(0, 6).Select(seed => SendAsync(forest, new Random(seed))));

        foreach (var (seed, api) in senders.Index())
        {
            using (api) await AreAsync(reference, api, $"Seed {seed}");
        }
    }

    /// <summary>Without a random source: everything at once and in order, parents and all. Returns when every call is in the total; a tag that a late parent brings may still be under way.</summary>
    private async Task<SpendApi> SendAsync(TraceForest forest, Random? random)
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

        var api = new SpendApi(installation.Server.Process, tenant.ApiKey);
        await api.TotalBecomesAsync(forest.Spend);
        return api;
    }

    /// <summary>The rows become the reference's, and stay so: nothing that is still under way undoes it.</summary>
    private static async Task AreAsync(SortedDictionary<string, Spend> reference, SpendApi api, string name)
    {
        var began = TimeProvider.System.GetTimestamp();
        var rows = await RowsAsync(api);
        while (!reference.SequenceEqual(rows) && TimeProvider.System.GetElapsedTime(began) < SpendApi.Patience)
        {
            await Task.Delay(Pause);
            rows = await RowsAsync(api);
        }

        await Task.Delay(Pause);
        var later = await RowsAsync(api);
        Assert.True(reference.SequenceEqual(rows), Difference(reference, rows, $"{name} became"));
        Assert.True(reference.SequenceEqual(later), Difference(reference, later, $"{name} became right and then"));
    }

    private static string Difference(SortedDictionary<string, Spend> reference, SortedDictionary<string, Spend> rows, string what) =>
        $"{string.Join('\n', reference.Except(rows))}\n{what}\n{string.Join('\n', rows.Except(reference))}";

    private static Task<SortedDictionary<string, Spend>> RowsAsync(SpendApi api) => api.RowsAsync("feature,model,team,service,endpoint,provider");
}
