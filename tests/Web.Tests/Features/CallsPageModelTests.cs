using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using FinOps.Web.Features.Calls;
using FinOps.Web.Parts;

namespace FinOps.Web.Tests.Features;

public sealed class CallsPageModelTests
{
    private static readonly ReadScope Scope = ReadScope.Whole(new(Guid.Parse("6a9c0d4e-51f2-4b73-9d0a-3c1f2b4e5d60")));
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Question_OfAnAddress_HoldsEveryFilter()
    {
        var address = ViewAddress.Parse("http://host/calls?status=failed&unpriced=yes&minCost=0.25&policy=cap&search=chatcmpl-1&range=24h&user=u-1");
        var question = CallsPageModel.Question(Scope, address, Now, TimeZoneInfo.Utc);
        Assert.Equal(Scope, question.Scope);
        Assert.Equal(CallStatus.Failed, question.Status);
        Assert.True(question.Unpriced);
        Assert.Equal(0.25m, question.MinCost);
        Assert.Equal("cap", question.Policy);
        Assert.Equal("chatcmpl-1", question.Search);
        Assert.Equal(Now.AddHours(-24), question.Range.From);
        Assert.Single(question.Filter.Conditions);
    }

    [Fact]
    public void Question_OfNonsense_AsksForAllCalls()
    {
        var question = CallsPageModel.Question(Scope, ViewAddress.Parse("http://host/calls?status=maybe&unpriced=x&minCost=cheap&after=here"), Now, TimeZoneInfo.Utc);
        Assert.Null(question.Status);
        Assert.Null(question.Unpriced);
        Assert.Null(question.MinCost);
        Assert.Null(question.After);
    }

    [Theory]
    [InlineData("http://host/calls?feature=chat&after=1-2", true)]
    [InlineData("http://host/calls?status=failed", false)]
    [InlineData("http://host/calls?unpriced=yes", false)]
    [InlineData("http://host/calls?search=chatcmpl-1", false)]
    [InlineData("http://host/calls?minCost=1", false)]
    [InlineData("http://host/calls?policy=cap", false)]
    public void HasSum_OfConditionsThatRollUpsDoNotKnow_IsFalse(string address, bool has) =>
        Assert.Equal(has, CallsPageModel.HasSum(ViewAddress.Parse(address)));

    [Fact]
    public void Remarks_OfACallWithoutUsage_DoNotBlameThePrice()
    {
        var words = CallsPageModel.Remarks(CallFlags.Unpriced | CallFlags.NoUsage).Select(r => r.Word);
        Assert.Equal(["no usage"], words);
    }
}
