using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Stores.ClickHouse.Native;
using FinOps.Domain.Pricing;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Reratings;

/// <summary>
/// Carries a re-rating on, slice by slice of quarter hours; a job of Hangfire. Each slice can be done twice with the same outcome, and is noted when it is done: whoever is killed in one, the next worker
/// begins it again. What a preview finds, what applying writes and what taking back writes is told in docs/adr/0015.
/// </summary>
public sealed class RerateCalls(
    Reratings reratings, ClickHouseStore store, IPriceHistory history, IOptions<ReratingOptions> options, ILogger<RerateCalls> logger)
{
    /// <summary>Calls that are rated once more together. Default 10,000; what is beyond comes with the next look.</summary>
    private const int MaxMoved = 10_000;

    public async Task RunAsync(Guid tenant, Guid rerating, CancellationToken cancellationToken)
    {
        var id = new TenantId(tenant);
        while (await reratings.TakeAsync(id, rerating, cancellationToken) is { } run)
        {
            try
            {
                await WorkAsync(id, run, cancellationToken);
            }
            catch (Exception failure) when (failure is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                await reratings.GiveUpAsync(id, run, failure.Message, CancellationToken.None);
                Log.GaveUp(logger, failure, rerating, id);
                throw;
            }
        }
    }

    private async Task WorkAsync(TenantId tenant, Rerating run, CancellationToken cancellationToken)
    {
        var snapshot = await history.AsOfAsync(tenant, run.BookVersion, cancellationToken);
        var cells = await store.QueryAsync(new CellsToRerate(tenant, CellRanges.Micros(run.NextStart), CellRanges.Micros(run.To)), cancellationToken);
        var total = run.WritesDone + cells.Sum(cell => cell.Writes);
        foreach (var (first, end, writes) in Slices(cells, options.Value.SliceWrites))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (from, to) = (Math.Max(first, CellRanges.Micros(run.NextStart)), Math.Min(end, CellRanges.Micros(run.To)));
            var note = await DoAsync(run, snapshot, new ReratingSlice(tenant, run.Id, from, to), cancellationToken);
            var next = await reratings.AdvanceAsync(tenant, run, row =>
            {
                note(row);
                (row.NextStart, row.WritesDone, row.WritesInRange) = (DateTimeOffset.UnixEpoch.AddMicroseconds(to), row.WritesDone + writes, total);
            }, cancellationToken);
            if (next is null) return;
            run = next;
        }

        // Settling that had read a call before it was written may have put the old cost back since.
        if (run.State == ReratingState.Applying && await RateMovedAsync(run, snapshot, ReratingSlice.Whole(run), cancellationToken) is > 0 and var late)
            run = await reratings.AdvanceAsync(tenant, run, row => row.MovedCalls += late, cancellationToken) ?? run;
        var state = run.State switch { ReratingState.Previewing => ReratingState.Previewed, ReratingState.Applying => ReratingState.Applied, _ => ReratingState.Reverted };
        if (await reratings.FinishAsync(tenant, run, state, cancellationToken) is { } done)
            Log.Came(logger, done.Id, tenant, done.State, done.Calls, done.ChangedCalls, done.MovedCalls);
    }

    private async Task<Action<Rerating>> DoAsync(Rerating run, PriceSnapshot snapshot, ReratingSlice slice, CancellationToken cancellationToken)
    {
        switch (run.State)
        {
            case ReratingState.Previewing:
                var found = await PreviewAsync(run, snapshot, slice, cancellationToken);
                return found.Note;
            case ReratingState.Applying:
                await store.ExecuteAsync(new ApplyRerating(slice), cancellationToken);
                var moved = await RateMovedAsync(run, snapshot, slice, cancellationToken);
                return row => row.MovedCalls += moved;
            default:
                await store.ExecuteAsync(new RevertRerating(slice), cancellationToken);
                return _ => { };
        }
    }

    private async Task<SliceFindings> PreviewAsync(Rerating run, PriceSnapshot snapshot, ReratingSlice slice, CancellationToken cancellationToken)
    {
        var found = new SliceFindings();
        var block = new CallReratingBlock();
        await foreach (var before in store.StreamAsync(new RateableCalls(slice, run.Provider, run.Model, run.BookVersion), cancellationToken))
        {
            var after = before.Clone();
            snapshot.Rate(after);
            found.Add(before, after);
            if (CallRerating.Differs(before, after)) block.Append(slice.Tenant, run.Id, before, after);
        }

        await WriteAsync(block, cancellationToken);
        return found;
    }

    /// <summary>What something else has written since the preview is rated with the same book, and noted as what the re-rating has seen.</summary>
    private async Task<int> RateMovedAsync(Rerating run, PriceSnapshot snapshot, ReratingSlice slice, CancellationToken cancellationToken)
    {
        var moved = await store.QueryAsync(new MovedCalls(slice, run.BookVersion, MaxMoved), cancellationToken);
        var (calls, seen) = (new CallBlock(), new CallReratingBlock());
        foreach (var before in moved)
        {
            var after = before.Clone();
            snapshot.Rate(after);
            after.Version++;
            seen.Append(slice.Tenant, run.Id, before, after);
            calls.Append(after);
        }

        // First what it was, then what it is: a call is never written without its old cost being kept.
        await WriteAsync(seen, cancellationToken);
        await WriteAsync(calls, cancellationToken);
        return moved.Count;
    }

    private async Task WriteAsync(NativeBlock block, CancellationToken cancellationToken)
    {
        if (block.Rows == 0) return;
        var result = await store.InsertAsync(block, cancellationToken);
        if (!result.IsStored) throw new IOException($"ClickHouse did not take what was rated anew: {result.Message}");
    }

    /// <summary>Whole quarter hours, each slice with at most so many writes or one cell.</summary>
    internal static IEnumerable<(long From, long To, long Writes)> Slices(IReadOnlyList<CellToRerate> cells, long most)
    {
        for (var first = 0; first < cells.Count;)
        {
            var (end, writes) = (first + 1, cells[first].Writes);
            while (end < cells.Count && writes + cells[end].Writes <= most) writes += cells[end++].Writes;
            yield return (cells[first].Start * 1_000_000L, cells[end - 1].Start * 1_000_000L + CellRanges.CellMicros, writes);
            first = end;
        }
    }

    /// <summary>What a slice of a preview adds to the figures of its re-rating.</summary>
    private sealed class SliceFindings
    {
        private long _calls, _changed, _priced, _unpriced;
        private decimal _old, _new;

        public void Add(CallReport before, CallReport after)
        {
            _calls++;
            _old += before.Cost;
            _new += after.Cost;
            if (!CallRerating.Differs(before, after)) return;
            _changed++;
            if (CallRerating.BecomesPriced(before, after)) _priced++;
            if (CallRerating.BecomesUnpriced(before, after)) _unpriced++;
        }

        public void Note(Rerating run)
        {
            run.Calls += _calls;
            run.ChangedCalls += _changed;
            run.PricedCalls += _priced;
            run.UnpricedCalls += _unpriced;
            run.OldCost += _old;
            run.NewCost += _new;
        }
    }
}

/// <summary>Every minute: goes on with re-ratings whose worker was killed or gave up.</summary>
public sealed class ResumeReratings(Reratings reratings, RerateCalls rerate)
{
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        foreach (var (tenant, id) in await reratings.LeftAloneAsync(cancellationToken)) await rerate.RunAsync(tenant, id, cancellationToken);
    }
}
