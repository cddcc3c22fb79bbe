using System.Data.Common;
using System.Globalization;
using System.Text;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Usage;

namespace FinOps.Analytics.Calls;

/// <summary>The calls of one stretch of time that a page asks for.</summary>
internal sealed record CallPage(CallsQuestion Question, long FromMicros, long ToMicros, int Limit) : IClickHouseQuestion<CallRow>
{
    public string Compose(string sql)
    {
        var conditions = new StringBuilder();
        if (!Question.Scope.IsWhole) conditions.Append(CultureInfo.InvariantCulture, $"AND {ScopeCondition.Text}\n  ");
        for (var i = 0; i < Question.Filter.Conditions.Count; i++)
        {
            var condition = Question.Filter.Conditions[i];
            var column = condition.Dimension == Dimension.Project ? "toString(project_id)" : condition.Dimension.Column();
            conditions.Append(CultureInfo.InvariantCulture, $"AND {column} {(condition.Excluded ? "NOT IN" : "IN")} {{filter{i}:Array(String)}}\n  ");
        }

        if (Question.Status is not null) conditions.Append("AND CAST(status, 'Int8') = {status:Int8}\n  ");
        if (Question.Unpriced is not null) conditions.Append("AND (bitAnd(flags, {unpricedFlag:UInt32}) != 0) = {unpriced:UInt8}\n  ");
        if (Question.AnyFlag != CallFlags.None) conditions.Append("AND bitAnd(flags, {anyFlag:UInt32}) != 0\n  ");
        if (Question.MinCost is not null) conditions.Append("AND cost >= toDecimal128({minCost:String}, 12)\n  ");
        // Ids hold neither a comma nor an @, so that a part of a longer id is none; and the engine looks at each distinct text once.
        if (Question.Policy is { Length: > 0 }) conditions.Append("AND position(concat(',', policies), concat(',', {policy:String}, '@')) > 0\n  ");
        if (Question.Search is { Length: > 0 } search)
        {
            conditions.Append("AND (response_id = {search:String} OR session = {search:String}");
            if (IdsIn(search).Trace is not null) conditions.Append(" OR trace_id = toFixedString(unhex({searchTrace:String}), 16)");
            if (IdsIn(search).Span is not null) conditions.Append(" AND span_id = {searchSpan:UInt64}");
            conditions.Append(")\n  ");
        }

        if (Question.After is not null)
        {
            conditions.Append(
                "AND (start_time, trace_id, span_id) < (fromUnixTimestamp64Micro({afterStart:Int64}, 'UTC'), toFixedString(unhex({afterTrace:String}), 16), {afterSpan:UInt64})");
        }

        return sql
            .Replace(CallRowColumns.Marker, CallRowColumns.Text, StringComparison.Ordinal)
            .Replace("{{conditions}}", conditions.ToString().TrimEnd(), StringComparison.Ordinal);
    }

    public void Bind(StatementParameters parameters)
    {
        parameters.Add(Question.Scope).Add("from", FromMicros).Add("to", ToMicros).Add("limit", "UInt32", Limit);
        for (var i = 0; i < Question.Filter.Conditions.Count; i++)
            parameters.Add(string.Create(CultureInfo.InvariantCulture, $"filter{i}"), "Array(String)", Question.Filter.Conditions[i].Values.ToArray());
        if (Question.Status is { } status) parameters.Add("status", "Int8", (sbyte)status);
        if (Question.Unpriced is { } unpriced)
            parameters.Add("unpricedFlag", "UInt32", (uint)CallFlags.Unpriced).Add("unpriced", "UInt8", unpriced ? (byte)1 : (byte)0);
        if (Question.AnyFlag != CallFlags.None) parameters.Add("anyFlag", "UInt32", (uint)Question.AnyFlag);
        if (Question.MinCost is { } cost) parameters.Add("minCost", cost.ToString(CultureInfo.InvariantCulture));
        if (Question.Policy is { Length: > 0 } policy) parameters.Add("policy", policy);
        if (Question.Search is { Length: > 0 } search) BindSearch(parameters, search.Trim());
        if (Question.After is { } after)
        {
            parameters.Add("afterStart", after.StartUnixMicros).Add("afterTrace", after.Id.Trace.ToString())
                .Add("afterSpan", after.Id.Span.Value);
        }
    }

    public CallRow Read(DbDataReader row) => CallRowColumns.Read(row);

    private static void BindSearch(StatementParameters parameters, string search)
    {
        parameters.Add("search", search);
        var (trace, span) = IdsIn(search);
        if (trace is { } wantedTrace) parameters.Add("searchTrace", wantedTrace.ToString());
        if (span is { } wantedSpan) parameters.Add("searchSpan", wantedSpan.Value);
    }

    private static (TraceId? Trace, SpanId? Span) IdsIn(string search)
    {
        if (CallId.TryParse(search.Trim(), out var id)) return (id.Trace, id.Span);
        return TraceId.TryParse(search.Trim(), out var trace) ? (trace, null) : (null, null);
    }
}
