using System.Data.Common;
using FinOps.Analytics.Stores.ClickHouse;

namespace FinOps.Analytics.Spend;

internal sealed record SpendSplit(SpendSource Source, IReadOnlyList<DateTimeOffset> Periods, Dimension Dimension, int Members)
    : IClickHouseQuestion<SplitRow>
{
    public string Compose(string sql) => sql
        .Replace("{{column}}", Dimension.SourceColumn(), StringComparison.Ordinal)
        .Replace(SpendMeasures.Marker, SpendMeasures.Sums, StringComparison.Ordinal)
        .Replace(SpendSource.Marker, Source.Text(), StringComparison.Ordinal);

    public void Bind(StatementParameters parameters)
    {
        Source.Bind(parameters);
        parameters.Add("periods", "Array(UInt32)", PeriodStarts.Seconds(Periods));
        parameters.Add("limit", "UInt32", Members);
    }

    public SplitRow Read(DbDataReader row) => new(
        PeriodStarts.IndexOf(Periods, SpendMeasures.ReadCount(row, 0)), SpendMeasures.ReadCount(row, 1) != 0 ? null : row.GetString(2),
        SpendMeasures.Read(row, 3));
}

internal sealed record SplitRow(int Period, string? Member, SpendFigures Figures);
