using FinOps.Analytics.Spend;

namespace FinOps.Analytics.Tests.Spend;

/// <summary>What follows from the facts about cells and days.</summary>
public sealed class CellStateTests
{
    private const uint Day = 20 * 86_400;
    private const uint Cell = Day + 900;
    private static readonly DateTimeOffset At = PeriodsTests.Instant("2026-11-20T10:00:00Z");

    [Fact]
    public void Cell_WhoseRollUpKnowsOfEveryChange_IsBuilt()
    {
        var state = CellState.Of([Changed(Cell, 3), Built(Cell, 3, 7)]);

        Assert.Empty(state.Pending);
        Assert.Equal([new BuiltCell(Cell, 7)], state.BuiltCells);
        Assert.Equal(7UL, state.Generation);
    }

    [Theory]
    [InlineData(4UL)]
    [InlineData(2UL)]
    public void Cell_WithAnotherNumberOfChanges_IsPending(ulong changes)
    {
        var state = CellState.Of([Built(Cell, 3, 7), Changed(Cell, changes)]);

        Assert.Equal([Cell], state.Pending);
        Assert.Equal(At, state.OldestChange);
    }

    [Fact]
    public void Cells_NeverRolledUpOrOfNoChanges_ArePending()
    {
        var state = CellState.Of([Changed(Cell + 900, 1), Built(Cell, 2, 7)]);

        Assert.Equal([Cell, Cell + 900], state.Pending);
    }

    [Fact]
    public void ClosedCells_AreNeverPending()
    {
        var state = CellState.Of([Changed(Cell, 5), Built(Cell, 3, 7), Changed(Cell + 900, 1), new CellFact(CellFactKind.ClosedUntil, Cell + 900, 0, 0, default)]);

        Assert.Equal([Cell + 900], state.Pending);
    }

    [Theory]
    [InlineData(5UL, true)]
    [InlineData(4UL, false)]
    public void Day_WhoseSumsKnowOfEveryChangeOfItsCells_IsBuilt(ulong known, bool isBuilt)
    {
        var state = CellState.Of([Changed(Day, 2), Changed(Cell, 3), Changed(Day + 86_400, 9), new CellFact(CellFactKind.DayBuilt, Day, known, 8, default)]);

        Assert.Equal(isBuilt ? [new BuiltDay(Day, 8)] : [], state.BuiltDays);
    }

    private static CellFact Changed(uint cell, ulong changes) => new(CellFactKind.Changed, cell, changes, 0, At);

    private static CellFact Built(uint cell, ulong changes, ulong generation) => new(CellFactKind.CellBuilt, cell, changes, generation, default);
}
