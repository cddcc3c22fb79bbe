using FinOps.Analytics.Spend;
using FinOps.Web.Parts;
using FinOps.Web.Shell;

namespace FinOps.Web.Tests.Shell;

public sealed class PaletteModelTests
{
    private const string Project = "6a9c0d4e-51f2-4b73-9d0a-3c1f2b4e5d60";

    /// <summary>Another filter and the page's own parameters would make the member look empty.</summary>
    [Fact]
    public void Match_OfAMember_KeepsRangeAndProjectAndDropsTheRest()
    {
        var view = ViewAddress.Parse($"http://host/calls?range=30d&project={Project}&team=growth&status=failed");
        var match = PaletteModel.Match(new PaletteModel.FoundMember(Dimension.Customer, "acorn & co", default), view);
        Assert.Equal($"/explore?range=30d&customer=acorn%20%26%20co&project={Project}&by=feature", match.Link);
        Assert.Equal($"/calls?range=30d&customer=acorn%20%26%20co&project={Project}", match.CallsLink);
    }

    [Fact]
    public void Match_OfAFeature_IsDividedByModel() =>
        Assert.Equal("/explore?feature=chat&by=model", PaletteModel.Match(new PaletteModel.FoundMember(Dimension.Feature, "chat", default), ViewAddress.Empty).Link);
}
