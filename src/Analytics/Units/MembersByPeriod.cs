using System.Data.Common;
using System.Globalization;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;

namespace FinOps.Analytics.Units;

internal sealed record MembersByPeriod(SpendSource Source, IReadOnlyList<DateTimeOffset> Periods, Dimension Member, Dimension? GroupBy, int Limit) : IClickHouseQuestion<UnitCostRow>
{
    public string Compose(string sql) => sql
        .Replace("{{member}}", Member.SourceColumn(), StringComparison.Ordinal)
        .Replace("{{group}}", GroupBy is { } group ? $"toString({group.SourceColumn()})" : "''", StringComparison.Ordinal)
        .Replace(SpendSource.Marker, Source.Text(), StringComparison.Ordinal);

    public void Bind(StatementParameters parameters)
    {
        Source.Bind(parameters);
        parameters.Add("periods", "Array(UInt32)", PeriodStarts.Seconds(Periods)).Add("limit", "UInt32", Limit);
    }

    public UnitCostRow Read(DbDataReader row) => new(
        PeriodStarts.Find(Periods, Convert.ToInt64(row.GetValue(0), CultureInfo.InvariantCulture)), GroupBy is null ? null : row.GetString(1),
        new UnitFigures(SpendMeasures.ReadMoney(row, 3), SpendMeasures.ReadCount(row, 2), SpendMeasures.ReadCount(row, 4), SpendMeasures.ReadMoney(row, 5)));
}
