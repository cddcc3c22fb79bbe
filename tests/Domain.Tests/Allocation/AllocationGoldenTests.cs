using FinOps.Domain.Allocation;
using FinOps.Testing;

namespace FinOps.Domain.Tests.Allocation;

/// <summary>The cost pitfalls of shared hardware, each with where it was seen.</summary>
public sealed class AllocationGoldenTests
{
    private static readonly DateTimeOffset Cell = new(2026, 11, 25, 10, 0, 0, TimeSpan.Zero);
    private static readonly AcceleratorPrice H100 = Price("H100", 4m);

    /// <summary>opencost#3900, #2901: the hour is paid whether it is used or not. 15 minutes at $4 an hour are $1, of which a quarter worked.</summary>
    [Fact]
    [CostPitfall(35, "opencost#3900, opencost#2901")]
    public void Pitfall35_IdleTime_IsALineInOneBasisAndCarriedByUsersInTheOther()
    {
        var device = Whole("gpu-a", used: 225);
        var money = DeviceAllocation.MoneyOf(device, H100);
        var lines = DeviceAllocation.Split(device, money, [Served("gpu-a", "llama", 30, 60)], [Calls("llama", "chat", 3, 0), Calls("llama", "search", 1, 0)]);

        Assert.Equal(1m, money);
        Assert.Equal((0.1875m, 0.75m), Costs(lines, CostLineKind.Used, "chat"));
        Assert.Equal((0.0625m, 0.25m), Costs(lines, CostLineKind.Used, "search"));
        Assert.Equal((0.75m, 0m), Costs(lines, CostLineKind.Idle, ""));
        Assert.Equal((1m, 1m), (lines.Sum(line => line.UsageCost), lines.Sum(line => line.AllocationCost)));
    }

    [Fact]
    public void Pitfall35_NobodyUsedIt_StaysIdleInBothBases()
    {
        var lines = DeviceAllocation.Split(Whole("gpu-a", used: 0), 1m, [Served("gpu-a", "llama", 30, 60)], []);
        var idle = Assert.Single(lines);
        Assert.Equal((CostLineKind.Idle, "", 1m, 1m), (idle.Kind, idle.Feature, idle.UsageCost, idle.AllocationCost));
    }

    /// <summary>OpenCost splits by compute time, and by a fixed 2.5 where it is not measured: vLLM tells prefill and decode seconds, which may say something else entirely.</summary>
    [Fact]
    [CostPitfall(36, "OpenCost's split by compute time")]
    public void Pitfall36_PrefillAndDecode_GoByMeasuredTimesElseByTheFixedRatioMarkedSo()
    {
        // Long prompts, short answers: 100,000 prompt tokens in 10 s, 1,000 generated in 30 s.
        var reader = new ServedModel("gpu-a", "reader", 10, 30, 100_000, 1_000);
        var writer = new ServedModel("gpu-a", "writer", 10, 110, 1_000, 40_000);
        var measured = DeviceAllocation.Split(Whole("gpu-a", used: 900), 1m, [reader, writer], []);
        Assert.Equal(0.25m, measured.Single(line => line.Model == "reader").UsageCost);
        Assert.All(measured, line => Assert.False(line.IsEstimated));

        var guessed = DeviceAllocation.Split(Whole("gpu-a", used: 900), 1m, [reader with { PrefillSeconds = 0, DecodeSeconds = 0 }, writer], []);
        Assert.Equal(102_500m / 203_500, guessed.Single(line => line.Model == "reader").UsageCost, 11);
        Assert.All(guessed, line => Assert.True(line.IsEstimated));
        // Within the model: a generated token took 300 times a prompt's.
        Assert.Equal(100m * 0.0001m + 10 * 0.03m, reader.WeightOf(100, 10));
        Assert.Equal(100m + 10 * 2.5m, (reader with { PrefillSeconds = 0, DecodeSeconds = 0 }).WeightOf(100, 10));
    }

