using System.Data.Common;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Allocation;

namespace FinOps.Analytics.Gpus;

/// <summary>What GPUs did and cost, from the quarter hours that are rated.</summary>
public sealed class GpuReader(ClickHouseStore store)
{
    public async Task<GpuAnswer> AskAsync(GpuQuestion question, CancellationToken cancellationToken)
    {
        var rows = await store.QueryAsync(new GpuDevices(question), cancellationToken);
        DateTimeOffset? until = rows.Count == 0 ? null : rows.Max(row => row.Last).AddMinutes(DeviceTime.CellMinutes);
        return new GpuAnswer([.. rows.Take(GpuQuestion.MaxDevices).Select(row => row.Device)], until, rows.Count > GpuQuestion.MaxDevices);
    }

    /// <summary>Each device's course over the range.</summary>
    public async Task<(TimeSpan Period, IReadOnlyList<GpuPeriod> Rows)> CourseAsync(GpuQuestion question, CancellationToken cancellationToken)
    {
        var cells = Math.Max(1, (int)Math.Ceiling(question.Range.Length.TotalMinutes / DeviceTime.CellMinutes / GpuQuestion.MaxPeriods));
        // Whole hours once it is more than two quarters, so that a heat map has hours.
        var minutes = cells <= 2 ? cells * DeviceTime.CellMinutes : (int)Math.Ceiling(cells / 4.0) * 60;
        return (TimeSpan.FromMinutes(minutes), await store.QueryAsync(new GpuCourse(question, (uint)minutes * 60), cancellationToken));
    }

    public async Task<GpuCostsAnswer> CostsAsync(GpuQuestion question, GpuDimension groupBy, CancellationToken cancellationToken)
    {
        var rows = await store.QueryAsync(new GpuCosts(question, groupBy), cancellationToken);
        return new GpuCostsAnswer([.. rows.Take(GpuQuestion.MaxCostRows)], rows.Count > GpuQuestion.MaxCostRows);
    }

    /// <summary>Models by what their servers told, with their money.</summary>
    public async Task<IReadOnlyList<GpuModel>> ModelsAsync(GpuQuestion question, CancellationToken cancellationToken)
    {
        var costs = (await CostsAsync(question, GpuDimension.Model, cancellationToken)).Rows.Where(row => row.Kind is CostLineKind.Used or CostLineKind.Wasted).ToLookup(row => row.Group, StringComparer.Ordinal);
        var models = await store.QueryAsync(new GpuServedTokens(question), cancellationToken);
        return [.. models.Select(model => model with
        {
            UsageCost = costs[model.Model].Sum(row => row.UsageCost),
            AllocationCost = costs[model.Model].Sum(row => row.AllocationCost),
            IsEstimated = costs[model.Model].Any(row => row.IsEstimated),
        })];
    }
}

internal static class GpuStatement
{
    /// <summary>Stands for the rows of the range that are in force.</summary>
    private const string InForce =
        """
        tenant_id = {tenant:UUID} AND cell >= toDateTime({from:UInt32}, 'UTC') AND cell < toDateTime({to:UInt32}, 'UTC')
          AND (cell, generation) IN
          (
            SELECT cell, max(generation) FROM device_cells
            WHERE tenant_id = {tenant:UUID} AND cell >= toDateTime({from:UInt32}, 'UTC') AND cell < toDateTime({to:UInt32}, 'UTC')
            GROUP BY cell
          )
        """;

    public static string Compose(string sql) => sql.Replace("{{in_force}}", InForce, StringComparison.Ordinal);

    public static StatementParameters Bind(StatementParameters parameters, GpuQuestion question) => parameters.Add(question.Tenant)
        .Add("from", "UInt32", (uint)Math.Max(0, DeviceTime.CellOf(question.Range.From).ToUnixTimeSeconds())).Add("to", "UInt32", (uint)Math.Clamp(question.Range.To.ToUnixTimeSeconds(), 0, uint.MaxValue));
}

