using FinOps.Analytics.Deletion;
using FinOps.Web.Features.Account;

namespace FinOps.Web.Tests.Features;

public sealed class DeleteAccountPageModelTests
{
    [Fact]
    public void Lines_OfADeletion_TellEachTableThatLosesRows_AndNoOther()
    {
        var deletion = new AccountDeletion("ann@example.test", ["Acme", "Beta"], new Dictionary<string, long>
        {
            ["invitations"] = 0,
            ["mail_outbox"] = 1,
            ["memberships"] = 2,
            ["user_sessions"] = 1234,
            ["user_tokens"] = 1,
            ["users"] = 1,
            ["user_of_later"] = 3,
        });

        Assert.Equal(
            ["1 account", "2 memberships: Acme, Beta", "1,234 sessions", "1 entry of the second factor and its recovery codes", "1 mail", "3 in user_of_later"],
            DeleteAccountPageModel.Lines(deletion));
    }

    [Theory]
    [InlineData("ann@example.test", true)]
    [InlineData(" Ann@Example.test ", true)]
    [InlineData("bob@example.test", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void ProblemWith_WhatWasTyped_IsNoneForTheAddressAlone(string? typed, bool right) =>
        Assert.Equal(right ? null : "Type ann@example.test to delete this account.", DeleteAccountPageModel.ProblemWith(typed, "ann@example.test"));

    [Fact]
    public void IsFresh_ASession_ForTenMinutes()
    {
        var now = DateTimeOffset.UnixEpoch.AddYears(56);

        Assert.True(DeleteAccountPageModel.IsFresh(now.AddMinutes(-10), now));
        Assert.False(DeleteAccountPageModel.IsFresh(now.AddMinutes(-10).AddTicks(-1), now));
        Assert.False(DeleteAccountPageModel.IsFresh(null, now));
    }
}
