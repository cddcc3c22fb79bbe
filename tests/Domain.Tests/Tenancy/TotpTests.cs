using FinOps.Domain.Tenancy;

namespace FinOps.Domain.Tests.Tenancy;

public sealed class TotpTests
{
    /// <summary>"12345678901234567890", the key of RFC 6238's examples.</summary>
    private const string Key = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    /// <summary>RFC 6238, appendix B, cut to six digits.</summary>
    [Theory]
    [InlineData(59, "287082")]
    [InlineData(1111111109, "081804")]
    [InlineData(1234567890, "005924")]
    [InlineData(2000000000, "279037")]
    [InlineData(20000000000, "353130")]
    public void CodeOf_TheRfcsExamples_IsTheRfcs(long seconds, string code) =>
        Assert.Equal(code, Totp.CodeOf(Key, Totp.StepOf(DateTimeOffset.FromUnixTimeSeconds(seconds))));

    [Theory]
    [InlineData(-2, false)]
    [InlineData(-1, true)]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(2, false)]
    public void FindStep_ACodeOfANeighbouringStep_IsTakenOneStepAway(int away, bool taken)
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);
        var step = Totp.StepOf(now) + away;

        Assert.Equal(taken ? step : null, Totp.FindStep(Key, Totp.CodeOf(Key, step), now));
    }

    [Theory]
    [InlineData("")]
    [InlineData("28708")]
    [InlineData("2870820")]
    [InlineData("abcdef")]
    [InlineData("٢٨٧٠٨٢")]
    public void FindStep_WhatIsNoCode_IsRefused(string typed) => Assert.Null(Totp.FindStep(Key, typed, DateTimeOffset.FromUnixTimeSeconds(59)));

    [Fact]
    public void FindStep_ACodeWithABlank_IsTaken() => Assert.Equal(1, Totp.FindStep(Key, "287 082", DateTimeOffset.FromUnixTimeSeconds(59)));

    [Fact]
    public void NewKey_EachTime_IsAnotherOf160Bits()
    {
        var keys = Enumerable.Range(0, 100).Select(_ => Totp.NewKey()).ToList();

        Assert.Equal(100, keys.Distinct().Count());
        Assert.All(keys, key => Assert.Matches("^[A-Z2-7]{32}$", key));
        Assert.All(keys, key => Assert.Matches("^[0-9]{6}$", Totp.CodeOf(key, 1)));
    }

    [Fact]
    public void UriOf_AnAccount_IsWhatAppsRead() => Assert.Equal(
        "otpauth://totp/FinOps%20for%20AI:a%40b.test?secret=" + Key + "&issuer=FinOps%20for%20AI&algorithm=SHA1&digits=6&period=30", Totp.UriOf("FinOps for AI", "a@b.test", Key));
}
