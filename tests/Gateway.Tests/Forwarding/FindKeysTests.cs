using System.Security.Cryptography;
using System.Text;
using FinOps.Domain.Policies;
using FinOps.Gateway.Forwarding;

namespace FinOps.Gateway.Tests.Forwarding;

public sealed class FindKeysTests
{
    private static readonly string Sent = "fgw_" + RandomNumberGenerator.GetHexString(24);

    private readonly FindKeys _keys = new();

    private static PolicySnapshot With(string id, string key, bool enabled = true) => PolicySnapshot.Create(
        PolicyBundle.Empty with { Keys = [new VirtualKey(id, SHA256.HashData(Encoding.UTF8.GetBytes(key))) { Enabled = enabled }] });

    [Fact]
    public void Key_IsFoundAgain_AndNothingElseIs()
    {
        var policies = With("bot", Sent);

        for (var time = 0; time < 2; time++)
        {
            Assert.Equal("bot", _keys.Find(policies, Sent)?.Key.Id);
            Assert.Null(_keys.Find(policies, Sent.AsSpan(0, Sent.Length - 1)));
            Assert.Null(_keys.Find(policies, Sent + "0"));
            Assert.Null(_keys.Find(policies, ""));
            Assert.Null(_keys.Find(policies, new string('a', 513)));
        }
    }

    [Fact]
    public void Key_IsWhatTheCallsOwnPoliciesSay_WhateverWasFoundBefore()
    {
        Assert.Equal("bot", _keys.Find(With("bot", Sent), Sent)?.Key.Id);

        // Another organisation's, the same one's after it was given up, and after it was switched off.
        Assert.Null(_keys.Find(With("other", "fgw_other"), Sent));
        Assert.Null(_keys.Find(PolicySnapshot.Empty, Sent));
        Assert.False(_keys.Find(With("bot", Sent, enabled: false), Sent)!.IsLive(DateTimeOffset.UnixEpoch));
    }
}