internal sealed record GpuDevices(GpuQuestion Question) : IClickHouseQuestion<(GpuDevice Device, DateTimeOffset Last)>
{
    public void Bind(StatementParameters parameters) => GpuStatement.Bind(parameters, Question).Add("limit", "UInt32", GpuQuestion.MaxDevices + 1);

    public string Compose(string sql) => GpuStatement.Compose(sql);

    public (GpuDevice Device, DateTimeOffset Last) Read(DbDataReader row) => (new GpuDevice
    {
        Host = row.GetString(0),
        Device = row.GetString(1),
        Slice = row.GetString(2),
        Accelerator = row.GetString(3),
        ObservedHours = row.GetDouble(4),
        UsedHours = row.GetDouble(5),
        UnknownHours = row.GetDouble(6),
        UnpricedHours = row.GetDouble(7),
        MemoryUsedBytes = row.GetDouble(8),
        MemoryTotalBytes = row.GetDouble(9),
        Watts = row.GetDouble(10),
        PricePerHour = SpendMeasures.ReadCount(row, 11) != 0 ? SpendMeasures.ReadMoney(row, 12) : null,
        Purchase = (PurchaseKind)SpendMeasures.ReadCount(row, 13),
        Provider = row.GetString(14),
        Cost = SpendMeasures.ReadMoney(row, 15),
        IdleCost = SpendMeasures.ReadMoney(row, 16),
    }, DateTimeOffset.FromUnixTimeSeconds(SpendMeasures.ReadCount(row, 17)));
}

internal sealed record GpuCourse(GpuQuestion Question, uint Seconds) : IClickHouseQuestion<GpuPeriod>
{
    public void Bind(StatementParameters parameters) => GpuStatement.Bind(parameters, Question)
        .Add("seconds", "UInt32", Seconds).Add("limit", "UInt32", GpuQuestion.MaxDevices * (GpuQuestion.MaxPeriods + 1));

    public string Compose(string sql) => GpuStatement.Compose(sql);

    public GpuPeriod Read(DbDataReader row) => new(
        row.GetString(0), row.GetString(1), row.GetString(2), DateTimeOffset.FromUnixTimeSeconds(SpendMeasures.ReadCount(row, 3)),
        SpendMeasures.ReadCount(row, 4) != 0 ? row.GetDouble(5) : null, row.GetDouble(6), row.GetDouble(7), SpendMeasures.ReadMoney(row, 8));
}

internal sealed record GpuCosts(GpuQuestion Question, GpuDimension GroupBy) : IClickHouseQuestion<GpuCost>
{
    public void Bind(StatementParameters parameters) => GpuStatement.Bind(parameters, Question).Add("limit", "UInt32", GpuQuestion.MaxCostRows + 1);

    public string Compose(string sql) => GpuStatement.Compose(sql).Replace("{{column}}", GroupBy switch
    {
        GpuDimension.Model => "model",
        GpuDimension.Feature => "feature",
        GpuDimension.Team => "team",
        GpuDimension.Customer => "customer",
        GpuDimension.Host => "host",
        _ => throw new ArgumentOutOfRangeException(nameof(sql), GroupBy, "No such column."),
    }, StringComparison.Ordinal);

    public GpuCost Read(DbDataReader row) => new(
        (CostLineKind)SpendMeasures.ReadCount(row, 0), row.GetString(1), (UnallocatedReason)SpendMeasures.ReadCount(row, 2), SpendMeasures.ReadCount(row, 3) != 0,
        SpendMeasures.ReadMoney(row, 4), SpendMeasures.ReadMoney(row, 5));
}

internal sealed record GpuServedTokens(GpuQuestion Question) : IClickHouseQuestion<GpuModel>
{
    private const int MaxModels = 500;

    public void Bind(StatementParameters parameters) => GpuStatement.Bind(parameters, Question).Add("limit", "UInt32", MaxModels);

    public string Compose(string sql) => GpuStatement.Compose(sql);

    public GpuModel Read(DbDataReader row) => new(row.GetString(0), row.GetDouble(1), row.GetDouble(2), row.GetDouble(3), row.GetDouble(4));
}
