using System.Data.Common;
using FinOps.Analytics.Gpus;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Vectors;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;

namespace FinOps.Analytics.Budgets;

/// <summary>What the resources of a scope cost in one of the periods that were asked for, in USD, by use.</summary>
internal readonly record struct ResourceCost(long Period, decimal Cost);

/// <summary>What GPUs of a scope cost, what nobody used included unless the scope names owners.</summary>
internal sealed record GpuSpend(TenantId Tenant, TimeRange Range, IReadOnlyList<DateTimeOffset> Periods, SpendScope Scope) : IClickHouseQuestion<ResourceCost>, IUnmetered
{
    public string Compose(string sql) => GpuStatement.Compose(sql).Replace(ResourceStatement.Marker, ResourceStatement.Owners(Scope), StringComparison.Ordinal);

    public void Bind(StatementParameters parameters) =>
        ResourceStatement.Bind(GpuStatement.Bind(parameters, new GpuQuestion(Tenant, Range)), Periods, Scope, ScopeDimension.GpuPool);

    public ResourceCost Read(DbDataReader row) => ResourceStatement.Read(row);
}

/// <summary>The same of vector databases and buckets.</summary>
internal sealed record DataStoreSpend(TenantId Tenant, TimeRange Range, IReadOnlyList<DateTimeOffset> Periods, SpendScope Scope) : IClickHouseQuestion<ResourceCost>, IUnmetered
{
    public string Compose(string sql) => VectorStatement.Compose(sql).Replace(ResourceStatement.Marker, ResourceStatement.Owners(Scope), StringComparison.Ordinal);

    public void Bind(StatementParameters parameters) =>
        ResourceStatement.Bind(VectorStatement.Bind(parameters, new VectorQuestion(Tenant, Range)), Periods, Scope, ScopeDimension.VectorDatabase);

    public ResourceCost Read(DbDataReader row) => ResourceStatement.Read(row);
}

internal static class ResourceStatement
{
    /// <summary>Stands for the conditions on whose money it is.</summary>
    public const string Marker = "{{owners}}";

    private static readonly (ScopeDimension Dimension, string Column)[] Columns =
        [(ScopeDimension.Feature, "feature"), (ScopeDimension.Team, "team"), (ScopeDimension.Customer, "customer"), (ScopeDimension.Model, "model")];

    public static string Owners(SpendScope scope) =>
        string.Concat(Columns.Where(column => scope.Find(column.Dimension) is not null).Select(column => $"\n  AND has({{{column.Column}:Array(String)}}, {column.Column})"));

    public static void Bind(StatementParameters parameters, IReadOnlyList<DateTimeOffset> periods, SpendScope scope, ScopeDimension pool)
    {
        parameters.Add("periods", "Array(UInt32)", PeriodStarts.Seconds(periods)).Add("pool", "Array(String)", scope.Find(pool)!.ToArray());
        foreach (var (dimension, column) in Columns)
            if (scope.Find(dimension) is { } values) parameters.Add(column, "Array(String)", values.ToArray());
    }

    public static ResourceCost Read(DbDataReader row) => new(SpendMeasures.ReadCount(row, 0), SpendMeasures.ReadMoney(row, 1));
}
