using System.Data.Common;
using FinOps.Analytics.Stores.ClickHouse;

namespace FinOps.Analytics.Spend;

/// <summary>Only the names of the members that cost most.</summary>
internal sealed record SpendRanking(SpendSource Source, Dimension Dimension, int Limit) : IClickHouseQuestion<string>
{
    public string Compose(string sql) => sql
        .Replace("{{column}}", Dimension.SourceColumn(), StringComparison.Ordinal)
        .Replace(SpendSource.Marker, Source.Text(), StringComparison.Ordinal);

    public void Bind(StatementParameters parameters)
    {
        Source.Bind(parameters);
        parameters.Add("limit", "UInt32", Limit);
    }

    public string Read(DbDataReader row) => row.GetString(0);
}
