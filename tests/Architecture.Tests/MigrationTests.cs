namespace FinOps.Architecture.Tests;

public sealed class MigrationTests
{
    /// <summary>
    /// A migration's copy of the whole model is only there to make or take back the next one. Those of older ones would be compiled by each build, and built once more by each
    /// first start: a quarter of its processor time.
    /// </summary>
    [Fact]
    public void Migrations_ButTheLast_HoldNoModel()
    {
        var wrong = Repository.Files("migrations/Postgres/Migrations", "*.Designer.cs").SkipLast(1)
            .Where(path => File.ReadAllText(path).Contains("BuildTargetModel", StringComparison.Ordinal))
            .Select(Repository.Relative);

        Assert.Empty(wrong);
    }
}
