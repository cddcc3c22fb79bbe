using FinOps.Domain.Outcomes;

namespace FinOps.Domain.Tests.Outcomes;

public sealed class OutcomeRuleTests
{
    [Theory]
    // Nothing named: what is true is a success, everything else a failure.
    [InlineData("", "", "true", true)]
    [InlineData("", "", "True", true)]
    [InlineData("", "", "42", true)]
    [InlineData("", "", "resolved", true)]
    [InlineData("", "", "false", false)]
    [InlineData("", "", "no", false)]
    [InlineData("", "", "0", false)]
    [InlineData("", "", "0.0", false)]
    [InlineData("", "", "", false)]
    // Successes named: all others fail.
    [InlineData("resolved,closed", "", "closed", true)]
    [InlineData("resolved,closed", "", "Closed", false)]
    [InlineData("0", "", "0", true)]
    // Failures named: all others succeed, also what is not true.
    [InlineData("", "error", "error", false)]
    [InlineData("", "error", "0", true)]
    // Both named: what is neither is no outcome.
    [InlineData("up", "down", "up", true)]
    [InlineData("up", "down", "down", false)]
    [InlineData("up", "down", "sideways", null)]
    public void Judge_OfAValue_FollowsWhatIsNamed(string success, string failure, string value, bool? expected) =>
        Assert.Equal(expected, Rule(success, failure).Judge(value));

    [Fact]
    public void Validity_IsHalfOpen()
    {
        var (from, to) = (DateTimeOffset.UnixEpoch.AddDays(1), DateTimeOffset.UnixEpoch.AddDays(2));
        var rule = Rule("", "") with { ValidFrom = from, ValidTo = to };

        Assert.Equal([false, true, true, false], new[] { from.AddTicks(-1), from, to.AddTicks(-1), to }.Select(rule.IsValidAt));
        Assert.True((rule with { ValidTo = null }).IsValidAt(DateTimeOffset.MaxValue));
    }

    public static TheoryData<OutcomeRule, string> Wrong => new()
    {
        { Rule("", "") with { Name = " " }, "a name" },
        { Rule("", "") with { Name = new string('a', 201) }, "a name" },
        { Rule("", "") with { Key = "" }, "Name the attribute" },
        { Rule("", "") with { Source = OutcomeSource.SpanEvent, Key = "" }, "Name the event" },
        { Rule("", "") with { EventAttribute = "a" }, "Only an event" },
        { Rule("yes", "") with { Source = OutcomeSource.SpanEvent }, "need the attribute" },
        { Rule("yes", "") with { Source = OutcomeSource.LogEvent }, "need the attribute" },
        { Rule("", "") with { Source = OutcomeSource.LogEvent, Key = "" }, "Name the event" },
        { Rule("a", "a"), "a success and a failure" },
        { Rule(string.Join(',', Enumerable.Range(0, 21)), ""), "At most 20" },
        { Rule(new string('a', 201), ""), "1 to 200" },
        { Rule("", "") with { Source = OutcomeSource.Told }, "takes no key" },
        { Rule("", "") with { ValidFrom = DateTimeOffset.UnixEpoch, ValidTo = DateTimeOffset.UnixEpoch }, "cannot end before" },
        { Rule("", "") with { Source = (OutcomeSource)9 }, "by an attribute of a span" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Rule_ThatCannotBe_SaysWhatToDo(OutcomeRule rule, string expected) => Assert.Contains(expected, rule.FindProblem(), StringComparison.Ordinal);

    [Fact]
    public void Rule_OfEachSource_CanBeUsed()
    {
        Assert.Null(Rule("yes", "no").FindProblem());
        Assert.Null((Rule("yes", "") with { Source = OutcomeSource.LogEvent, EventAttribute = "state" }).FindProblem());
        Assert.Null((Rule("yes", "") with { Source = OutcomeSource.SpanEvent, EventAttribute = "state", ValueKey = "worth" }).FindProblem());
        Assert.Null(new OutcomeRule(Guid.NewGuid(), "ticket closed", OutcomeSource.Told).FindProblem());
    }

    private static OutcomeRule Rule(string success, string failure) => new(Guid.Empty, "ticket resolved", OutcomeSource.SpanAttribute)
    {
        Key = "ticket.resolved",
        SuccessValues = success.Split(',', StringSplitOptions.RemoveEmptyEntries),
        FailureValues = failure.Split(',', StringSplitOptions.RemoveEmptyEntries),
    };
}