    /// <summary>dcgm-exporter#216, #307, #642: the utilisation of the whole device says nothing of a slice; engine activity does.</summary>
    [Fact]
    [CostPitfall(37, "dcgm-exporter#216, dcgm-exporter#307, dcgm-exporter#642")]
    public void Pitfall37_MigSlices_ShareByComputeAndMemoryAndOnlyWithTheirOwnActivity()
    {
        var intervals = DeviceTime.Measure(
            [Slice("1", "3g.40gb", DeviceSignal.EngineActive, 0.5), Slice("2", "1g.20gb", DeviceSignal.Utilization, 1)], Cell);

        Assert.Equal((0.5m, 450m, 0m), Time("1"));
        Assert.Equal((0.25m, 0m, 900m), Time("2"));
        Assert.Equal((0.25m, 0m, 0m), Time(DeviceTime.Unpartitioned));
        Assert.Equal(UnallocatedReason.SliceNotAttributable, intervals.Single(interval => interval.Slice == "2").Reason);

        (decimal, decimal, decimal) Time(string slice) =>
            intervals.Where(interval => interval.Slice == slice).Select(interval => (interval.Share, interval.UsedSeconds, interval.UnknownSeconds)).Single();
    }

    [Theory]
    [InlineData("", "1g.10gb")]
    [InlineData("4g.40gb", "4g.40gb")]
    public void Pitfall37_SlicesThatCannotBe_AreNotAttributable(string first, string second)
    {
        var intervals = DeviceTime.Measure([Slice("1", first, DeviceSignal.EngineActive, 1), Slice("2", second, DeviceSignal.EngineActive, 1)], Cell);
        Assert.All(intervals, interval => Assert.Equal((UnallocatedReason.SliceNotAttributable, 900m), (interval.Reason, interval.UnknownSeconds)));
        Assert.Equal(1m, intervals.Sum(interval => interval.Share));
    }

    /// <summary>SkyPilot: a spot price moves within the hour, and a reclaimed machine's work is done twice.</summary>
    [Fact]
    [CostPitfall(38, "SkyPilot: prices of spot instances move")]
    public void Pitfall38_Spot_IsRatedByTheIntervalAndInterruptedWorkIsALineOfItsOwn()
    {
        var prices = new AcceleratorPrices(
        [
            Price("H100", 1.2m) with { Purchase = PurchaseKind.Spot, ValidFrom = Cell.AddHours(-1), ValidTo = Cell.AddMinutes(15) },
            Price("H100", 2.0m) with { Purchase = PurchaseKind.Spot, ValidFrom = Cell.AddMinutes(15) },
        ]);
        var device = Whole("gpu-a", used: 900);
        Assert.Equal(0.3m, DeviceAllocation.MoneyOf(device, prices.Find("gpu-a", "NVIDIA H100 80GB HBM3", Cell)!));
        Assert.Equal(0.5m, DeviceAllocation.MoneyOf(device, prices.Find("gpu-a", "NVIDIA H100 80GB HBM3", Cell.AddMinutes(15))!));

        var lines = DeviceAllocation.Split(device, 0.3m, [Served("gpu-a", "llama", 30, 60)], [Calls("llama", "chat", 1, 0), new("llama", "train", "", "", 0, 0, 30, 30)]);
        Assert.Equal(0.1m, Costs(lines, CostLineKind.Wasted, "train").Usage);
        Assert.Equal(0.2m, Costs(lines, CostLineKind.Used, "chat").Usage);
    }

    [Fact]
    public void Split_NoRequestMetricsOrNoCalls_SaysWhyNobodyOwnsIt()
    {
        var silent = DeviceAllocation.Split(Whole("gpu-a", used: 900), 1m, [Served("gpu-b", "llama", 30, 60)], [Calls("llama", "chat", 1, 0)]);
        Assert.Equal((CostLineKind.Unallocated, UnallocatedReason.NoRequestMetrics), Assert.Single(silent) is var line ? (line.Kind, line.Reason) : default);
        var uncalled = Assert.Single(DeviceAllocation.Split(Whole("gpu-a", used: 900), 1m, [Served("gpu-a", "llama", 30, 60)], []));
        Assert.Equal((CostLineKind.Used, "llama", "", UnallocatedReason.NoCalls), (uncalled.Kind, uncalled.Model, uncalled.Feature, uncalled.Reason));
    }

