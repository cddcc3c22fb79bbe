using System.Text.RegularExpressions;

namespace FinOps.Architecture.Tests;

/// <summary>No statement to ClickHouse forgets whose rows it may see.</summary>
public sealed partial class TenantParameterTests
{
    private const string Parameter = "{tenant:UUID}";

    /// <summary>Stands for a part that C# fills in and that itself must carry the parameter: see <see cref="Sources_OfComposedQuestions_NameTheTenant"/>.</summary>
    private const string ComposedSource = "{{source}}";

    private const string Reason = "-- All tenants";

    /// <summary>Statements for the whole installation. They run in jobs, answer no request, and each says in its first line why.</summary>
    private static readonly string[] InstallationWide =
    [
        "FreshTwins.sql", "LateRoots.sql", "TouchedTraces.sql",
        "RebuildCellsTenants.sql", "RebuildAllTenants.sql", "RemoveOldPeople.sql", "RemoveOldPublished.sql", "RemoveOldSpend.sql",
        "RemoveOldDays.sql", "RemoveOldPublishedDays.sql",
        "SettledTo.sql", "Arrivals.sql", "RememberSettledTo.sql", "TableSizes.sql",
        "DeleteExpired.sql", "ExpiredRows.sql",
        "ArrivedTenants.sql", "EngineClock.sql",
        "RebuildDeviceTenants.sql", "RemoveOldDeviceRows.sql", "RebuildDataStoreTenants.sql", "RemoveOldDataStoreRows.sql",
    ];

    [Fact]
    public void Statements_ThatReadTenantsRows_NameTheTenant()
    {
        var wrong = Statements().Where(statement => !InstallationWide.Contains(statement.Name))
            .Where(statement => !statement.Text.Contains(Parameter, StringComparison.Ordinal) && !statement.Text.Contains(ComposedSource, StringComparison.Ordinal))
            .Select(statement => statement.Name);

        Assert.Empty(wrong);
    }

    [Fact]
    public void Statements_ForTheWholeInstallation_SayWhy()
    {
        var wrong = Statements().Where(statement => InstallationWide.Contains(statement.Name))
            .Where(statement => statement.Text.Contains("tenant_id", StringComparison.Ordinal)
                && !(statement.Text.StartsWith(Reason, StringComparison.Ordinal) && statement.Text.Split('\n')[0].Length > Reason.Length + 10))
            .Select(statement => statement.Name);

        Assert.Empty(wrong);
    }

    [Fact]
    public void Statements_ForTheWholeInstallation_AllExist() =>
        Assert.Empty(InstallationWide.Except(Statements().Select(statement => statement.Name), StringComparer.Ordinal));

    /// <summary>Each SELECT from a table of tenants' rows in the text that stands in for the composed source has the parameter.</summary>
    [Theory]
    [InlineData("Spend", "SpendSource.cs")]
    [InlineData("Units", "OutcomeCases.cs")]
    public void Sources_OfComposedQuestions_NameTheTenant(string folder, string file)
    {
        var text = File.ReadAllText(Path.Combine(Repository.Root, "src", "Analytics", folder, file));
        var reads = TableReads().Matches(text);

        Assert.NotEmpty(reads);
        Assert.True(TenantConditions().Count(text) >= reads.Count, $"{reads.Count} reads, {TenantConditions().Count(text)} conditions on the tenant.");
    }

    private static IEnumerable<(string Name, string Text)> Statements() =>
        Repository.Files(Path.Combine("src", "Analytics"), "*.sql").Select(path => (Path.GetFileName(path), File.ReadAllText(path)));

    [GeneratedRegex(@"\bFROM (?:calls|outcomes|roll_up_\w+)\b")]
    private static partial Regex TableReads();

    [GeneratedRegex(@"tenant_id = \{tenant:UUID\}")]
    private static partial Regex TenantConditions();
}
