using System.Data.Common;

namespace FinOps.Analytics.Stores.ClickHouse;

/// <summary>All instants are UTC in ClickHouse, and the driver hands them out as such.</summary>
internal static class ClickHouseInstant
{
    public static DateTimeOffset Read(DbDataReader row, int column) =>
        new(DateTime.SpecifyKind(row.GetDateTime(column), DateTimeKind.Utc));
}
