using System.Data.Common;
using System.Globalization;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Allocation;
using FinOps.Domain.Usage;

namespace FinOps.Analytics.Vectors;

/// <summary>Of a period: either what one meter measured and cost at one price, or money of one owner. Per place, those with a meter and those with a kind sum to the same.</summary>
/// <param name="Meter">Null: it is money of an owner.</param>
/// <param name="Price">USD for as many as <see cref="DataStoreMeters.UnitSize"/> says; of a meter.</param>
/// <param name="IsUnpriced">Nothing tells what the quantity cost.</param>
/// <param name="Kind">Null: it is of a meter.</param>
/// <param name="Quantity">Of a meter, in its own unit.</param>
/// <param name="IsEstimated">Operations were counted in place of units, or the money was split by something else than what is paid.</param>
public sealed record DataStoreCharge(
    DateTimeOffset Period, DataStoreKind Store, string System, string Host, string Name, string Tier,
    DataStoreMeter? Meter, decimal Price, bool IsUnpriced, CostLineKind? Kind, DataOwner Owner, decimal Cost, decimal Quantity, bool IsEstimated)
{
    /// <summary>A node, a hosted database or all buckets of a provider, in a period: what is split together.</summary>
    internal (DateTimeOffset, DataStoreKind, string, string) Place => (Period, Store, System, Host);

    /// <summary>Paid for the whole node, whatever collections lie in it.</summary>
    internal bool IsOfNode => Meter is { } meter && (DataStoreMeters.IsOfNode(meter) || (meter == DataStoreMeter.DiskGigabyteMonths && Name.Length == 0));
}

/// <summary>What vector databases and buckets took and cost by period, place by place.</summary>
internal sealed record DataStoreCharges(VectorQuestion Question, uint Seconds, IReadOnlyList<Tag> Tags) : IClickHouseQuestion<DataStoreCharge>
{
    private const int None = -1;

    public void Bind(StatementParameters parameters) => VectorStatement.Bind(parameters, Question).Add("seconds", "UInt32", Seconds);

    public string Compose(string sql) => VectorStatement.Compose(sql)
        .Replace("{{feature}}", Tags.Contains(Tag.Feature) ? "feature" : "''", StringComparison.Ordinal)
        .Replace("{{team}}", Tags.Contains(Tag.Team) ? "team" : "''", StringComparison.Ordinal)
        .Replace("{{customer}}", Tags.Contains(Tag.Customer) ? "customer" : "''", StringComparison.Ordinal);

    public DataStoreCharge Read(DbDataReader row)
    {
        var (meter, kind) = (Convert.ToInt32(row.GetValue(6), CultureInfo.InvariantCulture), Convert.ToInt32(row.GetValue(9), CultureInfo.InvariantCulture));
        return new DataStoreCharge(
            DateTimeOffset.FromUnixTimeSeconds(SpendMeasures.ReadCount(row, 0)), (DataStoreKind)SpendMeasures.ReadCount(row, 1), row.GetString(2), row.GetString(3), row.GetString(4), row.GetString(5),
            meter == None ? null : (DataStoreMeter)meter, SpendMeasures.ReadMoney(row, 7), SpendMeasures.ReadCount(row, 8) != 0, kind == None ? null : (CostLineKind)kind,
            new DataOwner(row.GetString(10), row.GetString(11), row.GetString(12)), SpendMeasures.ReadMoney(row, 13), ExactShares.Round((decimal)row.GetDouble(14)), SpendMeasures.ReadCount(row, 15) != 0);
    }
}
