using FinOps.Analytics.Spend;
using FinOps.Web.Parts;

namespace FinOps.Web.Tests.Parts;

public sealed class ViewAddressTests
{
    [Theory]
    [InlineData("http://host/explore?range=30d&by=model&feature=chat&feature=!batch")]
    [InlineData("http://host/explore?compare=on&customer=a%26b%3D1")]
    [InlineData("http://host/explore?range=custom&from=2026-11-01T00:00:00Z&to=2026-11-02T12:30:00Z")]
    [InlineData("http://host/explore?feature=")]
    public void To_OfAParsedAddress_IsTheSameView(string uri)
    {
        var address = ViewAddress.Parse(uri);
        var again = ViewAddress.Parse("http://host" + address.To("/explore", own: true));
        Assert.Equal(address.To("/explore", own: true), again.To("/explore", own: true));
        Assert.Equal(address.Range, again.Range);
        Assert.Equal(address.ToFilter(), again.ToFilter());
    }

    [Fact]
    public void Filter_WithTheOpposite_ReplacesIt()
    {
        var address = ViewAddress.Empty.Filter("feature", "chat").Filter("feature", "chat", exclude: true);
        Assert.Equal(["!chat"], address.Filters["feature"]);
        Assert.Equal(SpendFilter.None.AndNot(Dimension.Feature, "chat"), address.ToFilter());
    }

    [Fact]
    public void Unfilter_OfTheLastValue_LeavesNoFilter() =>
        Assert.Empty(ViewAddress.Empty.Filter("team", "growth").Unfilter("team", "growth").Filters);

    [Fact]
    public void To_AnotherPage_TakesRangeAndFiltersButNotThePagesOwn()
    {
        var address = ViewAddress.Parse("http://host/explore?range=24h&by=model&team=growth");
        Assert.Equal("/calls?range=24h&team=growth", address.To("/calls"));
    }

    [Fact]
    public void Filter_OfCallsWithoutTheTag_AsksForTheEmptyValue() =>
        Assert.Equal(SpendFilter.Where(Dimension.User, ""), ViewAddress.Parse("http://host" + ViewAddress.Empty.Filter("user", "").To("/calls")).ToFilter());

    [Fact]
    public void Unfiltered_InAProject_StaysInIt()
    {
        var address = ViewAddress.Parse("http://host/explore?team=growth&project=p-1&range=30d");
        Assert.Equal("p-1", address.Project);
        Assert.Equal("/calls?range=30d&project=p-1", address.Unfiltered().To("/calls"));
        Assert.Null(address.InProject("").Project);
    }

    [Theory]
    [InlineData("project=!p-1")]
    [InlineData("project=p-1&project=p-2")]
    [InlineData("team=growth")]
    public void Project_WhereTheSwitchCannotShowIt_IsNull(string query) => Assert.Null(ViewAddress.Parse("http://host/?" + query).Project);
}
