using System.Text;
using System.Text.Json;
using FinOps.Domain.Policies;
using FinOps.Domain.Policies.Control;

namespace FinOps.Domain.Tests.Policies;

/// <summary>The names on the wire between agents and the control plane: both are released apart, so they stay.</summary>
public sealed class ControlJsonTests
{
    [Fact]
    public void Bodies_AreSpelledAsAgreed()
    {
        Assert.Equal(
            """{"token":"fin_en_1","software":"gateway 1","host":"h"}""",
            JsonSerializer.Serialize(new EnrolRequest("fin_en_1", "gateway 1", "h"), ControlJson.Default.EnrolRequest));
        Assert.Equal(
            """{"agent_id":"11111111-1111-4111-8111-111111111111","name":"edge","tenant":"22222222-2222-4222-8222-222222222222","agent_key":"fin_ag_1","signing_key":"AQI=","project":"33333333-3333-4333-8333-333333333333"}""",
            JsonSerializer.Serialize(
                new EnrolResponse(Guid.Parse("11111111-1111-4111-8111-111111111111"), "edge", Guid.Parse("22222222-2222-4222-8222-222222222222"), "fin_ag_1", [1, 2], Guid.Parse("33333333-3333-4333-8333-333333333333")), ControlJson.Default.EnrolResponse));
        Assert.Equal(
            """{"version":7,"refusal":"invalid","errors":[{"path":"$","problem":"p","remedy":"r"}]}""",
            JsonSerializer.Serialize(new Acknowledgement(7, PolicyWords.Refusals[BundleRefusal.Invalid], [new PolicyError("$", "p", "r")]), ControlJson.Default.Acknowledgement));
        Assert.Equal(
            """{"version":7,"software":"g","calls":1,"waiting_spans":2,"lost_spans":3}""", JsonSerializer.Serialize(new Heartbeat(7, "g", 1, 2, 3), ControlJson.Default.Heartbeat));
        Assert.Equal("""{"version":7,"next_seconds":30}""", JsonSerializer.Serialize(new HeartbeatResponse(7, AgentControl.HeartbeatSeconds), ControlJson.Default.HeartbeatResponse));
        var lease = Guid.Parse("44444444-4444-4444-8444-444444444444");
        Assert.Equal("""{"policy_id":"p","budget_id":"b","usd":0.25,"seconds":60}""", JsonSerializer.Serialize(new LeaseRequest("p", "b", 0.25m, 60), ControlJson.Default.LeaseRequest));
        Assert.Equal(
            """{"policy_id":"p","budget_id":"b","usd":0.25,"seconds":60,"request_id":"44444444-4444-4444-8444-444444444444"}""", JsonSerializer.Serialize(new LeaseRequest("p", "b", 0.25m, 60, lease), ControlJson.Default.LeaseRequest));
        Assert.Null(JsonSerializer.Deserialize("""{"policy_id":"p","budget_id":"b","usd":0.25,"seconds":60}""", ControlJson.Default.LeaseRequest)!.RequestId);
        Assert.Equal("""{"lease_id":"44444444-4444-4444-8444-444444444444","usd":0.25,"seconds":60,"left_usd":7}""", JsonSerializer.Serialize(new LeaseGrant(lease, 0.25m, 60, 7), ControlJson.Default.LeaseGrant));
        Assert.Equal("""{"lease_id":"44444444-4444-4444-8444-444444444444","spent_usd":0.125,"calls":3}""", JsonSerializer.Serialize(new LeaseSettlement(lease, 0.125m, 3), ControlJson.Default.LeaseSettlement));
        var signed = new SignedBundle([1], "k", [2]);
        Assert.Equal(Encoding.UTF8.GetString(signed.ToJson()), JsonSerializer.Serialize(signed, ControlJson.Default.SignedBundle));
    }

    [Theory]
    [InlineData("""{"software":"g"}""")]
    [InlineData("""{"version":1,"software":null}""")]
    [InlineData("[]")]
    public void Bodies_ThatLackSomething_AreRefused(string json) =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize(json, ControlJson.Default.Heartbeat));

    [Fact]
    public void Bodies_OfANewerRelease_AreRead() =>
        Assert.Equal(new Heartbeat(1, "g"), JsonSerializer.Deserialize("""{"version":1,"software":"g","mood":"fine"}""", ControlJson.Default.Heartbeat));

    [Fact]
    public void Refusals_AllHaveAWord() => Assert.Equal(Enum.GetValues<BundleRefusal>().Length, Enum.GetValues<BundleRefusal>().Select(refusal => PolicyWords.Refusals[refusal]).Distinct().Count());
}
