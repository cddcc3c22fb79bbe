using ClickHouse.Driver;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Installation;

/// <summary>How much one organisation keeps: its share of each table's compressed size, by rows.</summary>
public sealed class StoredBytesReader(ClickHouseStore store)
{
    /// <summary>Null where the server does not tell sizes.</summary>
    public async Task<long?> AskAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        var stored = store.QueryAsync(new StoredRows(tenant), cancellationToken);
        var sizes = SizesAsync(cancellationToken);
        await Task.WhenAll(stored, sizes);
        return Bytes(await stored, await sizes);
    }

    internal Task<List<TableRows>> RowsAsync(TenantId tenant, CancellationToken cancellationToken) => store.QueryAsync(new StoredRows(tenant), cancellationToken);

    internal async Task<List<TableSize>> SizesAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await store.QueryAsync(new TableSizes(), cancellationToken);
        }
        catch (ClickHouseServerException refused) when (refused.ErrorCode == ErrorCodes.AccessDenied)
        {
            // A server may keep its system tables to itself.
            return [];
        }
    }

    /// <summary>Rows of one table are about equally long, whosever they are.</summary>
    internal static long? Bytes(IReadOnlyList<TableRows> stored, IReadOnlyList<TableSize> sizes)
    {
        if (sizes.Count == 0) return null;
        var bytesPerRow = sizes.Where(size => size.Rows > 0).ToDictionary(size => size.Table, size => (decimal)size.Bytes / size.Rows, StringComparer.Ordinal);
        return (long)stored.Sum(table => table.Rows * bytesPerRow.GetValueOrDefault(table.Table));
    }
}
