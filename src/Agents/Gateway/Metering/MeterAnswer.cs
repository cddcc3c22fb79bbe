using FinOps.Domain.Usage;
using FinOps.Gateway.Providers;
using FinOps.Gateway.Reporting;

namespace FinOps.Gateway.Metering;

/// <summary>Usage and cost from what was read of an answer.</summary>
internal sealed class MeterAnswer(EdgePrices prices)
{
    /// <summary>OpenAI's rule of thumb for English text. An estimate is marked as one wherever it goes.</summary>
    private const int BytesPerToken = 4;

    /// <summary>Once for each attempt. An answer that went by without telling its usage was billed all the same: it is estimated from its length, and marked.</summary>
    public void Run(Attempt attempt)
    {
        if (attempt.UsageSource != UsageSource.Missing) return;
        ref readonly var answer = ref attempt.Facts;
        if (answer.Usage.IsTold)
        {
            attempt.Usage = answer.Usage.ToVector(inputIncludesCache: !answer.InputExcludesCache && attempt.Provider.Protocol != Protocol.Anthropic);
            attempt.UsageSource = UsageSource.Reported;
            // A stream that ends early has told its input and only the beginning of its output.
            if (attempt.Error.Length != 0 && attempt.Streamed && answer.OutputBytes > 0) RaiseOutput(attempt, answer.OutputBytes);
        }
        else if (attempt.Status is >= 200 and < 300 && attempt.Begun is null && (answer.OutputBytes > 0 || attempt.UnreadBytes > 0 || attempt.Streamed))
        {
            // Vectors are no output tokens.
            var output = answer.OutputBytes > 0 || attempt.Operation == Operation.Embeddings ? answer.OutputBytes : attempt.UnreadBytes;
            attempt.Usage = new UsageVector { InputFresh = Tokens(attempt.ContentBytes), OutputText = Tokens(output) };
            attempt.UsageSource = UsageSource.Estimated;
        }
        else
        {
            return;
        }

        attempt.Cost = prices.Cost(new PricedCall(
            attempt.Provider.TelemetryName, attempt.AskedModel, answer.Model, attempt.RequestedTier, answer.ServiceTier, answer.Geography,
            attempt.StartedAt.ToUnixTimeMilliseconds() * 1000, attempt.Usage, attempt.UsageSource, attempt.IsBatch));
    }

    private static void RaiseOutput(Attempt attempt, long outputBytes)
    {
        var least = Tokens(outputBytes);
        if (attempt.Usage.OutputTotal >= least) return;
        attempt.Usage = attempt.Usage with { OutputText = least };
        attempt.UsageSource = UsageSource.Estimated;
    }

    private static uint Tokens(long bytes) => (uint)Math.Min(uint.MaxValue, (bytes + BytesPerToken - 1) / BytesPerToken);
}
