using System.Runtime.CompilerServices;
using FinOps.Analytics.Changes;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Tests.Spend;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Tests.Changes;

/// <summary>Golden text: what ClickHouse is asked changes on purpose only.</summary>
public sealed class UsageByDayTextTests
{
    [Fact]
    public void UsageByDay_WithABuiltDayCellsAndRawRows_ReadsEachWithItsTier()
    {
        var range = PeriodsTests.Range("2026-11-20T10:05:00Z", "2026-11-22T00:00:00Z");
        BuiltDay[] built = [new((uint)PeriodsTests.Instant("2026-11-21T00:00:00Z").ToUnixTimeSeconds(), 5)];
        var source = SpendSource.Of(ReadScope.Whole(new TenantId(Guid.Empty)), range, SpendFilter.Where(Dimension.Team, "a"), UsageByDay.Dimensions, [], new CellState(7, [], default, [], built));

        var text = ClickHouseStore.TextOf(new UsageByDay(source, TimeSpan.FromDays(1), 10));

        AssertGolden("UsageByDay.golden.sql", text);
        Assert.Throws<InvalidOperationException>(() => SpendSource.Of(ReadScope.Whole(new TenantId(Guid.Empty)), range, SpendFilter.None, [Dimension.User], [], CellState.None).Text(withTier: true));
    }

    /// <summary><c>FINOPS_UPDATE_GOLDEN=1</c> writes the text anew, to be read before it is committed.</summary>
    private static void AssertGolden(string file, string text, [CallerFilePath] string here = "")
    {
        if (Environment.GetEnvironmentVariable("FINOPS_UPDATE_GOLDEN") == "1")
            File.WriteAllText(Path.Combine(Path.GetDirectoryName(here)!, "..", "Fixtures", file), text);
        else Assert.Equal(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Fixtures", file)), text);
    }
}
