using CsCheck;
using FinOps.Analytics.Spend;

namespace FinOps.Analytics.Tests.Spend;

public sealed class CellRangesTests
{
    private const uint FirstDay = 1_789_948_800;
    private const uint DaySeconds = 86_400;

    [Fact]
    public void Split_OfAnyRangePendingCellsAndDays_ReadsEveryInstantOnce() =>
        Gen.Select(Gen.Long[0, 200_000], Gen.Long[1, 4_000_000], Gen.Int[0, 4_500].HashSet[0, 60], Gen.Int[0, 50].HashSet[0, 50], Gen.Int[0, 4_500].HashSet[0, 3], Gen.Bool)
            .Sample((fromSeconds, length, pendingCells, builtDays, cutCells, byHour) =>
            {
                var from = (FirstDay + fromSeconds) * 1_000_000;
                var to = from + length * 1_000_000;
                var pending = pendingCells.Order().Select(cell => (uint)(FirstDay + cell * 900)).ToList();
                // A day with a pending cell is never in force.
                var built = builtDays.Order().Select(day => new BuiltDay(FirstDay + (uint)day * DaySeconds, (ulong)day))
                    .Where(day => !pending.Exists(cell => cell >= day.Start && cell < day.Start + DaySeconds)).ToList();
                var cuts = cutCells.Order().Select(cell => Instant(FirstDay * 1_000_000L + cell * CellRanges.CellMicros)).ToList();

                var split = CellRanges.Split(new TimeRange(Instant(from), Instant(to)), pending, built, cuts, byHour ? CellRanges.HourMicros : CellRanges.DayMicros);

                var days = split.Days.Select(day => new MicrosRange(day.Start * 1_000_000L, (day.Start + DaySeconds) * 1_000_000L)).ToList();
                var at = from;
                foreach (var part in days.Concat(split.Cells).Concat(split.Raw).OrderBy(part => part.From))
                {
                    Assert.Equal(at, part.From);
                    Assert.True(part.To > part.From);
                    at = part.To;
                }

                Assert.Equal(to, at);
                Assert.All(split.Cells, part => Assert.Equal((0, 0), (part.From % CellRanges.CellMicros, part.To % CellRanges.CellMicros)));
                Assert.All(split.Cells.Concat(days), part => Assert.DoesNotContain(pending, cell => cell * 1_000_000L >= part.From && cell * 1_000_000L < part.To));
                Assert.All(days, day => Assert.DoesNotContain(cuts, cut => !(byHour && cut.Minute == 0) && CellRanges.Micros(cut) > day.From && CellRanges.Micros(cut) < day.To));
                Assert.Subset(built.ToHashSet(), split.Days.ToHashSet());
                Assert.True(split.Raw.Count <= CellRanges.MaxRawRanges);
                Assert.True(split.Cells.Count <= CellRanges.MaxRawRanges + 1 + CellRanges.MaxDayRuns);
            });

    [Fact]
    public void Split_OfWholeDaysAndRaggedEnds_ReadsTheDaysByTheirSums()
    {
        BuiltDay[] built = [new(FirstDay, 3), new(FirstDay + DaySeconds, 4), new(FirstDay + 2 * DaySeconds, 5)];
        var range = new TimeRange(At(0).AddMinutes(-20), At(2).AddMinutes(50));

        var whole = CellRanges.Split(range, [], built, [], CellRanges.DayMicros);
        var divided = CellRanges.Split(range, [], built, [At(0), At(1).AddHours(1)], CellRanges.DayMicros);
        var byHour = CellRanges.Split(range, [], built, [At(0).AddMinutes(30), At(1).AddHours(1)], CellRanges.HourMicros);

        Assert.Equal(built[..2], whole.Days);
        Assert.Equal([Micros(At(0).AddMinutes(-15), At(0)), Micros(At(2), At(2).AddMinutes(45))], whole.Cells);
        Assert.Equal([Micros(At(0).AddMinutes(-20), At(0).AddMinutes(-15)), Micros(At(2).AddMinutes(45), At(2).AddMinutes(50))], whole.Raw);
        Assert.Equal(built[..1], divided.Days);
        Assert.Equal(built[1..2], byHour.Days);

        static DateTimeOffset At(int day) => Instant((FirstDay + day * (long)DaySeconds) * 1_000_000);
        static MicrosRange Micros(DateTimeOffset from, DateTimeOffset to) => new(CellRanges.Micros(from), CellRanges.Micros(to));
    }

    private static DateTimeOffset Instant(long micros) => DateTimeOffset.UnixEpoch.AddMicroseconds(micros);
}
