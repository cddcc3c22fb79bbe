using System.Data.Common;
using System.Globalization;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Allocation;
using FinOps.Domain.Usage;

namespace FinOps.Analytics.Gpus;

/// <summary>Money of one device at one price in a period, for one owner.</summary>
/// <param name="Kind">Null: time for which no price held.</param>
/// <param name="Hours">Of a whole accelerator, where no price held; else 0: the cost tells them.</param>
public sealed record GpuCharge(
    DateTimeOffset Period, string Host, string Device, string Slice, string Accelerator, string Provider, string Region, PurchaseKind Purchase, decimal PricePerHour,
    CostLineKind? Kind, string Model, string Feature, string Team, string Customer, decimal Cost, decimal Hours);

/// <summary>What GPUs cost by period, device, price and owner. All rows of a range sum to the cost of its devices.</summary>
internal sealed record GpuCharges(GpuQuestion Question, uint Seconds, IReadOnlyList<Tag> Tags) : IClickHouseQuestion<GpuCharge>
{
    private const int Unpriced = -1;

    public void Bind(StatementParameters parameters) => GpuStatement.Bind(parameters, Question).Add("seconds", "UInt32", Seconds);

    public string Compose(string sql) => GpuStatement.Compose(sql)
        .Replace("{{feature}}", Tags.Contains(Tag.Feature) ? "feature" : "''", StringComparison.Ordinal)
        .Replace("{{team}}", Tags.Contains(Tag.Team) ? "team" : "''", StringComparison.Ordinal)
        .Replace("{{customer}}", Tags.Contains(Tag.Customer) ? "customer" : "''", StringComparison.Ordinal);

    public GpuCharge Read(DbDataReader row)
    {
        var kind = Convert.ToInt32(row.GetValue(9), CultureInfo.InvariantCulture);
        return new GpuCharge(
            DateTimeOffset.FromUnixTimeSeconds(SpendMeasures.ReadCount(row, 0)), row.GetString(1), row.GetString(2), row.GetString(3), row.GetString(4), row.GetString(5), row.GetString(6),
            (PurchaseKind)SpendMeasures.ReadCount(row, 7), SpendMeasures.ReadMoney(row, 8), kind == Unpriced ? null : (CostLineKind)kind, row.GetString(10), row.GetString(11), row.GetString(12),
            row.GetString(13), SpendMeasures.ReadMoney(row, 14), decimal.Round((decimal)row.GetDouble(15), 6));
    }
}
