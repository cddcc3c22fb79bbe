using System.Data.Common;
using FinOps.Analytics.Stores.ClickHouse;

namespace FinOps.Analytics.Spend;

internal sealed record SpendByTag(SpendSource Source, IReadOnlyList<Dimension> Tags) : IClickHouseQuestion<CoverageAnswer>
{
    public string Compose(string sql) => sql
        .Replace("{{tags}}", string.Concat(Tags.Select(Sum)), StringComparison.Ordinal)
        .Replace(SpendMeasures.Marker, SpendMeasures.SumsOf(Source), StringComparison.Ordinal)
        .Replace(SpendSource.Marker, Source.Text(withLeftOut: true), StringComparison.Ordinal);

    public void Bind(StatementParameters parameters) => Source.Bind(parameters);

    public CoverageAnswer Read(DbDataReader row) => new(
        SpendMeasures.Read(row, Tags.Count * 2, Source.IsSampled),
        [.. Tags.Select((tag, i) => new TagCoverage(tag, SpendMeasures.ReadCount(row, 2 * i), SpendMeasures.ReadMoney(row, 2 * i + 1)))]);

    private static string Sum(Dimension tag) =>
        $"sumIf(calls, {tag.SourceColumn()} != '') AS calls_with_{tag.SourceColumn()}, sumIf(cost, {tag.SourceColumn()} != '') AS cost_with_{tag.SourceColumn()},\n  ";
}
