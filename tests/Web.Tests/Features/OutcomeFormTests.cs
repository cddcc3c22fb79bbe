using FinOps.Analytics.Outcomes;
using FinOps.Analytics.Spend;
using FinOps.Domain.Outcomes;
using FinOps.Web.Features.Units;

namespace FinOps.Web.Tests.Features;

public sealed class OutcomeFormTests
{
    [Fact]
    public void Rule_OfAForm_KeepsWhatItsSourceKnows()
    {
        var form = new OutcomeForm { Name = " order placed ", Key = " order.placed ", EventAttribute = "state", SuccessValues = "yes, paid,,yes", FailureValues = " no ", ValueKey = " worth ", Features = "shop , cart" };
        var id = Guid.NewGuid();

        var attribute = form.ToRule(id);
        Assert.Equal((id, "order placed", "order.placed", "", "worth"), (attribute.Id, attribute.Name, attribute.Key, attribute.EventAttribute, attribute.ValueKey));
        Assert.Equal("yes paid|no|shop cart", string.Join('|', ((IReadOnlyList<string>[])[attribute.SuccessValues, attribute.FailureValues, form.FeatureList]).Select(list => string.Join(' ', list))));
        form.Source = OutcomeSource.SpanEvent;
        Assert.Equal("state", form.ToRule(id).EventAttribute);
        form.Source = OutcomeSource.Told;
        // What was filled in before the source was changed is no mistake.
        Assert.Null(form.ToRule(id).FindProblem());
        Assert.Equal(("", 0), (form.ToRule(id).Key, form.ToRule(id).SuccessValues.Count));
    }

    [Theory]
    [InlineData(OutcomeSource.SpanAttribute, "", "", "", "attribute k", "unless empty, 0, false or no")]
    [InlineData(OutcomeSource.SpanAttribute, "", "a,b", "", "attribute k", "a or b; else a failure")]
    [InlineData(OutcomeSource.SpanAttribute, "", "", "c", "attribute k", "all but c")]
    [InlineData(OutcomeSource.SpanEvent, "", "", "", "event k", "always")]
    [InlineData(OutcomeSource.SpanEvent, "s", "a", "c", "event k, s", "a; a failure with c")]
    [InlineData(OutcomeSource.LogEvent, "", "", "", "log k", "always")]
    [InlineData(OutcomeSource.LogEvent, "s", "a", "c", "log k, s", "a; a failure with c")]
    [InlineData(OutcomeSource.Told, "", "", "", "REST", "as told")]
    public void Definition_InWords_SaysWhatItCounts(OutcomeSource source, string attribute, string success, string failure, string toldBy, string means)
    {
        var row = new OutcomeDefinition
        {
            TenantId = Guid.Empty,
            Id = Guid.Empty,
            Name = "n",
            Source = source,
            Key = "k",
            EventAttribute = attribute,
            SuccessValues = success.Split(',', StringSplitOptions.RemoveEmptyEntries),
            FailureValues = failure.Split(',', StringSplitOptions.RemoveEmptyEntries),
            ValueKey = "",
            Features = [],
            ValidFrom = default,
            MadeAt = default,
            MadeBy = "a",
        };

        Assert.Equal((toldBy, means), (OutcomeForm.ToldBy(row), OutcomeForm.Means(row)));
    }

    [Theory]
    [InlineData(1, Granularity.Day)]
    [InlineData(31, Granularity.Day)]
    [InlineData(92, Granularity.Week)]
    [InlineData(365, Granularity.Month)]
    public void Length_OfAPeriod_FollowsTheRange(int days, Granularity expected) =>
        Assert.Equal(expected, UnitsPageModel.UsualLength(TimeRange.Ending(DateTimeOffset.UnixEpoch.AddDays(1_000), TimeSpan.FromDays(days))));
}
