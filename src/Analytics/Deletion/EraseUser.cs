using System.Globalization;
using FinOps.Analytics.Retention;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Tenancy;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Deletion;

/// <summary>
/// Erases one user of a tenant, as calls name them; a job of Hangfire. Either calls stay without the name, and no sum of money changes; or they go, and sums follow. Each step
/// looks at what is there: it can be interrupted anywhere and run again (docs/retention.md).
/// </summary>
public sealed class EraseUser(UserErasures erasures, ClickHouseStore store, TimeProvider clock, IOptions<DeletionOptions> options)
{
    /// <summary>Stands for every user who was erased.</summary>
    public const string Erased = "(erased)";

    /// <summary>Settling may write a call once more with the name that it had read before.</summary>
    private const int MaxPasses = 3;

    /// <summary>Traces whose samples one statement deletes. Default 2,000: their ids are a part of its text.</summary>
    private const int MaxTraces = 2_000;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);

    public async Task RunAsync(Guid tenant, Guid erasure, CancellationToken cancellationToken)
    {
        var id = new TenantId(tenant);
        if (await erasures.FindAsync(id, erasure, cancellationToken) is not { FinishedAt: null } asked) return;
        for (var pass = 0; pass < MaxPasses; pass++)
        {
            var rows = await erasures.PreviewAsync(id, asked.User, cancellationToken);
            if (rows.Values.Sum() == 0) break;
            await erasures.NoteAsync(id, erasure, rows, cancellationToken);
            await EraseAsync(id, asked, cancellationToken);
        }

        await erasures.FinishAsync(id, erasure, cancellationToken);
    }

    private async Task EraseAsync(TenantId tenant, UserErasure asked, CancellationToken cancellationToken)
    {
        var user = asked.User;
        // First, while the traces still name the user.
        await EraseSamplesAsync(tenant, user, cancellationToken);
        foreach (var table in UserTables.Raw)
            await store.ExecuteAsync(asked.DeletesCalls ? new DeleteUserRows(tenant, user, table) : new ForgetUser(tenant, user, table), cancellationToken);
        await WaitAsync(tenant, user, UserTables.Raw, cancellationToken);

        if (asked.DeletesCalls)
        {
            // Closed cells have no calls that they could be summed up from: there the sums stay, without the name.
            var closed = (await store.QueryAsync(new ClosedUntil(tenant, 0), cancellationToken))[0].Closed;
            await store.ExecuteAsync(new TouchCellsOfUser(tenant, user, closed), cancellationToken);
            await store.ExecuteAsync(new DeleteUserRows(tenant, user, UserTables.Cells, new CellPart(closed, Before: false)), cancellationToken);
            await store.ExecuteAsync(new ForgetUser(tenant, user, UserTables.Cells, new CellPart(closed, Before: true)), cancellationToken);
        }
        else
        {
            await store.ExecuteAsync(new ForgetUser(tenant, user, UserTables.Cells), cancellationToken);
        }

        await WaitAsync(tenant, user, [UserTables.Cells], cancellationToken);

        // The name stands in the key of the days' sums and cannot be changed there: such days are summed up anew from their cells.
        var days = await store.QueryAsync(new DaysOfUser(tenant, user), cancellationToken);
        if (days.Count == 0) return;
        await store.ExecuteAsync(new UnpublishDays(tenant, [.. days]), cancellationToken);
        foreach (var table in UserTables.Days) await store.ExecuteAsync(new DeleteUserRows(tenant, user, table), cancellationToken);
        await WaitAsync(tenant, user, UserTables.Days, cancellationToken);
    }

    private async Task EraseSamplesAsync(TenantId tenant, string user, CancellationToken cancellationToken)
    {
        var left = await SampledTracesAsync(tenant, user, cancellationToken);
        while (left.Count > 0)
        {
            var (traces, began) = (left, clock.GetTimestamp());
            await store.ExecuteAsync(new DeleteSamples(tenant, [.. traces]), cancellationToken);
            while ((left = await SampledTracesAsync(tenant, user, cancellationToken)).Overlaps(traces))
            {
                RequireTime(tenant, began);
                await Task.Delay(Look, clock, cancellationToken);
            }
        }
    }

    private async Task<HashSet<string>> SampledTracesAsync(TenantId tenant, string user, CancellationToken cancellationToken) =>
        [.. (await store.QueryAsync(new SampleTracesOfUser(tenant, user, MaxTraces), cancellationToken)).Select(trace => trace.Trace)];

    private async Task WaitAsync(TenantId tenant, string user, IReadOnlyList<string> tables, CancellationToken cancellationToken)
    {
        var began = clock.GetTimestamp();
        while ((await erasures.PreviewAsync(tenant, user, cancellationToken)).Where(table => tables.Contains(table.Key)).Sum(table => table.Value) > 0)
        {
            RequireTime(tenant, began);
            await Task.Delay(Look, clock, cancellationToken);
        }
    }

    private void RequireTime(TenantId tenant, long began)
    {
        if (clock.GetElapsedTime(began) > TimeSpan.FromSeconds(options.Value.WaitSeconds))
            throw new TimeoutException(string.Create(CultureInfo.InvariantCulture, $"ClickHouse has not erased a user of tenant {tenant} after {options.Value.WaitSeconds} s; the next run goes on."));
    }
}

/// <summary>Every hour: starts erasures again that are late. Each is a job of its own, so that one that fails holds up nobody else's.</summary>
public sealed class FinishErasures(UserErasures erasures)
{
    /// <summary>Before that it is the job's own turn, with its tries.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromHours(1);

    public Task RunAsync(CancellationToken cancellationToken) => erasures.StartLateAsync(cancellationToken);
}
