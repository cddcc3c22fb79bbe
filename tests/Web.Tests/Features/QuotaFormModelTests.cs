using FinOps.Analytics.Quotas;
using FinOps.Domain.Quotas;
using FinOps.Domain.Tenancy;
using FinOps.Web.Features.Installation;
using FinOps.Web.Parts;

namespace FinOps.Web.Tests.Features;

public sealed class QuotaFormModelTests
{
    private readonly QuotaFormModel _model = new();

    public QuotaFormModelTests() => _model.Fill(new QuotaSettings(
        new TenantId(Guid.NewGuid()), "One", new Dictionary<Quota, long> { [Quota.StorageBytes] = 3_000_000, [Quota.DistinctUsers] = 0 }, new QuotaOptions().ToLimits()));

    [Fact]
    public void TryRead_WhatWasFilledIn_IsWhatIsSet()
    {
        Assert.Equal(("3", "0", ""), (_model[Quota.StorageBytes], _model[Quota.DistinctUsers], _model[Quota.DistinctTeams]));

        Assert.True(_model.TryRead(out var limits, out _));
        Assert.Equal(_model.Set, limits);
    }

    [Theory]
    [InlineData(Quota.StorageBytes, "0.5", 500_000)]
    [InlineData(Quota.IngestItemsPerSecond, " 2000 ", 2000)]
    public void TryRead_ALimit_IsTaken(Quota quota, string told, long limit)
    {
        _model[quota] = told;

        Assert.True(_model.TryRead(out var limits, out _));
        Assert.Equal(limit, limits[quota]);
    }

    [Theory]
    [InlineData("many")]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("9999999999999999999999999999999999")]
    [InlineData("9999999999999999")]
    public void TryRead_WhatCannotBe_SaysWhichField(string told)
    {
        _model[Quota.IngestItemsPerSecond] = told;

        Assert.False(_model.TryRead(out _, out var problem));
        Assert.Contains("Items a second", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(79, null)]
    [InlineData(80, "80 % used")]
    [InlineData(100, "at its limit")]
    public void Mark_NearTheLimit_IsShown(long used, string? mark) =>
        Assert.Equal(mark, QuotaFigures.Mark(new QuotaUse(Quota.DistinctTeams, 100, true, used)));
}
