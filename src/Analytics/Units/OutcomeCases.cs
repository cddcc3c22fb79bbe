using System.Globalization;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Units;

/// <summary>
/// The outcomes of a name and range with what the calls cost that they belong to: those of the same trace; where it has none, those of the same session from <see cref="Window"/> before its
/// first outcome to its last. A tag that an outcome does not tell itself is that of its dearest call, which has inherited it from the nearest ancestor. Columns: <c>time</c>, <c>success</c>,
/// <c>case_key</c>, <c>case_cost</c>, <c>case_calls</c>, and the tags. Found when it is asked for, not when something arrives (docs/adr/0019).
/// </summary>
internal sealed record OutcomeCases(ReadScope Scope, TimeRange Range, string Name, SpendFilter Filter)
{
    /// <summary>How long before its outcome a call of its session may lie, and around the range one of its trace. Default 24 hours.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromHours(24);

    private static readonly string[] Tags = ["feature", "user", "team", "customer", "session"];

    private const string ToldInRange =
        "name = {outcome:String} AND time >= fromUnixTimestamp64Micro({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Micro({to:Int64}, 'UTC')";

    private const string CallsNear =
        "role = 'call' AND start_time >= fromUnixTimestamp64Micro({callsFrom:Int64}, 'UTC') AND start_time < fromUnixTimestamp64Micro({callsTo:Int64}, 'UTC')";

    public string Text()
    {
        var tags = string.Concat(Tags.Select(tag => $",\n    multiIf(told.{tag} != '', toString(told.{tag}), of_trace.found > 0, of_trace.call_{tag}, of_session.call_{tag}) AS {tag}"));
        return $$"""
            (
              SELECT
                told.time AS time,
                told.success AS success,
                toString(told.project_id) AS project,
                multiIf(of_trace.found > 0, concat('t', hex(told.trace_id)), of_session.found > 0, concat('s', told.session), concat('o', told.outcome_id)) AS case_key,
                if(of_trace.found > 0, of_trace.found_cost, of_session.found_cost) AS case_cost,
                if(of_trace.found > 0, of_trace.found, of_session.found) AS case_calls{{tags}}
              FROM
              (
                SELECT outcome_id, project_id, trace_id, time, success, feature, user, team, customer, session
                FROM outcomes FINAL
                WHERE tenant_id = {tenant:UUID} AND {{ToldInRange}}
              ) AS told
              LEFT JOIN
              (
                SELECT trace_id, {{Found("")}}
                FROM calls FINAL
                WHERE tenant_id = {tenant:UUID} AND {{CallsNear}}
                  AND trace_id IN (SELECT trace_id FROM outcomes WHERE tenant_id = {tenant:UUID} AND {{ToldInRange}})
                GROUP BY trace_id
              ) AS of_trace ON of_trace.trace_id = told.trace_id
              LEFT JOIN
              (
                SELECT ends.session AS session, {{Found("near.")}}
                FROM
                (
                  SELECT session, start_time, cost, feature, user, team, customer
                  FROM calls FINAL
                  WHERE tenant_id = {tenant:UUID} AND {{CallsNear}}
                    AND session IN (SELECT session FROM outcomes WHERE tenant_id = {tenant:UUID} AND {{ToldInRange}} AND session != '')
                ) AS near
                INNER JOIN
                (
                  SELECT session, min(time) AS first_told, max(time) AS last_told
                  FROM outcomes FINAL
                  WHERE tenant_id = {tenant:UUID} AND {{ToldInRange}} AND session != ''
                  GROUP BY session
                ) AS ends ON ends.session = near.session
                WHERE near.start_time > ends.first_told - toIntervalSecond({window:UInt32}) AND near.start_time <= ends.last_told
                GROUP BY ends.session
              ) AS of_session ON of_session.session = told.session{{Conditions()}}
            )
            """;
    }

    public void Bind(StatementParameters parameters)
    {
        parameters.Add(Scope).Add("outcome", Name).AddMicros("from", Range.From).AddMicros("to", Range.To)
            .AddMicros("callsFrom", Range.From - Window).AddMicros("callsTo", Range.To + Window).Add("window", "UInt32", (uint)Window.TotalSeconds);
        for (var i = 0; i < Filter.Conditions.Count; i++) parameters.Add(Numbered(i), "Array(String)", Filter.Conditions[i].Values.ToArray());
    }

    private static string Found(string from) =>
        $"count() AS found, sum({from}cost) AS found_cost" + string.Concat(Tags.Select(tag => $", argMax(toString({from}{tag}), {from}cost) AS call_{tag}"));

    /// <summary>By the inherited tags: they are the columns that this source gives.</summary>
    private string Conditions()
    {
        List<string> conditions = Scope.IsWhole ? [] : [ScopeCondition.Text];
        for (var i = 0; i < Filter.Conditions.Count; i++)
        {
            var condition = Filter.Conditions[i];
            if (!UnitCostQuestion.OfOutcomes.Contains(condition.Dimension)) throw new ArgumentException($"An outcome has no {condition.Dimension.Name()}.");
            conditions.Add($"{condition.Dimension.SourceColumn()} {(condition.Excluded ? "NOT IN" : "IN")} {{{Numbered(i)}:Array(String)}}");
        }

        return conditions.Count == 0 ? "" : "\n  WHERE " + string.Join(" AND ", conditions);
    }

    private static string Numbered(int i) => string.Create(CultureInfo.InvariantCulture, $"filter{i}");
}
