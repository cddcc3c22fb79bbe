using FinOps.Domain.Commitments;

namespace FinOps.Domain.Tests.Commitments;

public sealed class CommitmentTests
{
    private static readonly DateTimeOffset October = new(2026, 10, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("openai", "gpt-4o-mini", true)]
    [InlineData("openai", "GPT-4o-Mini", true)]
    [InlineData("openai", "o3", true)]
    [InlineData("openai", "o3-mini", false)]
    [InlineData("azure.ai.openai", "gpt-4o-mini", false)]
    [InlineData("", "gpt-4o-mini", false)]
    public void Covers_ModelsOfASeller_TakesTheirNamesAndPrefixes(string provider, string model, bool covered) =>
        Assert.Equal(covered, (Spend(100) with { Models = ["gpt-4o*", "O3 "] }).Normal().Covers(provider, model));

    [Fact]
    public void Covers_OnePlatformOfASeller_LeavesTheOthersOut()
    {
        var google = (Spend(100) with { Seller = "gcp.vertex_ai", HostPlatform = "gcp.vertex_ai" }).Normal();

        Assert.Null(google.FindProblem());
        Assert.Equal(("google", true, false), (google.Seller, google.Covers("gcp.vertex_ai", "gemini-2.5-pro"), google.Covers("gcp.gemini", "gemini-2.5-pro")));
    }

    [Fact]
    public void SharesScope_WherePrefixesPlatformsOrEverythingMeet_IsFoundFromBothSides()
    {
        var all = Spend(1);
        Assert.True(Both(all, all with { Models = ["o3"] }));
        Assert.True(Both(all with { Models = ["gpt-4*"] }, all with { Models = ["gpt-4o*", "o3"] }));
        Assert.True(Both(all with { Models = ["gpt-4*"] }, all with { Models = ["gpt-4"] }));
        Assert.False(Both(all with { Models = ["gpt-4o*"] }, all with { Models = ["gpt-4"] }));
        Assert.False(Both(all, all with { Seller = "anthropic" }));
        Assert.False(Both(all, all with { Kind = CommitmentKind.Provisioned }));
        var google = Spend(1) with { Seller = "google" };
        Assert.True(Both(google, google with { HostPlatform = "gcp.vertex_ai" }));
        Assert.False(Both(google with { HostPlatform = "gcp.gemini" }, google with { HostPlatform = "gcp.vertex_ai" }));
    }

    [Fact]
    public void PeriodsIn_QuartersFromTheLastOfAMonth_FollowOnOneAnotherFromTheBeginning()
    {
        var quarterly = Spend(1) with { Period = CommitmentPeriod.Quarter, ValidFrom = new DateTimeOffset(2026, 8, 31, 0, 0, 0, TimeSpan.Zero), ValidTo = null };

        var periods = quarterly.PeriodsIn(October.AddMonths(5), October.AddMonths(5).AddDays(1)).ToList();

        Assert.Equal([(new DateTimeOffset(2027, 2, 28, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2027, 5, 31, 0, 0, 0, TimeSpan.Zero))], periods);
    }

    [Fact]
    public void FindProblem_OfWhatIsImpossible_SaysWhatIsAllowed()
    {
        Assert.Null(Spend(100).FindProblem());
        Assert.Contains("end it with one, on 1 Jan 2027 or 1 Dec 2026", (Spend(100) with { ValidTo = October.AddDays(75) }).FindProblem(), StringComparison.Ordinal);
        Assert.Null((Spend(100) with { Kind = CommitmentKind.Provisioned, ValidTo = October.AddDays(75) }).FindProblem());
        Assert.Contains("UTC day", (Spend(100) with { ValidFrom = October.AddHours(1) }).FindProblem(), StringComparison.Ordinal);
        Assert.Contains("no platform of openai", (Spend(100) with { HostPlatform = "azure.ai.openai" }).FindProblem(), StringComparison.Ordinal);
        Assert.Contains("above 0", Spend(0).FindProblem(), StringComparison.Ordinal);
        Assert.Contains("* at its end", (Spend(100) with { Models = ["gpt*4"] }).FindProblem(), StringComparison.Ordinal);
        Assert.Contains("Name no model", (Spend(100) with { Models = ["*"] }).FindProblem(), StringComparison.Ordinal);
        Assert.Contains("at most 50 models", (Spend(100) with { Models = [.. Enumerable.Range(0, 51).Select(i => $"m{i}")] }).FindProblem(), StringComparison.Ordinal);
        Assert.Contains("EUR", (Spend(100) with { Currency = "euro" }).FindProblem(), StringComparison.Ordinal);
        Assert.Contains("A rate is above 0", (Spend(100) with { Currency = "EUR", Rate = 0 }).FindProblem(), StringComparison.Ordinal);
        Assert.Contains("between 2000 and 2200", (Spend(100) with { ValidFrom = new DateTimeOffset(9999, 1, 1, 0, 0, 0, TimeSpan.Zero), ValidTo = null }).FindProblem(), StringComparison.Ordinal);
    }

    [Fact]
    public void AmountUsd_AgreedInEuro_GoesByTheRateOfTheRow() =>
        Assert.Equal(1_111.111111111111m, (Spend(1_000) with { Currency = "EUR", Rate = 0.9m }).AmountUsd);

    private static bool Both(Commitment one, Commitment other)
    {
        Assert.Equal(one.SharesScopeWith(other), other.SharesScopeWith(one));
        return one.SharesScopeWith(other);
    }

    private static Commitment Spend(decimal amount) => new Commitment
    {
        Name = "OpenAI 2026",
        Kind = CommitmentKind.Spend,
        Seller = "openai",
        Amount = amount,
        ValidFrom = October,
        ValidTo = October.AddYears(1),
    }.Normal();
}
