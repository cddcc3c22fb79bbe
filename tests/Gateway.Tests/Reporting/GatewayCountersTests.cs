using System.Text;
using FinOps.Domain.Usage;
using FinOps.Gateway.Providers;
using FinOps.Gateway.Reporting;

namespace FinOps.Gateway.Tests.Reporting;

public sealed class GatewayCountersTests
{
    private static readonly Provider Host = new("host", ProviderKind.OpenAi, new Uri("https://models.example.com/v1"), "k", false, false, true, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));

    private static Attempt AnswerOf(string model) => new()
    {
        Provider = Host,
        Operation = Operation.Chat,
        RequestedModel = model,
        Tags = default,
        StartedAt = default,
        Started = 0,
        CallId = "",
        Facts = { Model = model },
        Usage = new UsageVector { InputFresh = 1, OutputText = 1 },
        UsageSource = UsageSource.Reported,
        Cost = 0.5m,
    };

    [Fact]
    public async Task Models_BeyondTheLimit_AreCountedTogether_AndNoneOfTheirCallsIsMissing()
    {
        const int Models = 500;
        var counters = new GatewayCounters();
        for (var number = 0; number < Models; number++) counters.CountAttempt(AnswerOf($"named-by-a-caller-{number}"));
        counters.CountAttempt(AnswerOf("named-by-a-caller-0"));
        var failed = AnswerOf("another");
        failed.Error = "timeout";
        counters.CountAttempt(failed);
        counters.CountAttempt(AnswerOf(""));

        using var text = new MemoryStream();
        await counters.WriteAsync(text, 0, default, default, CancellationToken.None);
        var lines = Encoding.UTF8.GetString(text.ToArray()).Split('\n');

        // Those of their own, "other" and its failure, and the answer that named none.
        Assert.Equal(200 + 2 + 1, lines.Count(line => line.StartsWith("finops_gateway_calls_total{", StringComparison.Ordinal)));
        Assert.Contains("finops_gateway_calls_total{provider=\"host\",model=\"named-by-a-caller-0\",outcome=\"ok\"} 2", lines);
        Assert.Contains("finops_gateway_calls_total{provider=\"host\",model=\"other\",outcome=\"ok\"} 300", lines);
        Assert.Contains("finops_gateway_calls_total{provider=\"host\",model=\"other\",outcome=\"timeout\"} 1", lines);
        Assert.Contains("finops_gateway_cost_usd_total{provider=\"host\",model=\"other\"} 150.5", lines);
    }
}
