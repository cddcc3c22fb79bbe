using System.Collections.Concurrent;
using System.Net;
using FinOps.Integration.Tests.Wire;
using FinOps.Testing;

namespace FinOps.Integration.Tests.Durability;

/// <summary>SIGKILL at any moment, under load: no acknowledged call is lost, and none is counted twice.</summary>
public sealed class KilledServerTests(Installation installation)
{
    private const int Kills = 4;
    private const int Senders = 3;
    private const int CallsOfARequest = 5;
    private static readonly Tokens Usage = new(700, 40);

    [Fact]
    public async Task Calls_AcknowledgedBeforeAKill_AreCountedExactlyOnce()
    {
        await using var server = await installation.NewServerAsync();
        await server.Process.StartReadyAsync();
        await using var sent = await Sent.NewAsync(server);
        var load = new Load(sent.Sender);
        using var enough = new CancellationTokenSource();
        var senders = Enumerable.Range(0, Senders).Select(seed => load.RunAsync(new Random(seed), enough.Token)).ToList();

        var random = new Random(7);
        for (var kill = 0; kill < Kills; kill++)
        {
            await Task.Delay(random.Next(800, 3000));
            // Every other time ClickHouse is away too, so that acknowledged rows stand in the spool when the process dies.
            if (kill % 2 == 1)
            {
                await server.ClickHouseGate.ShutAsync();
                await Task.Delay(random.Next(300, 1500));
            }

            await server.Process.KillAsync();
            server.ClickHouseGate.Open();
            await server.Process.StartReadyAsync();
        }

        await Task.Delay(1500);
        await enough.CancelAsync();
        await Task.WhenAll(senders);

        Assert.True(load.Acknowledged.Count > 300, $"Only {load.Acknowledged.Count} calls were acknowledged.");
        await SpendApi.HoldsAsync(
            async () => load.Acknowledged.Keys.ToHashSet().IsSubsetOf((await sent.Api.CallsAsync()).Select(call => call.ResponseId)),
            TimeSpan.FromSeconds(30), $"all {load.Acknowledged.Count} acknowledged calls are listed");
        var listed = (await sent.Api.CallsAsync()).Select(call => call.ResponseId).ToList();
        Assert.Equal(listed.Count, listed.Distinct().Count());
        Assert.Subset(load.Acknowledged.Keys.Concat(load.GivenUp.Keys).ToHashSet(), listed.ToHashSet());
        await sent.Api.TotalBecomesAsync(Spend.Of([.. listed.Select(_ => Usage)]));
    }

    /// <summary>Sends without pause; what is not acknowledged is sent again, as exporters do, or sometimes given up.</summary>
    private sealed class Load(OtlpSender sender)
    {
        public ConcurrentDictionary<string, bool> Acknowledged { get; } = new();

        public ConcurrentDictionary<string, bool> GivenUp { get; } = new();

        public async Task RunAsync(Random random, CancellationToken enough)
        {
            while (!enough.IsCancellationRequested)
            {
                List<(string Id, SpanInPlace Call)> calls = [];
                List<SpanInPlace> steps = [];
                for (var n = 0; n < CallsOfARequest; n++)
                {
                    var trace = new TraceBuilder();
                    var id = TraceBuilder.NewResponseId();
                    if (n == 0) steps.Add(trace.Step(null, ("feature", "load")));
                    calls.Add((id, trace.Call(Usage, n == 0 ? steps[0] : null, id)));
                }

                var request = SpanInPlace.Together([.. steps, .. calls.Select(call => call.Call)]);
                var persistent = random.Next(5) > 0;
                bool acknowledged;
                do
                {
                    acknowledged = await TryAsync(() => sender.SendAsync(request, grpc: random.Next(2) == 0));
                    await Task.Delay(acknowledged ? 15 : 100, CancellationToken.None);
                }
                while (!acknowledged && persistent && !enough.IsCancellationRequested);
                foreach (var (id, _) in calls) (acknowledged ? Acknowledged : GivenUp)[id] = true;
            }
        }

        private static async Task<bool> TryAsync(Func<Task<OtlpAnswer>> send)
        {
            try
            {
                var answer = await send();
                if (!answer.IsAcknowledged) Assert.True(answer.Http == HttpStatusCode.ServiceUnavailable || answer.Grpc == 14, $"{answer.Http} {answer.Grpc}");
                return answer.IsAcknowledged;
            }
            catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException or IOException)
            {
                return false;
            }
        }
    }
}
