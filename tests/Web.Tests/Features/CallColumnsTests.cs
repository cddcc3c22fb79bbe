using FinOps.Web.Features.Calls;

namespace FinOps.Web.Tests.Features;

public sealed class CallColumnsTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("gone,never-there")]
    public void Recall_OfNothingKnown_IsTheUsualChoice(string? remembered) => Assert.Same(CallColumns.Usual, CallColumns.Recall(remembered));

    [Fact]
    public void Recall_OnAPhone_ShowsTheCostWithoutMovingSideways() => Assert.Equal(["feature", "cost"], CallColumns.Recall(null, onAPhone: true).Select(column => column.Key));

    [Fact]
    public void Recall_OfWhatWasRemembered_IsTheSameChoice()
    {
        var chosen = CallColumns.Toggle(CallColumns.Toggle(CallColumns.Usual, Named("session")), Named("user"));
        Assert.Contains(Named("session"), chosen);
        Assert.DoesNotContain(Named("user"), chosen);
        Assert.Equal(chosen, CallColumns.Recall(CallColumns.Remember(chosen)));
        // A column of another version goes, the others stay.
        Assert.Equal(chosen, CallColumns.Recall("gone," + CallColumns.Remember(chosen)));
    }

    [Fact]
    public void Toggle_OfTheLastColumn_KeepsIt()
    {
        var cost = CallColumns.Recall("cost");
        Assert.Equal(cost, CallColumns.Toggle(cost, Named("cost")));
    }

    private static CallColumn Named(string key) => CallColumns.All.Single(column => column.Key == key);
}
