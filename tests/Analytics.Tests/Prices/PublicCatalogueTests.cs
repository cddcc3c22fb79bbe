using System.Globalization;
using System.Text;
using System.Text.Json;
using FinOps.Analytics.Prices;
using FinOps.Domain.Pricing;
using FinOps.Domain.Usage;

namespace FinOps.Analytics.Tests.Prices;

public sealed class PublicCatalogueTests
{
    private const int UsagesToCompare = 1000;

    [Fact]
    public async Task Shipped_File_IsWhatTheScriptMakesOfTheInstalledPackage()
    {
        var made = await NodeScript.RunAsync([Path.Combine(NodeScript.EnginesFolder, "export-prices.mjs"), "-"]);
        var shipped = Path.Combine(AppContext.BaseDirectory, "catalogue.json");
        Assert.True(made == await File.ReadAllTextAsync(shipped), "Type: cd engines && node export-prices.mjs ../src/Analytics/Prices/catalogue-<version>.json");
    }

    /// <summary>
    /// Our rating against the price function of the catalogue's own package. They differ on purpose only in the hour-long cache writes of
    /// Claude at hosts whose entry has no such price (ours: twice the input, as the vendor says), so those are left out here.
    /// </summary>
    [Fact]
    public async Task Rate_RandomUsages_AgreesWithThePublicPriceFunction()
    {
        var catalogue = PublicCatalogue.Shipped.Catalogue;
        var snapshot = PriceSnapshot.Create(catalogue);
        var models = catalogue.Rows.GroupBy(r => (r.Provider, r.Model)).Select(g => g.ToArray()).ToArray();
        var random = new Random(20261122);
        var calls = new List<CallReport>();
        var input = new StringBuilder();
        while (calls.Count < UsagesToCompare)
        {
            var rows = models[random.Next(models.Length)];
            var call = new CallReport
            {
                Provider = rows[0].Provider,
                ServedModel = rows[0].Model,
                UsageSource = UsageSource.Reported,
                Told = UsageParts.CacheWriteSplit,
                StartUnixMicros = (DateTimeOffset.UnixEpoch.AddYears(55).AddSeconds(random.Next(3 * 365 * 86400)).UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / 10,
                Usage = RandomUsage(random, longWrites: rows.Any(r => r.Meter == Meter.CacheWrite1h)),
            };
            snapshot.Rate(call);
            if ((call.Flags & CallFlags.Unpriced) != 0) continue; // priced by the hour or page only; the package then says 0
            calls.Add(call);
            input.AppendLine(JsonSerializer.Serialize(new
            {
                provider = call.Provider,
                model = call.ServedModel,
                at = DateTimeOffset.UnixEpoch.AddTicks(call.StartUnixMicros * 10).ToString("O", CultureInfo.InvariantCulture),
                usage = Usage(call.Usage),
            }));
        }

        var answers = (await NodeScript.RunAsync([Path.Combine(AppContext.BaseDirectory, "price-usages.mjs"), NodeScript.EnginesFolder], input.ToString()))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(calls.Count, answers.Length);
        var differences = new List<string>();
        for (var i = 0; i < calls.Count; i++)
        {
            var (call, answer) = (calls[i], answers[i]);
            if (!double.TryParse(answer, CultureInfo.InvariantCulture, out var theirs)
                || Math.Abs((double)call.Cost - theirs) > 1e-9 * theirs + 1e-11)
                differences.Add($"{call.Provider}/{call.ServedModel}: ours {call.Cost}, theirs {answer}");
        }

        Assert.True(differences.Count == 0, string.Join('\n', differences.Take(20)));
    }

    private static UsageVector RandomUsage(Random random, bool longWrites)
    {
        uint UpTo(int most, double share) => random.NextDouble() < share ? (uint)random.Next(most) : 0;
        return new UsageVector
        {
            InputFresh = UpTo(random.Next(2) == 0 ? 4000 : 400_000, 0.95),
            CacheRead = UpTo(100_000, 0.5),
            CacheWrite5m = UpTo(20_000, 0.3),
            CacheWrite1h = longWrites ? UpTo(20_000, 0.5) : 0,
            OutputText = UpTo(20_000, 0.9),
            OutputReasoning = UpTo(20_000, 0.4),
            InputAudio = UpTo(5_000, 0.1),
            OutputAudio = UpTo(5_000, 0.1),
            InputImage = UpTo(5_000, 0.1),
            OutputImage = UpTo(5_000, 0.1),
            WebSearches = UpTo(4, 0.2),
        };
    }

    private static Dictionary<string, ulong> Usage(in UsageVector usage) => new()
    {
        ["input_tokens"] = usage.InputTotal,
        ["cache_read_tokens"] = usage.CacheRead,
        ["cache_write_tokens"] = usage.CacheWriteTotal,
        ["cache_write_1h_tokens"] = usage.CacheWrite1h,
        ["output_tokens"] = usage.OutputTotal,
        ["output_reasoning_tokens"] = usage.OutputReasoning,
        ["input_audio_tokens"] = usage.InputAudio,
        ["output_audio_tokens"] = usage.OutputAudio,
        ["input_image_tokens"] = usage.InputImage,
        ["output_image_tokens"] = usage.OutputImage,
        ["cache_audio_read_tokens"] = 0,
        ["cache_image_read_tokens"] = 0,
        ["web_searches"] = usage.WebSearches,
    };
}
