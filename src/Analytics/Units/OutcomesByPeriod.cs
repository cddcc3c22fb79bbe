using System.Data.Common;
using System.Globalization;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Units;

internal sealed record OutcomesByPeriod(ReadScope Scope, OutcomeCases Source, IReadOnlyList<DateTimeOffset> Periods, Dimension? GroupBy, int Limit) : IClickHouseQuestion<UnitCostRow>
{
    public string Compose(string sql) => sql
        .Replace("{{group}}", GroupBy is { } tag ? $"any({tag.SourceColumn()})" : "''", StringComparison.Ordinal)
        .Replace(SpendSource.Marker, Source.Text(), StringComparison.Ordinal);

    public void Bind(StatementParameters parameters)
    {
        Source.Bind(parameters);
        parameters.Add("periods", "Array(UInt32)", PeriodStarts.Seconds(Periods)).Add("limit", "UInt32", Limit);
    }

    /// <summary>Without the cost of the calls that can lead to it, which the reader asks for apart.</summary>
    public UnitCostRow Read(DbDataReader row) => new(
        PeriodStarts.Find(Periods, Convert.ToInt64(row.GetValue(0), CultureInfo.InvariantCulture)), GroupBy is null ? null : row.GetString(1),
        new UnitFigures(0, SpendMeasures.ReadCount(row, 2)) { Failures = SpendMeasures.ReadCount(row, 3), FailureCost = SpendMeasures.ReadMoney(row, 4), UnlinkedOutcomes = SpendMeasures.ReadCount(row, 5) });
}
