using FinOps.Analytics.Retention;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace FinOps.Analytics.Bills;

/// <summary>
/// Writes down what a month's calls cost, and from then on each difference as a correction; a job of Hangfire. It compares what the calls say with what the books say, so it can be
/// interrupted anywhere and run again.
/// </summary>
public sealed partial class CloseMonth
{
    private readonly FinOpsDatabase _database;
    private readonly ClickHouseStore _store;
    private readonly ClosedBook _book;
    private readonly TimeProvider _clock;
    private readonly ILogger<CloseMonth> _logger;

    internal CloseMonth(FinOpsDatabase database, ClickHouseStore store, ClosedBook book, TimeProvider clock, ILogger<CloseMonth> logger) =>
        (_database, _store, _book, _clock, _logger) = (database, store, book, clock, logger);

    /// <summary>The close that was asked for, if it is still to be done.</summary>
    public async Task RunAsync(Guid tenant, Guid close, CancellationToken cancellationToken)
    {
        var id = new TenantId(tenant);
        if (await FindAsync(id, close, cancellationToken) is not { State: MonthState.Closing } asked) return;
        try
        {
            // Read before the calls: what changes meanwhile is compared later.
            var changed = await LatestAsync(id, asked.Month, cancellationToken);
            var figures = await _book.ReadAsync(id, asked.Month, cancellationToken);
            var entry = Guid.NewGuid();
            await _book.WriteAsync(id, close, entry, isCorrection: false, asked.Month, figures.Groups, cancellationToken);
            await UpdateAsync(id, close, MonthState.Closing, row =>
            {
                (row.State, row.ClosedAt, row.EntryId, row.ComparedThrough) = (MonthState.Closed, _clock.GetUtcNow(), entry, changed);
                (row.Cost, row.Lines, row.UnpricedCalls) = (figures.Cost, figures.Groups.Count, figures.UnpricedCalls);
            }, cancellationToken);
        }
        catch (TenancyException refusal)
        {
            await UpdateAsync(id, close, MonthState.Closing, row => (row.State, row.Problem) = (MonthState.Failed, Bills.Short(refusal.Message, BillConfiguration.MaxReason)), cancellationToken);
        }
    }

    /// <summary>All closes of one tenant: those under way are done, those that stand are compared with what changed since.</summary>
    internal async Task CompareAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        var closes = await _database.RunAsync(tenant, context => CloseMonths.Rows(context, tenant).AsNoTracking().Where(row => row.State == MonthState.Closing || row.State == MonthState.Closed).ToListAsync(cancellationToken), cancellationToken);
        foreach (var close in closes)
        {
            if (close.State == MonthState.Closing) await RunAsync(tenant.Value, close.Id, cancellationToken);
            else await CompareAsync(tenant, close, cancellationToken);
        }
    }

    private async Task CompareAsync(TenantId tenant, ClosedMonth close, CancellationToken cancellationToken)
    {
        var changed = await LatestAsync(tenant, close.Month, cancellationToken);
        if (close.ComparedThrough >= changed) return;
        // Once retention takes calls of the month away, what is left says nothing any more: the books stand as they are.
        var kept = (await _store.QueryAsync(new ClosedUntil(tenant, 0), cancellationToken))[0].Closed;
        if (kept > CloseMonths.RangeOf(close.Month).From.ToUnixTimeSeconds()) return;
        var figures = await _book.ReadAsync(tenant, close.Month, cancellationToken);
        var known = await _book.KnownAsync(tenant, close.Id, close.EntryId, cancellationToken);
        var corrections = ClosedBook.Difference(figures.Groups, known);
        await _book.WriteAsync(tenant, close.Id, Guid.NewGuid(), isCorrection: true, Adjustments.Day(_clock.GetUtcNow()), corrections, cancellationToken);
        var cost = corrections.Sum(line => line.Value.Cost);
        await UpdateAsync(tenant, close.Id, MonthState.Closed, row => (row.ComparedThrough, row.Corrections) = (changed, figures.Cost - row.Cost!.Value), cancellationToken);
        if (corrections.Count > 0) LogCorrected(_logger, tenant, CloseMonths.Name(close.Month), corrections.Count, cost);
    }

    private async Task<DateTimeOffset> LatestAsync(TenantId tenant, DateOnly month, CancellationToken cancellationToken) =>
        (await _store.QueryAsync(new LastChange(tenant, CloseMonths.RangeOf(month)), cancellationToken))[0].Latest;

    private Task<ClosedMonth?> FindAsync(TenantId tenant, Guid close, CancellationToken cancellationToken) => _database.RunAsync(
        tenant, context => CloseMonths.Rows(context, tenant).AsNoTracking().SingleOrDefaultAsync(row => row.Id == close, cancellationToken), cancellationToken);

    private Task<bool> UpdateAsync(TenantId tenant, Guid close, MonthState expected, Action<ClosedMonth> change, CancellationToken cancellationToken) => _database.RunAsync(tenant, async context =>
    {
        await Bills.LockAsync(context, tenant, cancellationToken);
        // Opened again meanwhile: then nothing of it counts.
        if (await CloseMonths.Rows(context, tenant).SingleOrDefaultAsync(row => row.Id == close && row.State == expected, cancellationToken) is not { } row) return false;
        change(row);
        await context.SaveChangesAsync(cancellationToken);
        return true;
    }, cancellationToken);

    [LoggerMessage(Level = LogLevel.Information, Message = "Tenant {Tenant}: {Month} is closed; {Lines} lines changed since and are corrections of {Cost} USD")]
    private static partial void LogCorrected(ILogger logger, TenantId tenant, string month, int lines, decimal cost);
}

/// <summary>Every hour, for every tenant: finishes closes that were interrupted, and finds corrections. Two runs at once would book the same correction twice, so there is one.</summary>
public sealed class FindCorrections(Retentions retentions, CloseMonth close)
{
    [Hangfire.DisableConcurrentExecution(timeoutInSeconds: 10)]
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        foreach (var (tenant, _) in await retentions.AllInForceAsync(cancellationToken)) await close.CompareAsync(tenant, cancellationToken);
    }
}