    [Theory]
    [InlineData("NVIDIA H100 80GB HBM3", "h100", true)]
    [InlineData("NVIDIA A100-SXM4-80GB", "A100 80GB", true)]
    [InlineData("NVIDIA A100-SXM4-40GB", "A100 80GB", false)]
    [InlineData("NVIDIA L40S", "L4", false)]
    public void AcceleratorName_Words_MatchWhole(string told, string wanted, bool matches) => Assert.Equal(matches, AcceleratorName.Has(told, wanted));

    [Theory]
    [InlineData("*", "gpu-a", true)]
    [InlineData("gpu-*", "GPU-a", true)]
    [InlineData("gpu-*-eu", "gpu-eu", false)]
    [InlineData("*.eu.*", "a.eu.example", true)]
    [InlineData("gpu-a", "gpu-ab", false)]
    public void AcceleratorPrices_HostPattern_Matches(string pattern, string host, bool matches) => Assert.Equal(matches, AcceleratorPrices.IsHost(pattern, host));

    [Fact]
    public void AcceleratorPrices_SeveralFit_TheClosestHostGoesFirstThenTheClosestName()
    {
        var prices = new AcceleratorPrices([Price("H100", 1), Price("H100 80GB", 2), Price("H100", 3) with { Hosts = "gpu-*" }, Price("H100", 4) with { Hosts = "gpu-a" }]);
        Assert.Equal(4, prices.Find("gpu-a", "NVIDIA H100 80GB HBM3", Cell)?.PricePerHour);
        Assert.Equal(3, prices.Find("gpu-b", "NVIDIA H100 80GB HBM3", Cell)?.PricePerHour);
        Assert.Equal(2, prices.Find("other", "NVIDIA H100 80GB HBM3", Cell)?.PricePerHour);
        Assert.Null(prices.Find("other", "NVIDIA L4", Cell));
    }

    /// <summary>30,000 USD over 36 months of 730 hours, 0.7 kW at 0.20 USD and a PUE of 1.5.</summary>
    [Fact]
    public void OwnedHardware_PricePerHour_IsAmortisationAndPower() =>
        Assert.Equal(Math.Round(30_000m / 26_280 + 0.21m, 12), new OwnedHardware(30_000, 36, 0.7m, 0.2m, 1.5m).PricePerHour);

    private static DeviceReadings Slice(string id, string profile, DeviceSignal signal, double value) =>
        new("gpu-a", "GPU-1", "NVIDIA A100-SXM4-80GB", id, profile, [new DeviceReading(signal, Cell, value)]);

    private static AcceleratorPrice Price(string accelerator, decimal price) => new()
    {
        Accelerator = accelerator,
        Hosts = "*",
        Purchase = PurchaseKind.OnDemand,
        PricePerHour = price,
        ValidFrom = Cell.AddDays(-30),
    };

    private static DeviceInterval Whole(string host, decimal used) =>
        new() { Host = host, Device = "GPU-1", Accelerator = "NVIDIA H100 80GB HBM3", ObservedSeconds = 900, UsedSeconds = used };

    private static ServedModel Served(string host, string model, decimal prefill, decimal decode) => new(host, model, prefill, decode, 9_000, 3_000);

    private static ModelCalls Calls(string model, string feature, decimal scale, decimal failed) => new(model, feature, "", "", 1000 * scale, 500 * scale, 60, failed);

    private static (decimal Usage, decimal Allocation) Costs(List<CostLine> lines, CostLineKind kind, string feature) =>
        lines.Where(line => line.Kind == kind && line.Feature == feature).Select(line => (line.UsageCost, line.AllocationCost)).Single();
}
