using ClickHouse.Driver.ADO;
using FinOps.Domain.Tenancy;
using FinOps.Testing;

namespace FinOps.Integration.Tests.Wire;

/// <summary>Looks into a server's ClickHouse directly, for what the API does not tell.</summary>
internal static class Stored
{
    /// <summary>The rows of a question, each column as text.</summary>
    public static async Task<List<string[]>> RowsAsync(this ServerUnderTest server, string sql)
    {
        await using var connection = new ClickHouseConnection(server.ClickHouse);
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await using var reader = await command.ExecuteReaderAsync();
        List<string[]> rows = [];
        while (await reader.ReadAsync())
        {
            var row = new string[reader.FieldCount];
            for (var i = 0; i < row.Length; i++) row[i] = Convert.ToString(reader.GetValue(i), System.Globalization.CultureInfo.InvariantCulture) ?? "";
            rows.Add(row);
        }

        return rows;
    }

    /// <summary>How many requests of a tenant met this fate, by the counters of the front door.</summary>
    public static async Task<long> RequestsAsync(this ServerUnderTest server, TenantId tenant, string reason) =>
        long.Parse((await server.RowsAsync($"SELECT sum(requests) FROM ingest_events WHERE tenant_id = '{tenant.Value}' AND reason = '{reason}'"))[0][0], System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>How many items of a tenant met this fate.</summary>
    public static async Task<long> ItemsAsync(this ServerUnderTest server, TenantId tenant, string reason) =>
        long.Parse((await server.RowsAsync($"SELECT sum(items) FROM ingest_events WHERE tenant_id = '{tenant.Value}' AND reason = '{reason}'"))[0][0], System.Globalization.CultureInfo.InvariantCulture);
}
