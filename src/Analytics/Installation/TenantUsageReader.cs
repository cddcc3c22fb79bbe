using FinOps.Analytics.IngestHealth;
using FinOps.Analytics.Spend;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Installation;

/// <summary>Puts together what one organisation uses.</summary>
public sealed class TenantUsageReader(StoredBytesReader storage, SpendReader spend, IngestHealthReader health)
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
        var stored = storage.RowsAsync(question.Tenant, cancellationToken);
        var sizes = storage.SizesAsync(cancellationToken);
        await Task.WhenAll(sum, lag, events, lastDay, stored, sizes);
        return new TenantUsageAnswer(
            await sum, (await lag).LastReceivedAt, (await events).Rows.Sum(row => row.Bytes),
            (await lastDay).Rows.Where(row => !Taken.Contains(row.Reason)).Sum(row => Math.Max(row.Items, row.Requests)),
            (await stored).Sum(table => table.Rows), StoredBytesReader.Bytes(await stored, await sizes));
    }
}
