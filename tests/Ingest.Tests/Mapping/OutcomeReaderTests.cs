using FinOps.Domain.Outcomes;
using FinOps.Domain.Usage;
using FinOps.Ingest.Health;
using FinOps.Ingest.Mapping;
using FinOps.Ingest.Pipeline;

namespace FinOps.Ingest.Tests.Mapping;

/// <summary>Outcomes as spans tell them: attributes and events, of calls and of all other spans.</summary>
public sealed class OutcomeReaderTests
{
    private const long Start = MapperHarness.NowUnixMicros;

    private static readonly (string, object)[] Call = [("gen_ai.operation.name", "chat"), ("gen_ai.provider.name", "openai"), ("gen_ai.request.model", "gpt-4o-mini"), ("gen_ai.usage.input_tokens", 5)];

    public static TheoryData<object, bool?> Values => new()
    {
        { true, true }, { false, false }, { "yes", true }, { "false", false }, { 1, true }, { 0, false }, { 0.5, true }, { 0.0, false },
        // A list decides nothing.
        { (string[])["yes"], null },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public void Attribute_OfAnyType_IsJudgedAsText(object value, bool? expected)
    {
        var harness = Harness(Rule());
        harness.Spans("any", new TestSpan { Attributes = [("ticket.resolved", value)] });

        Assert.Equal(expected is { } success ? [success] : [], harness.Rows.Outcomes.Select(row => row.Success));
        Assert.Single(harness.Rows.Links);
    }

    [Fact]
    public void Attribute_OfACall_TellsOneOutcomeWithTheTagsOfItsSpan()
    {
        var harness = Harness(Rule() with { ValueKey = "ticket.worth" });
        var span = new TestSpan { Attributes = [.. Call, ("ticket.resolved", true), ("ticket.worth", 12.5), ("feature", "support"), ("user.id", "ann"), ("session.id", "s-1")] };
        harness.Traces(OtlpBytes.Request("any", [span.Encode()], ("service.name", "shop"), ("team", "care")));

        var row = Assert.Single(harness.Rows.Outcomes);
        var call = Assert.Single(harness.Rows.Calls);
        Assert.Equal((call.Tenant, call.Project, call.TraceId, call.SpanId), (row.Tenant, row.Project, row.TraceId, row.SpanId));
        Assert.Equal(("ticket resolved", $"{call.TraceId}-{call.SpanId}", true, 12.5, Start + 1_500_000), (row.Name, row.Id, row.Success, row.Value, row.TimeUnixMicros));
        Assert.Equal(call.Tags, row.Tags);
        Assert.Equal(("support", "ann", "care", "shop", "s-1"), (row.Tags[Tag.Feature], row.Tags[Tag.User], row.Tags[Tag.Team], row.Tags[Tag.Service], row.Tags[Tag.Session]));
    }

    [Fact]
    public void Events_OfTheName_AreOneOutcomeEach_AtTheirOwnTime()
    {
        var harness = Harness(
            new OutcomeRule(Guid.NewGuid(), "answer rated", OutcomeSource.SpanEvent) { Key = "rated", EventAttribute = "stars", SuccessValues = ["4", "5"], FailureValues = ["1", "2"], ValueKey = "stars" },
            new OutcomeRule(Guid.NewGuid(), "order placed", OutcomeSource.SpanEvent) { Key = "order" });
        harness.Traces(OtlpBytes.Request("any", [
            new OtlpBytes().Bytes(new TestSpan().Encode())
                .Message(11, Event("rated", Start + 10, ("stars", 5))).Message(11, Event("rated", Start + 20, ("stars", 1))).Message(11, Event("rated", Start + 30, ("stars", 3)))
                .Message(11, Event("rated", Start + 40)).Message(11, Event("order", 0)).Message(11, Event("other", Start + 50, ("stars", 5)))
                // Before its span: taken for one of the span's start.
                .Message(11, Event("order", Start - 5_000_000)).ToArray()]));

        Assert.Equal(
            [("answer rated", true, 5.0, 10L), ("answer rated", false, 1.0, 20L), ("order placed", true, null, 1_500_000L), ("order placed", true, null, 0L)],
            harness.Rows.Outcomes.Select(row => (row.Name, row.Success, row.Value, row.TimeUnixMicros - Start)));
        Assert.Equal(4, harness.Rows.Outcomes.Select(row => row.Id).Distinct().Count());
        // The same again has the same ids, so that it takes the place of the first.
        Assert.All(harness.Rows.Outcomes, row => Assert.StartsWith($"{row.TraceId}-{row.SpanId}-", row.Id, StringComparison.Ordinal));
    }

    [Fact]
    public void Outcomes_OutsideTheirTime_OrWithoutARule_AreNone()
    {
        var end = DateTimeOffset.UnixEpoch.AddMicroseconds(Start + 1_500_000);
        foreach (var (rule, count) in ((OutcomeRule, int)[])[(Rule() with { ValidFrom = end }, 1), (Rule() with { ValidFrom = end.AddMicroseconds(1) }, 0), (Rule() with { ValidTo = end }, 0), (Rule() with { Key = "ticket" }, 0)])
        {
            var harness = Harness(rule);
            harness.Spans("any", new TestSpan { Attributes = [("ticket.resolved", true)] });
            Assert.Equal(count, harness.Rows.Outcomes.Count);
        }

        var none = new MapperHarness();
        none.Spans("any", new TestSpan { Attributes = [("ticket.resolved", true)] });
        Assert.Empty(none.Rows.Outcomes);
    }

    [Fact]
    public void Outcomes_BeyondTheRowsOfARequest_AreCountedAndTheCallStays()
    {
        var harness = Harness(new MappingLimits { MaxItems = 2 }, Rule(), Rule() with { Name = "second" }, Rule() with { Name = "third" });
        harness.Spans("any", new TestSpan { Attributes = [("ticket.resolved", true)] });

        Assert.Equal((2, 1), (harness.Rows.Outcomes.Count, harness.Tally[IngestReason.TooManyItems]));
    }

    private static readonly OutcomeRule Rated = new(Guid.NewGuid(), "answer rated", OutcomeSource.LogEvent)
    {
        Key = "answer.rated",
        EventAttribute = "stars",
        SuccessValues = ["4", "5"],
        FailureValues = ["1", "2"],
        ValueKey = "stars",
    };

    [Fact]
    public void LogRecord_OfTheName_TellsOneOutcomeWithItsTraceAndTags_HoweverOftenItIsSent()
    {
        var harness = Harness(Rated, new OutcomeRule(Guid.NewGuid(), "order placed", OutcomeSource.LogEvent) { Key = "order" });
        var good = Record(Start + 10, "answer.rated", ("stars", 5), ("feature", "support"), ("session.id", "s-1"));
        byte[][] records =
        [
            good, good,
            // An older SDK tells the name as an attribute; without a trace the session is what it belongs to.
            new OtlpBytes().Fixed64(11, (ulong)(Start + 20) * 1000).Message(6, OtlpBytes.Attribute("event.name", "answer.rated")).Message(6, OtlpBytes.Attribute("stars", 1))
                .Message(6, OtlpBytes.Attribute("session.id", "s-2")).ToArray(),
            Record(Start + 30, "order"),
            // Neither a success nor a failure, without the attribute, and of another name.
            Record(Start + 40, "answer.rated", ("stars", 3)), Record(Start + 50, "answer.rated"), Record(Start + 60, "gen_ai.client.inference.operation.details", ("stars", 5)),
        ];
        var result = harness.Logs(OtlpBytes.Request("any", records, ("service.name", "shop"), ("team", "care")));

        Assert.Equal((false, 7, 0), (result.Malformed, result.Accepted, result.Rejected));
        Assert.Equal((6, 1), (harness.Tally[IngestReason.Accepted], harness.Tally[IngestReason.Ignored]));
        var rows = harness.Rows.Outcomes;
        Assert.Equal(
            [("answer rated", true, 5.0, 10L), ("answer rated", true, 5.0, 10L), ("answer rated", false, 1.0, 20L), ("order placed", true, null, 30L)],
            rows.Select(row => (row.Name, row.Success, row.Value, row.TimeUnixMicros - Start)));
        Assert.Equal(("support", "s-1", "care", "shop"), (rows[0].Tags[Tag.Feature], rows[0].Tags[Tag.Session], rows[0].Tags[Tag.Team], rows[0].Tags[Tag.Service]));
        Assert.Equal((false, false, true, rows[1].Id), (rows[0].TraceId.IsEmpty, rows[0].SpanId.IsEmpty, rows[2].TraceId.IsEmpty, rows[0].Id));
        Assert.Equal(3, rows.Select(row => row.Id).Distinct().Count());
        Assert.Equal(MapperHarness.Tenant, harness.Rows.Tenant);
    }

    [Fact]
    public void LogRecord_ThatBelongsToNothing_OrLiesOutsideTime_IsRefusedByItsReason()
    {
        var harness = Harness(Rated);
        var old = Start - 500L * 86_400_000_000;
        var result = harness.Logs(OtlpBytes.Request("any",
        [
            new OtlpBytes().Fixed64(1, (ulong)Start * 1000).Text(12, "answer.rated").Message(6, OtlpBytes.Attribute("stars", 5)).ToArray(),
            Record(old, "answer.rated", ("stars", 5)), Record(Start + 3_600_000_000, "answer.rated", ("stars", 5)),
        ]));

        Assert.Equal((3, 1, 1, 1), (result.Rejected, harness.Tally[IngestReason.MissingIds], harness.Tally[IngestReason.StartTooOld], harness.Tally[IngestReason.StartInFuture]));
        Assert.Empty(harness.Rows.Outcomes);

        // Where no outcome is told by records, none is looked at.
        var other = Harness(Rule());
        other.Logs(OtlpBytes.Request("any", [Record(old, "answer.rated", ("stars", 5))]));
        Assert.Equal(1, other.Tally[IngestReason.Ignored]);
    }

    private static byte[] Record(long unixMicros, string name, params (string Key, object Value)[] attributes)
    {
        var record = new OtlpBytes().Fixed64(1, (ulong)unixMicros * 1000).Message(9, [.. Enumerable.Range(1, 16).Select(i => (byte)i)]).Message(10, [1, 2, 3, 4, 5, 6, 7, 8]).Text(12, name);
        foreach (var (key, value) in attributes) record.Message(6, OtlpBytes.Attribute(key, value));
        return record.ToArray();
    }

    [Fact]
    public void Rows_UsedAgain_HoldNothingOfTheRequestBefore()
    {
        var harness = Harness(Rule());
        harness.Spans("any", new TestSpan { Attributes = [("ticket.resolved", true), ("feature", "a")] });
        var row = harness.Rows.Outcomes[0];
        var group = new RowGroup();
        group.Append(harness.Rows, now: 0);
        Assert.Equal(1, group.Blocks.Single(block => block.Table == "outcomes").Rows);

        harness.Rows.Clear();
        Assert.Same(row, harness.Rows.AddOutcome());
        Assert.Equal(("", "", false, "", 0L), (row.Name, row.Id, row.Success, row.Tags[Tag.Feature], row.TimeUnixMicros));
    }

    private static OutcomeRule Rule() => new(Guid.NewGuid(), "ticket resolved", OutcomeSource.SpanAttribute) { Key = "ticket.resolved" };

    private static MapperHarness Harness(params OutcomeRule[] rules) => Harness(new MappingLimits(), rules);

    private static MapperHarness Harness(MappingLimits limits, params OutcomeRule[] rules)
    {
        var harness = new MapperHarness();
        harness.Context = harness.Context with { Limits = limits, Outcomes = new OutcomePlan(rules) };
        return harness;
    }

    private static byte[] Event(string name, long micros, params (string Key, object Value)[] attributes)
    {
        var happened = new OtlpBytes().Text(2, name);
        if (micros != 0) happened.Fixed64(1, (ulong)micros * 1000);
        foreach (var (key, value) in attributes) happened.Message(3, OtlpBytes.Attribute(key, value));
        return happened.ToArray();
    }
}
