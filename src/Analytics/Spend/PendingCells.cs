using System.Data.Common;
using System.Globalization;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Spend;

/// <summary>What is known of the cells and days of a range. Asked before every question that reads a roll-up; <see cref="CellState.Of"/> says what follows from it.</summary>
internal sealed record PendingCells(TenantId Tenant, TimeRange Range, bool IsUnmetered = false) : IClickHouseQuestion<CellFact>, IUnmetered
{
    public void Bind(StatementParameters parameters) =>
        parameters.Add(Tenant).AddMicros("from", Range.From).AddMicros("to", Range.To);

    public CellFact Read(DbDataReader row) => new(
        (CellFactKind)Convert.ToByte(row.GetValue(0), CultureInfo.InvariantCulture), Convert.ToUInt32(row.GetValue(1), CultureInfo.InvariantCulture),
        Convert.ToUInt64(row.GetValue(2), CultureInfo.InvariantCulture), Convert.ToUInt64(row.GetValue(3), CultureInfo.InvariantCulture), DateTimeOffset.UnixEpoch.AddTicks(Convert.ToInt64(row.GetValue(4), CultureInfo.InvariantCulture) * TimeSpan.TicksPerMicrosecond),
        Convert.ToByte(row.GetValue(5), CultureInfo.InvariantCulture) != 0);
}

/// <summary>Whether any call of a range stands for others. Asked where no roll-up answers, so that <see cref="PendingCells"/> is not.</summary>
internal sealed record SampledCells(TenantId Tenant, TimeRange Range, bool IsUnmetered = false) : IClickHouseQuestion<bool>, IUnmetered
{
    public void Bind(StatementParameters parameters) =>
        parameters.Add(Tenant).AddMicros("from", Range.From).AddMicros("to", Range.To);

    public bool Read(DbDataReader row) => Convert.ToByte(row.GetValue(0), CultureInfo.InvariantCulture) != 0;
}

internal enum CellFactKind : byte
{
    /// <summary>A cell was written to.</summary>
    Changed,
    /// <summary>A cell was rolled up.</summary>
    CellBuilt,
    /// <summary>A day of UTC was summed up from its cells.</summary>
    DayBuilt,
    /// <summary>Cells before this are closed; the epoch where none is.</summary>
    ClosedUntil,
}

/// <param name="Kind">What it says.</param>
/// <param name="Start">Of the cell or the day, Unix seconds.</param>
/// <param name="Changes">How often it was written to, or as many writes as its last roll-up knows of.</param>
/// <param name="Generation">Of its last roll-up.</param>
/// <param name="ChangedAt">When it was last written to.</param>
/// <param name="IsSampled">A call of the cell stands for others.</param>
internal readonly record struct CellFact(CellFactKind Kind, uint Start, ulong Changes, ulong Generation, DateTimeOffset ChangedAt, bool IsSampled = false);

/// <summary>A cell whose roll-up is in force: its start in Unix seconds, and the generation of that roll-up.</summary>
internal readonly record struct BuiltCell(uint Start, ulong Generation);

/// <summary>Which cells of a range have changed since their roll-up was built, and which days have not.</summary>
/// <param name="Generation">The highest that was published; later ones are not looked at.</param>
/// <param name="Pending">Starts of pending cells in Unix seconds, ascending.</param>
/// <param name="OldestChange">Of the pending cells.</param>
/// <param name="BuiltCells">Cells that were rolled up, ascending, the pending among them.</param>
/// <param name="BuiltDays">Days whose sums know of every change of their cells, ascending. Of a day that the range cuts only its part was looked at.</param>
/// <param name="IsSampled">A call of these cells stands for others.</param>
internal sealed record CellState(
    ulong Generation, IReadOnlyList<uint> Pending, DateTimeOffset OldestChange, IReadOnlyList<BuiltCell> BuiltCells, IReadOnlyList<BuiltDay> BuiltDays, bool IsSampled = false)
{
    private const int CellSeconds = 15 * 60;
    private const int DaySeconds = 24 * 60 * 60;

    public static CellState None { get; } = new(0, [], DateTimeOffset.UnixEpoch, [], []);

    /// <summary>
    /// A cell is pending while its last roll-up knows of another number of changes than it has. Closed cells are never pending: their sums stand, whatever arrives late.
    /// A day's sums are in force while they know of as many changes as its cells have: each count only grows, so equal sums mean equal counts.
    /// </summary>
    public static CellState Of(IReadOnlyList<CellFact> facts)
    {
        var cells = new Dictionary<uint, (CellFact Changed, CellFact Built)>(facts.Count);
        var days = new List<CellFact>();
        var (generation, closedUntil) = (0UL, 0U);
        foreach (var fact in facts)
        {
            generation = Math.Max(generation, fact.Generation);
            switch (fact.Kind)
            {
                case CellFactKind.Changed: cells[fact.Start] = cells.GetValueOrDefault(fact.Start) with { Changed = fact }; break;
                case CellFactKind.CellBuilt: cells[fact.Start] = cells.GetValueOrDefault(fact.Start) with { Built = fact }; break;
                case CellFactKind.DayBuilt: days.Add(fact); break;
                case CellFactKind.ClosedUntil: closedUntil = fact.Start; break;
            }
        }

        var (pending, built) = (new List<uint>(), new List<BuiltCell>(cells.Count));
        var changesOfDays = new Dictionary<uint, ulong>();
        var oldest = DateTimeOffset.MaxValue;
        foreach (var (start, (changed, rolledUp)) in cells.OrderBy(cell => cell.Key))
        {
            var day = start - start % DaySeconds;
            changesOfDays[day] = changesOfDays.GetValueOrDefault(day) + changed.Changes;
            if (rolledUp.Generation > 0) built.Add(new BuiltCell(start, rolledUp.Generation));
            if (start < closedUntil || changed.Changes == rolledUp.Changes) continue;
            pending.Add(start);
            if (changed.ChangedAt < oldest) oldest = changed.ChangedAt;
        }

        return new CellState(
            generation, pending, pending.Count == 0 ? DateTimeOffset.UnixEpoch : oldest, built,
            [.. days.Where(day => day.Changes == changesOfDays.GetValueOrDefault(day.Start)).Select(day => new BuiltDay(day.Start, day.Generation)).OrderBy(day => day.Start)],
            facts.Any(fact => fact.IsSampled));
    }

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
