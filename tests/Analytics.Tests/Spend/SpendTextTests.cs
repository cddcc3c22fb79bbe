using System.Runtime.CompilerServices;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Tests.Spend;

/// <summary>Golden texts: what ClickHouse is asked changes on purpose only.</summary>
public sealed class SpendTextTests
{
    private static readonly TimeRange Range = PeriodsTests.Range("2026-11-20T10:05:00Z", "2026-11-22T00:00:00Z");
    private static readonly BuiltDay[] Built = [new((uint)PeriodsTests.Instant("2026-11-21T00:00:00Z").ToUnixTimeSeconds(), 5)];

    [Fact]
    public void SpendByPeriod_WithABuiltDayAPendingCellAndARaggedStart_ReadsDaysCellsAndRawRows()
    {
        var pending = (uint)PeriodsTests.Instant("2026-11-20T12:00:00Z").ToUnixTimeSeconds();
        var source = Source(SpendFilter.Where(Dimension.Team, "a"), [pending], Dimension.Feature, Dimension.Project);
        var statement = new SpendByPeriod(source, [Range.From], [Dimension.Feature, Dimension.Project], 10);

        AssertGolden("SpendByPeriod.golden.sql", ClickHouseStore.TextOf(statement));
    }

    [Theory]
    [InlineData(SpendSource.MaxNamedCells, false)]
    [InlineData(SpendSource.MaxNamedCells + 1, true)]
    public void SpendByPeriod_OfMoreCellsThanAStatementNames_LooksThemUp(int count, bool looksUp)
    {
        var range = PeriodsTests.Range("2026-11-01T00:00:00Z", "2026-11-20T00:00:00Z");
        var first = (uint)range.From.ToUnixTimeSeconds();
        var cells = Enumerable.Range(0, count).Select(i => new BuiltCell(first + (uint)i * 900, 6)).ToArray();

        var text = ClickHouseStore.TextOf(new SpendByPeriod(Source(range, cells, SpendFilter.None, []), [range.From], [], 10));

        Assert.Equal(looksUp, text.Contains("max(generation)", StringComparison.Ordinal));
        Assert.NotEqual(looksUp, text.Contains("{built:", StringComparison.Ordinal));
    }

    [Fact]
    public void SpendByMember_OfADimensionThatNoRollUpKnows_ReadsRawRowsOnly()
    {
        var source = Source(SpendFilter.None.AndNot(Dimension.Session, "s"), [], Dimension.Customer);

        AssertGolden("SpendByMember.golden.sql", ClickHouseStore.TextOf(new SpendByMember(source, Dimension.Customer, "", 5)));
    }

    [Theory]
    [InlineData(SpendTable.Spend)]
    [InlineData(SpendTable.Spend, Dimension.Feature, Dimension.Model, Dimension.Project, Dimension.Endpoint)]
    [InlineData(SpendTable.Users, Dimension.User)]
    [InlineData(SpendTable.Users, Dimension.User, Dimension.Customer, Dimension.Project)]
    [InlineData(SpendTable.People, Dimension.User, Dimension.Team)]
    [InlineData(SpendTable.People, Dimension.User, Dimension.Customer, Dimension.Team, Dimension.Project)]
    [InlineData(SpendTable.Customers, Dimension.Customer, Dimension.Team, Dimension.Project)]
    [InlineData(SpendTable.Calls, Dimension.User, Dimension.Feature)]
    [InlineData(SpendTable.Calls, Dimension.Session)]
    [InlineData(SpendTable.Calls, Dimension.GatewayKey)]
    internal void Table_OfDimensions_IsTheNarrowestThatKnowsThem(SpendTable table, params Dimension[] dimensions) =>
        Assert.Equal(table, SpendTables.For(dimensions));

    [Fact]
    public void EveryDimension_HasANameThatReadsBack() =>
        Assert.All(Enum.GetValues<Dimension>().Except([Dimension.GatewayKey]), dimension => Assert.True(Dimensions.TryParse(dimension.Name(), out var read) && read == dimension));

    [Fact]
    public void GatewayKey_IsNoNameOfTheApis() => Assert.False(Dimensions.TryParse(Dimension.GatewayKey.Name(), out _));

    private static SpendSource Source(SpendFilter filter, uint[] pending, params Dimension[] dimensions) => Source(Range, [], filter, pending, dimensions);

    private static SpendSource Source(TimeRange range, BuiltCell[] cells, SpendFilter filter, uint[] pending, params Dimension[] dimensions) =>
        SpendSource.Of(ReadScope.Whole(new TenantId(Guid.Empty)), range, filter, dimensions, [], new CellState(7, pending, default, cells, Built));

    /// <summary><c>FINOPS_UPDATE_GOLDEN=1</c> writes the texts anew, to be read before they are committed.</summary>
    private static void AssertGolden(string file, string text, [CallerFilePath] string here = "")
    {
        if (Environment.GetEnvironmentVariable("FINOPS_UPDATE_GOLDEN") == "1")
            File.WriteAllText(Path.Combine(Path.GetDirectoryName(here)!, "..", "Fixtures", file), text);
        else Assert.Equal(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Fixtures", file)), text);
    }
}
