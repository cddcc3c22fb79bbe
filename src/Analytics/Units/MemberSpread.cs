using System.Data.Common;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;

namespace FinOps.Analytics.Units;

internal sealed record MemberSpread(SpendSource Source, Dimension Member) : IClickHouseQuestion<UnitSpread>
{
    public string Compose(string sql) => sql
        .Replace("{{member}}", Member.SourceColumn(), StringComparison.Ordinal)
        .Replace(SpendSource.Marker, Source.Text(), StringComparison.Ordinal);

    public void Bind(StatementParameters parameters) => Source.Bind(parameters);

    public UnitSpread Read(DbDataReader row) => ReadSpread(row);

    internal static UnitSpread ReadSpread(DbDataReader row) => new(
        SpendMeasures.ReadCount(row, 0), SpendMeasures.ReadMoney(row, 1), SpendMeasures.ReadMoney(row, 2), SpendMeasures.ReadMoney(row, 3), SpendMeasures.ReadMoney(row, 4));
}
