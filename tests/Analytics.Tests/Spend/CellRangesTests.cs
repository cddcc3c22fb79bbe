using CsCheck;
using FinOps.Analytics.Spend;

namespace FinOps.Analytics.Tests.Spend;

public sealed class CellRangesTests
{
    [Fact]
    public void Split_OfAnyRangeAndPendingCells_ReadsEveryInstantOnce() =>
        Gen.Select(Gen.Long[0, 2_000], Gen.Long[1, 400_000], Gen.Int[0, 600].HashSet[0, 120])
            .Sample((fromSeconds, length, cells) =>
            {
                var from = 1_790_000_100_000_000 + fromSeconds * 1_000_000;
                var to = from + length * 1_000_000;
                var pending = cells.Order().Select(cell => (uint)(1_790_000_100 + cell * 900)).ToList();
                var range = new TimeRange(DateTimeOffset.UnixEpoch.AddMicroseconds(from), DateTimeOffset.UnixEpoch.AddMicroseconds(to));

                var split = CellRanges.Split(range, pending);

                var at = from;
                foreach (var part in split.RollUp.Concat(split.Raw).OrderBy(part => part.From))
                {
                    Assert.Equal(at, part.From);
                    Assert.True(part.To > part.From);
                    at = part.To;
                }

                Assert.Equal(to, at);
                Assert.All(split.RollUp, part => Assert.Equal((0, 0), (part.From % CellRanges.CellMicros, part.To % CellRanges.CellMicros)));
                Assert.All(split.RollUp, part => Assert.DoesNotContain(pending, cell => cell * 1_000_000L >= part.From && cell * 1_000_000L < part.To));
                Assert.True(split.Raw.Count <= CellRanges.MaxRawRanges);
            });
}
