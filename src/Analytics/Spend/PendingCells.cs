using System.Data.Common;
using System.Globalization;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Spend;

/// <summary>Which cells of a range have changed since their roll-up was built, and which days have not. Asked before every question that reads a roll-up.</summary>
internal sealed record PendingCells(TenantId Tenant, TimeRange Range) : IClickHouseQuestion<CellState>
{
    public void Bind(StatementParameters parameters) =>
        parameters.Add(Tenant).AddMicros("from", Range.From).AddMicros("to", Range.To);

    public CellState Read(DbDataReader row) => new(
        Convert.ToUInt64(row.GetValue(0), CultureInfo.InvariantCulture), (uint[])row.GetValue(1), ClickHouseInstant.Read(row, 2),
        [.. ((Tuple<uint, ulong>[])row.GetValue(3)).Select(day => new BuiltDay(day.Item1, day.Item2))],
        Convert.ToByte(row.GetValue(4), CultureInfo.InvariantCulture) != 0);
}

/// <summary>Whether any call of a range stands for others. Asked where no roll-up answers, so that <see cref="PendingCells"/> is not.</summary>
internal sealed record SampledCells(TenantId Tenant, TimeRange Range) : IClickHouseQuestion<bool>
{
    public void Bind(StatementParameters parameters) =>
        parameters.Add(Tenant).AddMicros("from", Range.From).AddMicros("to", Range.To);

    public bool Read(DbDataReader row) => Convert.ToByte(row.GetValue(0), CultureInfo.InvariantCulture) != 0;
}

/// <param name="Generation">The highest that was published; later ones are not looked at.</param>
/// <param name="Pending">Starts of pending cells in Unix seconds, ascending.</param>
/// <param name="OldestChange">Of the pending cells.</param>
/// <param name="BuiltDays">Days whose sums know of every change of their cells, ascending. Of a day that the range cuts only its part was looked at.</param>
/// <param name="IsSampled">A call of these cells stands for others.</param>
internal sealed record CellState(ulong Generation, IReadOnlyList<uint> Pending, DateTimeOffset OldestChange, IReadOnlyList<BuiltDay> BuiltDays, bool IsSampled = false)
{
    private const int CellSeconds = 15 * 60;

    public static CellState None { get; } = new(0, [], DateTimeOffset.UnixEpoch, []);

    /// <summary>As if the cells that these instants lie inside of were pending too.</summary>
    public CellState WithPending(IEnumerable<DateTimeOffset> instants) => this with
    {
        Pending = [.. Pending.Concat(instants.Where(instant => instant.ToUnixTimeSeconds() % CellSeconds != 0).Select(CellOf)).Distinct().Order()],
    };

    private static uint CellOf(DateTimeOffset instant)
    {
        var seconds = instant.ToUnixTimeSeconds();
        return (uint)(seconds - seconds % CellSeconds);
    }
}
