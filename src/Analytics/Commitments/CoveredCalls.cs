using System.Data.Common;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Commitments;

namespace FinOps.Analytics.Commitments;

/// <summary>What the calls of some models cost, by UTC day or hour. The source keeps to the told providers of the seller.</summary>
/// <param name="Source">Rows with the model.</param>
/// <param name="Models">Lower-case names, a <c>*</c> at the end for any rest; none = all.</param>
/// <param name="Seconds">Of a day or of an hour.</param>
internal sealed record CoveredCalls(SpendSource Source, IReadOnlyList<string> Models, uint Seconds) : IClickHouseQuestion<CoveredUsage>
{
    public string Compose(string sql) => sql.Replace(SpendSource.Marker, Source.Text(), StringComparison.Ordinal);

    public void Bind(StatementParameters parameters)
    {
        Source.Bind(parameters);
        parameters
            .Add("names", "Array(String)", Models.Where(name => !name.EndsWith('*')).ToArray())
            .Add("prefixes", "Array(String)", Models.Where(name => name.EndsWith('*')).Select(name => name.TrimEnd('*')).ToArray())
            .Add("seconds", "UInt32", Seconds);
    }

    public CoveredUsage Read(DbDataReader row) => new(DateTimeOffset.FromUnixTimeSeconds(SpendMeasures.ReadCount(row, 0)), SpendMeasures.ReadMoney(row, 1), SpendMeasures.ReadCount(row, 2));
}
