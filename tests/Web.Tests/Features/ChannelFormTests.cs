using FinOps.Analytics.Channels;
using FinOps.Domain.Alerts;
using FinOps.Domain.Channels;
using FinOps.Domain.Usage;
using FinOps.Web.Features.Budgets;
using FinOps.Web.Features.Channels;

namespace FinOps.Web.Tests.Features;

public sealed class ChannelFormTests
{
    private static readonly Dictionary<string, string> Projects = new() { ["0199f2c4-0000-7000-8000-000000000001"] = "Shop" };

    [Fact]
    public void Channel_FilledInAndOpenedAgain_IsTheSame_AndKeepsNothingOfAnotherKind()
    {
        var form = ChannelForm.New("Europe/Berlin");
        (form.Name, form.Kind, form.Recipients, form.SlackChannel, form.IsQuiet, form.Weekends) = (" By mail ", ChannelKind.Email, "ann@x.test\nbob@x.test, cem@x.test\n", "#left-over", true, true);

        var (channel, problem) = form.ToChannel(Guid.NewGuid());

        Assert.Null(problem);
        Assert.Equal(("By mail", "", new QuietHours("Europe/Berlin", new(22, 0), new(7, 0), Weekends: true)), (channel!.Name, channel.SlackChannel, channel.Quiet));
        Assert.Equal(["ann@x.test", "bob@x.test", "cem@x.test"], channel.Recipients);
        Assert.Equal("22:00 to 07:00 and weekends, Europe/Berlin", ChannelTexts.Quiet(channel.Quiet!));
        form.TimeZone = "Mars";
        Assert.Contains("IANA", form.ToChannel(Guid.NewGuid()).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Route_FilledIn_TakesWhatItSays()
    {
        var (id, channel) = (Guid.NewGuid(), Guid.NewGuid());
        var form = new RouteForm { Name = "r", Least = AlertSeverity.Warning };
        form.Kinds.Add(AlertKind.Budget);
        form.Channels.Add(channel);
        form.Scope.Add(new BudgetForm.ScopeRow { Dimension = ScopeDimension.Project, Values = "Shop" });

        var (route, problem) = form.ToRoute(id, Projects);

        Assert.Null(problem);
        Assert.Equal(SpendScope.Of(ScopeDimension.Project, "0199f2c4-0000-7000-8000-000000000001"), route!.Scope);
        Assert.Equal("of budgets, from warning on, project is Shop", ChannelTexts.Takes(route, Projects));
        Assert.Equal("everything", ChannelTexts.Takes(new AlertRoute(id, "r"), Projects));
        form.Scope[0].Values = "Gone";
        Assert.Contains("no project", form.ToRoute(id, Projects).Problem, StringComparison.Ordinal);
        form.Scope.Clear();
        form.Channels.Clear();
        Assert.Contains("channels", form.ToRoute(id, Projects).Problem, StringComparison.Ordinal);
    }
}
