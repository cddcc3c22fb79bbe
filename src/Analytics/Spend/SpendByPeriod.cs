using System.Data.Common;
using System.Globalization;
using FinOps.Analytics.Stores.ClickHouse;

namespace FinOps.Analytics.Spend;

internal sealed record SpendByPeriod(SpendSource Source, IReadOnlyList<DateTimeOffset> Periods, IReadOnlyList<Dimension> GroupBy, int Limit, bool IsUnmetered = false)
    : IClickHouseQuestion<SpendRow>, IUnmetered
{
    public string Compose(string sql)
    {
        var columns = GroupBy.Select(dimension => dimension.SourceColumn()).ToList();
        // One period is every row's: looking it up for each would cost a fifth of a question that reads many. Without another key an empty answer would become a row.
        var isOne = Periods.Count == 1 && columns.Count > 0;
        return sql
            .Replace("{{period}}", isOne ? "{periods:Array(UInt32)}[1]" : "roundDown(toUnixTimestamp(cell), {periods:Array(UInt32)})", StringComparison.Ordinal)
            .Replace("{{group}}", string.Join(", ", isOne ? columns : ["period", .. columns]), StringComparison.Ordinal)
            .Replace("{{columns}}", string.Concat(columns.Select(column => column + ",\n  ")), StringComparison.Ordinal)
            .Replace("{{keys}}", string.Concat(columns.Select(column => ", " + column)), StringComparison.Ordinal)
            .Replace(SpendMeasures.Marker, SpendMeasures.SumsOf(Source), StringComparison.Ordinal)
            .Replace(SpendSource.Marker, Source.Text(withLeftOut: true), StringComparison.Ordinal);
    }

    public void Bind(StatementParameters parameters)
    {
        Source.Bind(parameters);
        parameters.Add("periods", "Array(UInt32)", PeriodStarts.Seconds(Periods));
        parameters.Add("limit", "UInt32", Limit);
    }

    public SpendRow Read(DbDataReader row)
    {
        var group = new string[GroupBy.Count];
        for (var i = 0; i < group.Length; i++) group[i] = row.GetString(i + 1);
        var period = PeriodStarts.Find(Periods, Convert.ToInt64(row.GetValue(0), CultureInfo.InvariantCulture));
        return new SpendRow(period, group, SpendMeasures.Read(row, group.Length + 1, Source.IsSampled));
    }
}

/// <summary>Periods as the engine sees them: Unix seconds, ascending.</summary>
internal static class PeriodStarts
{
    public static uint[] Seconds(IReadOnlyList<DateTimeOffset> periods) =>
        [.. periods.Select(period => (uint)Math.Max(0, period.ToUnixTimeSeconds()))];

    public static DateTimeOffset Find(IReadOnlyList<DateTimeOffset> periods, long seconds) => periods[IndexOf(periods, seconds)];

    public static int IndexOf(IReadOnlyList<DateTimeOffset> periods, long seconds)
    {
        var (low, high) = (0, periods.Count - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (Math.Max(0, periods[middle].ToUnixTimeSeconds()) <= seconds) low = middle;
            else high = middle - 1;
        }

        return low;
    }
}
