using System.Data.Common;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Allocation;

namespace FinOps.Analytics.Vectors;

/// <summary>What vector databases and buckets did and cost, from the quarter hours that are rated.</summary>
public sealed class VectorReader(ClickHouseStore store)
{
    public async Task<VectorAnswer> AskAsync(VectorQuestion question, CancellationToken cancellationToken)
    {
        var rows = await store.QueryAsync(new VectorMeters(question), cancellationToken);
        DateTimeOffset? until = rows.Count == 0 ? null : rows.Max(row => row.Last).AddMinutes(DeviceTime.CellMinutes);
        return new VectorAnswer([.. rows.Take(VectorQuestion.MaxMeters).Select(row => row.Meter)], until, rows.Count > VectorQuestion.MaxMeters);
    }

    /// <summary>Collections and tiers, the largest first.</summary>
    public async Task<IReadOnlyList<StorePart>> PartsAsync(VectorQuestion question, CancellationToken cancellationToken) => await store.QueryAsync(new VectorParts(question), cancellationToken);

    /// <summary>How large each was over the range.</summary>
    public async Task<IReadOnlyList<StorePeriod>> CourseAsync(VectorQuestion question, CancellationToken cancellationToken)
    {
        var cells = Math.Max(1, (int)Math.Ceiling(question.Range.Length.TotalMinutes / DeviceTime.CellMinutes / VectorQuestion.MaxPeriods));
        return await store.QueryAsync(new VectorCourse(question, (uint)(cells * DeviceTime.CellMinutes * 60)), cancellationToken);
    }

    public async Task<VectorCostsAnswer> CostsAsync(VectorQuestion question, VectorDimension groupBy, CancellationToken cancellationToken)
    {
        var rows = await store.QueryAsync(new VectorCosts(question, groupBy), cancellationToken);
        return new VectorCostsAnswer([.. rows.Take(VectorQuestion.MaxCostRows)], rows.Count > VectorQuestion.MaxCostRows);
    }
}

internal static class VectorStatement
{
    /// <summary>Stands for the rows of the range that are in force.</summary>
    private const string InForce =
        """
        tenant_id = {tenant:UUID} AND cell >= toDateTime({from:UInt32}, 'UTC') AND cell < toDateTime({to:UInt32}, 'UTC')
          AND (cell, generation) IN
          (
            SELECT cell, max(generation) FROM data_store_cells
            WHERE tenant_id = {tenant:UUID} AND cell >= toDateTime({from:UInt32}, 'UTC') AND cell < toDateTime({to:UInt32}, 'UTC')
            GROUP BY cell
          )
        """;

    public static string Compose(string sql) => sql.Replace("{{in_force}}", InForce, StringComparison.Ordinal);

    public static StatementParameters Bind(StatementParameters parameters, VectorQuestion question) => parameters.Add(question.Tenant)
        .Add("from", "UInt32", (uint)Math.Max(0, DeviceTime.CellOf(question.Range.From).ToUnixTimeSeconds())).Add("to", "UInt32", (uint)Math.Clamp(question.Range.To.ToUnixTimeSeconds(), 0, uint.MaxValue));
}

internal sealed record VectorMeters(VectorQuestion Question) : IClickHouseQuestion<(StoreMeter Meter, DateTimeOffset Last)>
{
    public void Bind(StatementParameters parameters) => VectorStatement.Bind(parameters, Question).Add("limit", "UInt32", VectorQuestion.MaxMeters + 1);

    public string Compose(string sql) => VectorStatement.Compose(sql);

    public (StoreMeter Meter, DateTimeOffset Last) Read(DbDataReader row) => (new StoreMeter
    {
        Store = (DataStoreKind)SpendMeasures.ReadCount(row, 0),
        System = row.GetString(1),
        Host = row.GetString(2),
        Name = row.GetString(3),
        Tier = row.GetString(4),
        Meter = (DataStoreMeter)SpendMeasures.ReadCount(row, 5),
        Quantity = row.GetDouble(6),
        UnpricedQuantity = row.GetDouble(7),
        Price = SpendMeasures.ReadCount(row, 8) != 0 ? SpendMeasures.ReadMoney(row, 9) : null,
        Cost = SpendMeasures.ReadMoney(row, 10),
        IsEstimated = SpendMeasures.ReadCount(row, 11) != 0,
    }, DateTimeOffset.FromUnixTimeSeconds(SpendMeasures.ReadCount(row, 12)));
}

internal sealed record VectorParts(VectorQuestion Question) : IClickHouseQuestion<StorePart>
{
    public void Bind(StatementParameters parameters) => VectorStatement.Bind(parameters, Question).Add("limit", "UInt32", VectorQuestion.MaxParts);

    public string Compose(string sql) => VectorStatement.Compose(sql);

    public StorePart Read(DbDataReader row) => new(
        (DataStoreKind)SpendMeasures.ReadCount(row, 0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetDouble(4), row.GetDouble(5), row.GetDouble(6),
        SpendMeasures.ReadCount(row, 7), SpendMeasures.ReadCount(row, 8), SpendMeasures.ReadCount(row, 9), SpendMeasures.ReadMoney(row, 10));
}

internal sealed record VectorCourse(VectorQuestion Question, uint Seconds) : IClickHouseQuestion<StorePeriod>
{
    public void Bind(StatementParameters parameters) => VectorStatement.Bind(parameters, Question)
        .Add("seconds", "UInt32", Seconds).Add("limit", "UInt32", VectorQuestion.MaxParts * (VectorQuestion.MaxPeriods + 1));

    public string Compose(string sql) => VectorStatement.Compose(sql);

    public StorePeriod Read(DbDataReader row) => new(
        (DataStoreKind)SpendMeasures.ReadCount(row, 0), row.GetString(1), row.GetString(2), row.GetString(3), DateTimeOffset.FromUnixTimeSeconds(SpendMeasures.ReadCount(row, 4)), row.GetDouble(5));
}

internal sealed record VectorCosts(VectorQuestion Question, VectorDimension GroupBy) : IClickHouseQuestion<StoreCost>
{
    public void Bind(StatementParameters parameters) => VectorStatement.Bind(parameters, Question).Add("limit", "UInt32", VectorQuestion.MaxCostRows + 1);

    public string Compose(string sql) => VectorStatement.Compose(sql).Replace("{{column}}", GroupBy switch
    {
        VectorDimension.Feature => "feature",
        VectorDimension.Team => "team",
        VectorDimension.Customer => "customer",
        VectorDimension.Name => "name",
        VectorDimension.System => "system",
        _ => throw new ArgumentOutOfRangeException(nameof(sql), GroupBy, "No such column."),
    }, StringComparison.Ordinal);

    public StoreCost Read(DbDataReader row) => new(
        (CostLineKind)SpendMeasures.ReadCount(row, 0), row.GetString(1), (DataStoreReason)SpendMeasures.ReadCount(row, 2), SpendMeasures.ReadCount(row, 3) != 0,
        SpendMeasures.ReadMoney(row, 4), SpendMeasures.ReadMoney(row, 5));
}
