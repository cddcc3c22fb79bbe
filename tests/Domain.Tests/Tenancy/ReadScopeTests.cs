using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;

namespace FinOps.Domain.Tests.Tenancy;

public sealed class ReadScopeTests
{
    private static readonly TenantId Tenant = new(Guid.Parse("11111111-1111-1111-1111-111111111111"));

    [Theory]
    [InlineData(true, "red")]
    [InlineData(true, "blue", "red")]
    [InlineData(false, "red", "green")]
    [InlineData(false, "green")]
    [InlineData(false, "Red")]
    [InlineData(false, "")]
    [InlineData(false, "red", "")]
    public void Covers_ScopeOfTeams_OnlyWhereAllAreTheReaders(bool covered, params string[] teams)
    {
        var reader = ReadScope.OfTeams(Tenant, ["red", "blue"]);

        Assert.Equal(covered, reader.Covers(SpendScope.Of(ScopeDimension.Team, teams)));
        Assert.Equal(covered, reader.Covers(SpendScope.Of(ScopeDimension.Team, teams).And(ScopeDimension.Feature, "rag")));
        Assert.True(ReadScope.Whole(Tenant).Covers(SpendScope.Of(ScopeDimension.Team, teams)));
    }

    [Fact]
    public void Covers_ScopeWithoutTeamsOrOfResources_OnlyForTheWholeOrganisation()
    {
        var (reader, whole) = (ReadScope.OfTeams(Tenant, ["red"]), ReadScope.Whole(Tenant));
        SpendScope[] others =
        [
            SpendScope.Everything, SpendScope.Of(ScopeDimension.Feature, "rag"), SpendScope.Of(ScopeDimension.User, "red"),
            SpendScope.Of(ScopeDimension.Team, "red").And(ScopeDimension.GpuPool, "H100"), SpendScope.Of(ScopeDimension.Team, "red").And(ScopeDimension.VectorDatabase, "qdrant"),
        ];

        Assert.All(others, scope => Assert.False(reader.Covers(scope)));
        Assert.All(others, scope => Assert.True(whole.Covers(scope)));
    }
}
