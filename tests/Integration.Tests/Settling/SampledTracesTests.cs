using System.Net.Http.Json;
using System.Text.Json;
using FinOps.Integration.Tests.Wire;
using FinOps.Testing;

namespace FinOps.Integration.Tests.Settling;

/// <summary>Pitfall 34, from the wire to the cost API: what was seen stays the figure, and the estimate stands beside it.</summary>
public sealed class SampledTracesTests(Installation installation)
{
    private const string OneInTen = "ot=th:e6666666666668";
    private static readonly Tokens Each = new(1200, 80, 200);

    [Fact]
    public async Task Costs_OfSampledTraces_AreAsSeenWithAnEstimateBeside()
    {
        await using var sent = await Sent.NewAsync(installation);
        var exact = new TraceBuilder();
        var gateway = new TraceBuilder();
        var id = TraceBuilder.NewResponseId();
        List<SpanInPlace> spans = [exact.Call(Each, null, TraceBuilder.NewResponseId()), gateway.Call(Each, null, id, "finops.gateway")];
        for (var i = 0; i < 20; i++)
        {
            var trace = new TraceBuilder();
            // One of them is known to the gateway, which reports every call.
            var call = trace.Call(Each, null, i == 0 ? id : TraceBuilder.NewResponseId());
            call.Span.TraceState = OneInTen;
            spans.Add(call);
        }

        Assert.True((await sent.Sender.HttpAsync(SpanInPlace.Together(spans))).IsAcknowledged);
        await sent.Api.TotalBecomesAsync(Spend.Of([.. Enumerable.Repeat(Each, 21)]));
        using var api = installation.Server.Process.Client(sent.Tenant.ApiKey);
        await SpendApi.BecomesAsync(async () => (await EstimateAsync(api)).GetProperty("sampledCalls").GetInt64(), 19L);

        var estimated = await EstimateAsync(api);
        var cost = estimated.GetProperty("cost").GetDecimal();
        Assert.Equal("estimated", estimated.GetProperty("label").GetString());
        Assert.Equal((192 * Each.Cost, 192m, 10m), (decimal.Round(cost, 8), estimated.GetProperty("calls").GetDecimal(), estimated.GetProperty("oneIn").GetDecimal()));
        Assert.InRange(cost, estimated.GetProperty("low").GetDecimal(), estimated.GetProperty("high").GetDecimal());
    }

    private static async Task<JsonElement> EstimateAsync(HttpClient api) =>
        (await api.GetFromJsonAsync<JsonElement>("/api/v1/costs")).GetProperty("rows")[0].GetProperty("estimated");
}
