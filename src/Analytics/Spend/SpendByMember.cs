using System.Data.Common;
using System.Globalization;
using FinOps.Analytics.Stores.ClickHouse;

namespace FinOps.Analytics.Spend;

internal sealed record SpendByMember(SpendSource Source, Dimension Dimension, string Search, int Limit) : IClickHouseQuestion<MemberRow>
{
    public string Compose(string sql) => sql
        .Replace("{{column}}", Dimension.SourceColumn(), StringComparison.Ordinal)
        .Replace("{{member_left_out}}", Source.IsSampled ? ",\n      sum(sampled_calls) AS member_sampled_calls,\n      sum(left_out_calls) AS member_left_out_calls,\n      sum(left_out_cost) AS member_left_out_cost,\n      sum(left_out_variance) AS member_left_out_variance" : "", StringComparison.Ordinal)
        .Replace("{{left_out}}", Source.IsSampled ? ",\n  sum(member_sampled_calls),\n  sum(member_left_out_calls),\n  sum(member_left_out_cost),\n  sum(member_left_out_variance)" : "", StringComparison.Ordinal)
        .Replace(SpendSource.Marker, Source.Text(withLeftOut: true), StringComparison.Ordinal);

    public void Bind(StatementParameters parameters)
    {
        Source.Bind(parameters);
        parameters.Add("search", Search);
        parameters.Add("limit", "UInt32", Limit);
    }

    public MemberRow Read(DbDataReader row) => new(
        row.GetString(0), SpendMeasures.ReadCount(row, 1) != 0, SpendMeasures.ReadCount(row, 2), SpendMeasures.Read(row, 3, Source.IsSampled));
}

internal sealed record MemberRow(string Value, bool IsOther, long Members, SpendFigures Figures);
