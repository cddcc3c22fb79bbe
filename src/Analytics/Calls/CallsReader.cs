using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Pricing;

namespace FinOps.Analytics.Calls;

/// <summary>Lists calls, and tells everything of one.</summary>
public sealed class CallsReader(ClickHouseStore store, IPriceSource prices, IPriceHistory history)
{
    /// <summary>The first look takes cells that hold at least this many times the page's rows (filters thin them out), each further look eight times as many.</summary>
    private const int FirstLook = 4;
    private const int Growth = 8;

    /// <summary>
    /// One page. The table is ordered by quarter hour, not by start, so the latest quarter hours are read first and older ones only as far as the page is not full.
    /// </summary>
    public async Task<CallsAnswer> AskAsync(CallsQuestion question, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(question.Limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(question.Limit, CallsQuestion.MaxLimit);
        var (from, to) = (CellRanges.Micros(question.Range.From), CellRanges.Micros(question.Range.To));
        if (question.After is { } after) to = Math.Min(to, after.StartUnixMicros + 1);
        var rows = new List<CallRow>();
        if (from >= to) return new CallsAnswer(rows, null);

        var cells = await store.QueryAsync(new CellsWithCalls(question.Scope.Tenant, from, to), cancellationToken);
        var wanted = (long)(question.Limit + 1) * FirstLook;
        for (var next = 0; next < cells.Count && rows.Count <= question.Limit; wanted *= Growth)
        {
            var last = next;
            for (var most = cells[last].Most; most < wanted && last + 1 < cells.Count; most += cells[last].Most) last++;
            var stretch = new CallPage(
                question, Math.Max(from, cells[last].StartMicros), Math.Min(to, cells[next].StartMicros + CellRanges.CellMicros), question.Limit + 1 - rows.Count);
            rows.AddRange(await store.QueryAsync(stretch, cancellationToken));
            next = last + 1;
        }

        if (rows.Count <= question.Limit) return new CallsAnswer(rows, null);
        rows.RemoveAt(question.Limit);
        return new CallsAnswer(rows, rows[^1].Cursor);
    }

    /// <summary>Null where the tenant has no such call, or where it is another team's than the reader is limited to.</summary>
    public Task<CallDetail?> AskAsync(CallQuestion question, CancellationToken cancellationToken) =>
        new CallDossier(store, prices, history, question.Scope).OpenAsync(question.Id, cancellationToken);
}
