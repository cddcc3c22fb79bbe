using System.Globalization;
using System.Text.Json;
using FinOps.Analytics.Calls;
using FinOps.Analytics.Spend;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using FinOps.Web.Api;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace FinOps.Web.Tests.Api;

public sealed class ApiQueryTests
{
    private static readonly DateTimeOffset Now = Instant("2026-11-22T12:00:00Z");
    private static readonly ReadScope Scope = ReadScope.Whole(new(Guid.NewGuid()));

    [Fact]
    public void Costs_WithoutParameters_AskForTheLast30Days()
    {
        var (question, problem) = Costs("");

        Assert.Null(problem);
        Assert.Equal(new TimeRange(Now.AddDays(-30), Now), question!.Range);
        Assert.Equal((Scope, Granularity.Total, TimeZoneInfo.Utc, CostsEndpoint.DefaultLimit), (question.Scope, question.Granularity, question.TimeZone, question.Limit));
    }

    [Fact]
    public void Costs_WithEverything_AreReadAsMeant()
    {
        var (question, _) = Costs(
            "?from=2026-11-01T00:00:00%2B01:00&to=2030-01-01T00:00:00.5Z&granularity=day&groupBy=feature,requestedModel,feature&timeZone=Europe/Berlin&feature=a,b&feature=&session=s&limit=7");

        Assert.Equal(new TimeRange(Instant("2026-11-01T00:00:00+01:00"), Instant("2030-01-01T00:00:00.5Z")), question!.Range);
        Assert.Equal([Dimension.Feature, Dimension.RequestedModel], question.GroupBy);
        Assert.Equal(SpendFilter.Where(Dimension.Feature, "a,b", "").And(Dimension.Session, "s"), question.Filter);
        Assert.Equal((Granularity.Day, "Europe/Berlin", 7), (question.Granularity, question.TimeZone.Id, question.Limit));
    }

    [Theory]
    [InlineData("from=2026-11-01t00:00:00z", "2026-11-01T00:00:00Z")]
    [InlineData("from=2026-11-01T00:00:00+01:00", "2026-10-31T23:00:00Z")]
    [InlineData("from=2026-11-01&timeZone=America/New_York", "2026-11-01T04:00:00Z")]
    public void Costs_WithOtherWaysToWriteAnInstant_UnderstandThem(string query, string from) =>
        Assert.Equal(Instant(from), Costs("?" + query).Question!.Range.From);

    [Theory]
    [InlineData("feture=x", "feture")]
    [InlineData("Feature=x", "Feature")]
    [InlineData("groupBy=session", "groupBy")]
    [InlineData("groupBy=tenant_id)--", "groupBy")]
    [InlineData("granularity=week", "granularity")]
    [InlineData("granularity=Day", "granularity")]
    [InlineData("timeZone=Mars/Olympus", "timeZone")]
    [InlineData("from=yesterday", "from")]
    [InlineData("from=2026-11-01T00:00:00", "from")]
    [InlineData("from=2026-11-02T00:00:00Z&to=2026-11-02T00:00:00Z", "from")]
    [InlineData("from=2026-11-01T00:00:00Z&from=2026-11-02T00:00:00Z", "from")]
    [InlineData("from=2020-01-01T00:00:00Z&granularity=hour", "granularity")]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=100001", "limit")]
    [InlineData("project=mine", "project")]
    public void Costs_WithAMistake_AreRefusedByItsName(string query, string parameter)
    {
        var (question, problem) = Costs("?" + query);

        Assert.Null(question);
        Assert.Equal(parameter, problem!.Parameter);
        Assert.Equal(StatusCodes.Status400BadRequest, problem.ToResult().StatusCode);
    }

    [Fact]
    public void Calls_WithFiltersAndCursor_AreReadAsMeant()
    {
        var cursor = new CallCursor(1_795_000_000_123_456, new CallId(new TraceId(1, 2), new SpanId(3)));

        var (question, _) = CallsEndpoint.Read(Query($"?status=failed&unpriced=true&minCost=0.0000402&search=abc&limit=2&cursor={cursor}"), Scope, Now);

        Assert.Equal((CallStatus.Failed, true, 0.0000402m, "abc", 2, cursor), (question!.Status, question.Unpriced, question.MinCost, question.Search, question.Limit, question.After));
    }

    [Theory]
    [InlineData("cursor=nonsense", "cursor")]
    [InlineData("minCost=-1", "minCost")]
    [InlineData("minCost=1e3", "minCost")]
    [InlineData("status=ok", "status")]
    [InlineData("limit=1001", "limit")]
    [InlineData("groupBy=feature", "groupBy")]
    public void Calls_WithAMistake_AreRefusedByItsName(string query, string parameter) =>
        Assert.Equal(parameter, CallsEndpoint.Read(Query("?" + query), Scope, Now).Problem!.Parameter);

    [Fact]
    public void Costs_AsJson_KeepDecimalsNamesAndOffsets()
    {
        var question = new SpendQuestion(Scope, new TimeRange(Now, Now.AddDays(1))) { GroupBy = [Dimension.RequestedModel] };
        var row = new SpendRow(Instant("2026-11-22T00:00:00+05:45"), [""], new SpendFigures(0.0000402m, 1, 2, 3, 4, 5, 6, 7, 8));
        var json = JsonSerializer.Serialize(CostsEndpoint.Answer(question, new SpendAnswer([row], false), "USD"), Options());

        Assert.Equal(
            """{"rows":[{"period":"2026-11-22T00:00:00+05:45","group":{"requestedModel":""},"cost":0.0000402,"currency":"USD","calls":1,"unpricedCalls":2,"failedCalls":3,"inputTokens":4,"cacheReadTokens":5,"cacheWriteTokens":6,"outputTokens":7,"reasoningTokens":8}],"truncated":false,"adjustments":null,"closedMonths":null}""",
            json);
    }

    [Theory]
    [InlineData("2026-11-22T14:05:00Z", "2026-11-22T14:05:00Z")]
    [InlineData("2026-11-22T14:05:00.0402+01:00", "2026-11-22T14:05:00.0402+01:00")]
    public void Instants_AsText_AreRfc3339(string instant, string text) => Assert.Equal(text, Rfc3339Converter.Format(Instant(instant)));

    private static JsonSerializerOptions Options()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web);
        options.Converters.Add(new Rfc3339Converter());
        return options;
    }

    private static (SpendQuestion? Question, ApiProblem? Problem) Costs(string query) => CostsEndpoint.Read(Query(query), Scope, Now);

    private static QueryCollection Query(string query) => new(QueryHelpers.ParseQuery(query));

    private static DateTimeOffset Instant(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.None);
}
