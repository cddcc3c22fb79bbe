using CsCheck;
using FinOps.Domain.Allocation;

namespace FinOps.Domain.Tests.Allocation;

public sealed class AllocationProperties
{
    private static readonly DateTimeOffset Cell = new(2026, 11, 25, 10, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Split_AnyDeviceModelsAndCalls_SumsToTheBillInBothBasesInAnyOrder() =>
        Gen.Int.Sample(seed =>
        {
            var random = new Random(seed);
            var used = random.Next(0, 901);
            var unknown = random.Next(0, 901 - used);
            var device = new DeviceInterval { Host = "a", Device = "0", Accelerator = "H100", ObservedSeconds = 900, UsedSeconds = used, UnknownSeconds = unknown };
            var money = ExactShares.Round((decimal)random.NextDouble() * 10);
            var served = Enumerable.Range(0, random.Next(4)).Select(i => new ServedModel(
                random.Next(4) == 0 ? "b" : "a", "m" + i, random.Next(3) * 7.3m, random.Next(3) * 11.1m, random.Next(100_000), random.Next(50_000))).ToArray();
            var calls = Enumerable.Range(0, random.Next(9)).Select(i =>
            {
                var seconds = random.Next(0, 100);
                return new ModelCalls("m" + random.Next(3), "f" + i, "t", "c", random.Next(5000), random.Next(3000), seconds, random.Next(3) == 0 ? random.Next(0, seconds + 1) : 0);
            }).ToArray();
            var lines = DeviceAllocation.Split(device, money, served, calls);
            random.Shuffle(served);
            random.Shuffle(calls);
            return lines.Sum(line => line.UsageCost) == money && lines.Sum(line => line.AllocationCost) == money
                && lines.TrueForAll(line => line is { UsageCost: >= 0, AllocationCost: >= 0 } && ExactShares.Round(line.UsageCost) == line.UsageCost)
                && lines.SequenceEqual(DeviceAllocation.Split(device, money, served, calls));
        }, iter: 2000);

    [Fact]
    public void Measure_AnyOrderAndRepetition_IsTheSameAndNeverMoreThanTheTime() =>
        Gen.Int.Sample(seed =>
        {
            var random = new Random(seed);
            var readings = Enumerable.Range(0, random.Next(1, 30)).Select(_ => new DeviceReading(
                (DeviceSignal)random.Next(5), Cell.AddSeconds(random.Next(-900, 1000)), random.NextDouble() * 1.2)).ToArray();
            var first = DeviceTime.Measure([Of(readings)], Cell);
            var again = readings.Concat(readings.Where(_ => random.Next(2) == 0)).ToArray();
            random.Shuffle(again);
            return first.SequenceEqual(DeviceTime.Measure([Of(again)], Cell))
                && first.TrueForAll(i => i is { ObservedSeconds: > 0 and <= 900, UsedSeconds: >= 0, UnknownSeconds: >= 0, IdleSeconds: >= 0 });
        }, iter: 2000);

    [Fact]
    public void Measure_GapLongerThanAReadingHolds_IsNotPaid()
    {
        var interval = Assert.Single(DeviceTime.Measure([Of([new(DeviceSignal.Utilization, Cell.AddMinutes(-10), 0.5)])], Cell));
        Assert.Equal((300m, 150m), (interval.ObservedSeconds, interval.UsedSeconds));
        Assert.Empty(DeviceTime.Measure([Of([new(DeviceSignal.Utilization, Cell.AddMinutes(-15), 0.5)])], Cell));
    }

    [Fact]
    public void CounterIncrease_ResetAndRepetition_CountsWhatWasAdded()
    {
        var born = Cell.AddHours(-5);
        CounterPoint[] points =
        [
            new(Cell.AddMinutes(-1), born, 100, false), new(Cell.AddMinutes(4), born, 130, false), new(Cell.AddMinutes(4), born, 130, false),
            // Restarted: it fell, and then one that says so though it is higher.
            new(Cell.AddMinutes(6), Cell.AddMinutes(5), 20, false), new(Cell.AddMinutes(9), Cell.AddMinutes(8), 50, false), new(Cell.AddMinutes(15), born, 999, false),
        ];
        Assert.Equal(100m, CounterIncrease.In(points, Cell));
        Assert.Equal(100m, CounterIncrease.In(points.Reverse(), Cell));
        Assert.Equal(0m, CounterIncrease.In([new(Cell.AddMinutes(1), born, 100, false)], Cell));
        Assert.Equal(100m, CounterIncrease.In([new(Cell.AddMinutes(1), Cell, 100, false)], Cell));
        Assert.Equal(7m, CounterIncrease.In([new(Cell.AddMinutes(1), Cell, 3, true), new(Cell.AddMinutes(2), Cell, 4, true)], Cell));
    }

    private static DeviceReadings Of(DeviceReading[] readings) => new("a", "0", "NVIDIA H100 80GB HBM3", "", "", readings);
}
