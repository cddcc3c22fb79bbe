using ClickHouse.Driver;
using FinOps.Analytics.IngestHealth;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Installation;

/// <summary>Puts together what one organisation uses.</summary>
public sealed class TenantUsageReader(ClickHouseStore store, SpendReader spend, IngestHealthReader health)
{
    private static readonly string[] Taken = ["accepted", "ignored", "empty"];

    public async Task<TenantUsageAnswer> AskAsync(TenantUsageQuestion question, CancellationToken cancellationToken)
    {
        var scope = ReadScope.Whole(question.Tenant);
        var month = TimeRange.Ending(question.Now, TenantUsageQuestion.Month);
        var sum = spend.SumAsync(new SpendQuestion(scope, month), cancellationToken);
        var lag = spend.AskAsync(new DataLagQuestion(scope), cancellationToken);
        var events = health.AskAsync(new IngestEventsQuestion(question.Tenant, month), cancellationToken);
        var lastDay = health.AskAsync(new IngestEventsQuestion(question.Tenant, TimeRange.Ending(question.Now, TenantUsageQuestion.Day)), cancellationToken);
        var stored = store.QueryAsync(new StoredRows(question.Tenant), cancellationToken);
        var sizes = SizesAsync(cancellationToken);
        await Task.WhenAll(sum, lag, events, lastDay, stored, sizes);
        return new TenantUsageAnswer(
            await sum, (await lag).LastReceivedAt, (await events).Rows.Sum(row => row.Bytes),
            (await lastDay).Rows.Where(row => !Taken.Contains(row.Reason)).Sum(row => Math.Max(row.Items, row.Requests)),
            (await stored).Sum(table => table.Rows), Bytes(await stored, await sizes));
    }

    private async Task<List<TableSize>> SizesAsync(CancellationToken cancellationToken)
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
