using System.Data.Common;
using System.Globalization;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Stores.ClickHouse.Native;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Bills;

/// <summary>What the books of one close say by group: its lines and all corrections to them.</summary>
internal sealed record KnownLines(TenantId Tenant, Guid Close, Guid Entry, int Limit) : IClickHouseQuestion<KnownLine>, IUnmetered
{
    public void Bind(StatementParameters parameters) => parameters.Add(Tenant).Add("close", "UUID", Close).Add("entry", "UUID", Entry).Add("limit", "UInt32", Limit);

    public KnownLine Read(DbDataReader row) => new(ClosedText.Group(row, 0), SpendMeasures.ReadMoney(row, 7), SpendMeasures.ReadMoney(row, 8));
}

internal readonly record struct KnownLine(ClosedGroup Group, decimal Quantity, decimal Cost);

/// <summary>Corrections of one close, the latest first.</summary>
internal sealed record CorrectionsOfClose(TenantId Tenant, Guid Close, int Limit) : IClickHouseQuestion<Correction>
{
    public void Bind(StatementParameters parameters) => parameters.Add(Tenant).Add("close", "UUID", Close).Add("limit", "UInt32", Limit);

    public Correction Read(DbDataReader row)
    {
        var group = ClosedText.Group(row, 1);
        return new Correction(ClosedText.Day(row, 0), group.Day, group.Provider, group.Model, group.Meter, group.Feature, group.Team, group.Customer, SpendMeasures.ReadMoney(row, 8), SpendMeasures.ReadMoney(row, 9));
    }
}

/// <summary>Lines of one close, as closed or as corrected since.</summary>
internal sealed record LinesOfClose(TenantId Tenant, Guid Close, Guid Entry, bool AreCorrections, DateOnly From, DateOnly To) : IClickHouseQuestion<BookLine>
{
    public void Bind(StatementParameters parameters) => parameters.Add(Tenant).Add("close", "UUID", Close).Add("entry", "UUID", Entry).Add("corrections", "UInt8", (byte)(AreCorrections ? 1 : 0))
        .Add("from", "String", From.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)).Add("to", "String", To.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));

    public BookLine Read(DbDataReader row)
    {
        var group = ClosedText.Group(row, 1);
        return new BookLine(AreCorrections, ClosedText.Day(row, 0), group.Day, group.Provider, group.Model, group.Meter, group.Feature, group.Team, group.Customer, SpendMeasures.ReadMoney(row, 8), SpendMeasures.ReadMoney(row, 9));
    }
}

/// <summary>A line of the books of a closed month.</summary>
/// <param name="IsCorrection">It was added after the month was closed.</param>
/// <param name="BookedOn">The day that it counts for where it is a correction.</param>
/// <param name="Day">The day of the closed month that it is about.</param>
/// <param name="Meter">Empty: calls whose prices are not kept.</param>
/// <param name="Cost">USD.</param>
public sealed record BookLine(
    bool IsCorrection, DateOnly BookedOn, DateOnly Day, string Provider, string Model, string Meter, string Feature, string Team, string Customer, decimal Quantity, decimal Cost);

/// <summary>When a call of a range was last written: arrived, settled, re-rated or erased; by the engine's clock.</summary>
internal sealed record LastChange(TenantId Tenant, TimeRange Range) : IClickHouseQuestion<ChangedAt>, IUnmetered
{
    public void Bind(StatementParameters parameters) => parameters.Add(Tenant).AddMicros("from", Range.From).AddMicros("to", Range.To);

    public ChangedAt Read(DbDataReader row) => new(SpendMeasures.ReadCount(row, 0), DateTimeOffset.UnixEpoch.AddMicroseconds(SpendMeasures.ReadCount(row, 1)));
}

internal readonly record struct ChangedAt(long Cells, DateTimeOffset Latest);

/// <summary>A difference that came after a month was closed.</summary>
/// <param name="BookedOn">The day that it counts for.</param>
/// <param name="Day">The day of the closed month that it is about.</param>
/// <param name="Quantity">More or fewer units of the meter.</param>
/// <param name="Cost">USD, more or less.</param>
public sealed record Correction(DateOnly BookedOn, DateOnly Day, string Provider, string Model, string Meter, string Feature, string Team, string Customer, decimal Quantity, decimal Cost);

internal static class ClosedText
{
    public static ClosedGroup Group(DbDataReader row, int first) => new(
        Day(row, first), row.GetString(first + 1), row.GetString(first + 2), row.GetString(first + 3), row.GetString(first + 4), row.GetString(first + 5), row.GetString(first + 6));

    public static DateOnly Day(DbDataReader row, int column) => DateOnly.ParseExact(row.GetString(column), "yyyy-MM-dd", CultureInfo.InvariantCulture);
}
