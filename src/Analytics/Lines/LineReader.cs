using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using FinOps.Analytics.Calls;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Pricing;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Lines;

/// <summary>
/// Takes the stored costs of a range apart into line items: reads its calls in a stream, explains each with the price book that its cost was found with, and sums them by
/// period. What is held in memory does not grow with the range.
/// </summary>
public sealed class LineReader(ClickHouseStore store, IPriceHistory history)
{
    /// <summary>Changes of calls that one question to the store reads at most (a quarter hour that has more is read in one): it ends well within the store's time limit. Default 250,000.</summary>
    internal const int MaxCallsOfLook = 250_000;

    /// <summary>Different lines of a period that are held at once. Default 200,000; beyond it those so far are given out, and equal ones follow as lines of their own: no sum changes.</summary>
    internal const int MaxHeldLines = 200_000;

    private static readonly System.Diagnostics.Metrics.Meter Figures = new("FinOps.Lines");
    private static readonly Counter<long> GivenEarly = Figures.CreateCounter<long>("finops.lines.given_early", description: "Periods whose lines were more than are held at once");

    /// <summary>The lines by period, the earliest first; within a period in a fixed order.</summary>
    public async IAsyncEnumerable<UsageLine> ReadAsync(LineQuestion question, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (from, to) = (CellRanges.Micros(question.Range.From), CellRanges.Micros(question.Range.To));
        if (from >= to) yield break;
        var cells = await store.QueryAsync(new CellsWithCalls(question.Scope.Tenant, from, to), cancellationToken);
        cells.Reverse();
        var books = new Dictionary<long, PriceSnapshot>();
        var length = question.Period == LinePeriod.Hour ? CellRanges.HourMicros : CellRanges.DayMicros;
        for (var next = 0; next < cells.Count;)
        {
            var period = cells[next].StartMicros - cells[next].StartMicros % length;
            var sums = new LineSums(CallRowColumns.Instant(period), CallRowColumns.Instant(period + length));
            while (next < cells.Count && cells[next].StartMicros < period + length)
            {
                var first = next;
                for (var calls = 0L; next < cells.Count && cells[next].StartMicros < period + length && (next == first || calls + cells[next].Most <= MaxCallsOfLook); next++) calls += cells[next].Most;
                var look = new LineCalls(
                    question.Scope, Math.Max(from, cells[first].StartMicros), Math.Min(to, cells[next - 1].StartMicros + CellRanges.CellMicros), question.Tags);
                await foreach (var call in store.StreamAsync(look, cancellationToken))
                {
                    if (!books.TryGetValue(call.BookVersion, out var book)) books.Add(call.BookVersion, book = await history.AsOfAsync(question.Scope.Tenant, call.BookVersion, cancellationToken));
                    sums.Add(call, book, book.Listed);
                    if (sums.Count < MaxHeldLines) continue;
                    GivenEarly.Add(1);
                    foreach (var line in sums.Take()) yield return line;
                }
            }

            foreach (var line in sums.Take()) yield return line;
        }
    }
}
