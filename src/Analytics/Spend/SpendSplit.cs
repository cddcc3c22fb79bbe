using System.Data.Common;
using FinOps.Analytics.Stores.ClickHouse;

namespace FinOps.Analytics.Spend;

internal sealed record SpendSplit(SpendSource Source, IReadOnlyList<DateTimeOffset> Periods, Dimension Dimension, int Members, bool IsUnmetered = false)
    : IClickHouseQuestion<SplitRow>, IUnmetered
{
    public string Compose(string sql) => sql
        .Replace("{{column}}", Dimension.SourceColumn(), StringComparison.Ordinal)
        .Replace("{{left_out}}", Source.IsSampled ? ",\n  sum(sum_sampled_calls),\n  sum(sum_left_out_calls),\n  sum(sum_left_out_cost),\n  sum(sum_left_out_variance)" : "", StringComparison.Ordinal)
        .Replace(SpendMeasures.Marker, SpendMeasures.SumsOf(Source), StringComparison.Ordinal)
        .Replace(SpendSource.Marker, Source.Text(withLeftOut: true), StringComparison.Ordinal);

    public void Bind(StatementParameters parameters)
    {
        Source.Bind(parameters);
        parameters.Add("periods", "Array(UInt32)", PeriodStarts.Seconds(Periods));
        parameters.Add("limit", "UInt32", Members);
    }

    public SplitRow Read(DbDataReader row) => new(
        PeriodStarts.IndexOf(Periods, SpendMeasures.ReadCount(row, 0)), SpendMeasures.ReadCount(row, 1) != 0 ? null : row.GetString(2),
        SpendMeasures.Read(row, 3, Source.IsSampled));
}

internal sealed record SplitRow(int Period, string? Member, SpendFigures Figures);
