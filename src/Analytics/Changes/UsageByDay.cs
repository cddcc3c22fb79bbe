using System.Data.Common;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Changes;

namespace FinOps.Analytics.Changes;

/// <summary>What was used and what it cost, by day (or hour) of UTC and by all that a price can depend on.</summary>
internal sealed record UsageByDay(SpendSource Source, TimeSpan Length, int Limit, bool IsUnmetered = false) : IClickHouseQuestion<UsageRow>, IUnmetered
{
    /// <summary>What the source has to tell, beside the service tier.</summary>
    public static readonly Dimension[] Dimensions = [Dimension.Project, Dimension.Feature, Dimension.Provider, Dimension.Model];

    public string Compose(string sql) => sql.Replace(SpendSource.Marker, Source.Text(withTier: true), StringComparison.Ordinal);

    public void Bind(StatementParameters parameters)
    {
        Source.Bind(parameters);
        parameters.Add("seconds", "UInt32", (uint)Length.TotalSeconds).Add("limit", "UInt32", Limit);
    }

    public UsageRow Read(DbDataReader row)
    {
        var (input, read, written) = (SpendMeasures.ReadCount(row, 8), SpendMeasures.ReadCount(row, 9), SpendMeasures.ReadCount(row, 10));
        return new UsageRow(
            SpendMeasures.ReadCount(row, 0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetString(4), row.GetString(5), SpendMeasures.ReadMoney(row, 6), SpendMeasures.ReadCount(row, 7),
            new TokenCounts(Math.Max(0, input - read - written), read, written, SpendMeasures.ReadCount(row, 11)));
    }
}

/// <param name="StartSeconds">Of the day or hour, Unix seconds.</param>
/// <param name="Project">Its id, with hyphens.</param>
/// <param name="Feature">Empty = not told.</param>
/// <param name="Provider">Whose API answered.</param>
/// <param name="Model">The served model, else the requested one.</param>
/// <param name="Tier">As <see cref="PeriodUsage.Tier"/>.</param>
/// <param name="Cost">USD.</param>
/// <param name="Calls">Answered ones.</param>
/// <param name="Tokens">Sound and pictures count as fresh input and as output.</param>
internal readonly record struct UsageRow(long StartSeconds, string Project, string Feature, string Provider, string Model, string Tier, decimal Cost, long Calls, TokenCounts Tokens);
