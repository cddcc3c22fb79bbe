using System.Globalization;
using FinOps.Analytics.Stores.ClickHouse;

namespace FinOps.Ingest.Tests.Pipeline;

/// <summary>Reads with ad-hoc text: tests look at tables in ways that the product does not.</summary>
internal static class Reading
{
    public static async Task<List<object?[]>> ReadAsync(this ClickHouseStore store, string sql)
    {
        using var connection = store.CreateConnection();
        using var command = connection.CreateCommand(sql);
        using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        var rows = new List<object?[]>();
        while (await reader.ReadAsync(TestContext.Current.CancellationToken))
        {
            var row = new object?[reader.FieldCount];
            for (var i = 0; i < row.Length; i++) row[i] = reader.IsDBNull(i) ? null : reader.GetValue(i);
            rows.Add(row);
        }

        return rows;
    }

    public static async Task<long> CountAsync(this ClickHouseStore store, string table, bool final = false)
    {
        var rows = await store.ReadAsync($"SELECT count() FROM {table} {(final ? "FINAL" : "")}");
        return Convert.ToInt64(rows[0][0], CultureInfo.InvariantCulture);
    }
}
