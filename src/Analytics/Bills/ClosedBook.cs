using FinOps.Analytics.Lines;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Stores.ClickHouse.Native;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Bills;

/// <summary>Reads what a month's calls say now, and writes lines of its books.</summary>
internal sealed class ClosedBook(ClickHouseStore store, LineReader lines, IOptions<BillOptions> options)
{
    private const int LinesPerInsert = 50_000;

    /// <exception cref="TenancyException">The month has more lines than are closed.</exception>
    public async Task<MonthFigures> ReadAsync(TenantId tenant, DateOnly month, CancellationToken cancellationToken)
    {
        var groups = new Dictionary<ClosedGroup, (decimal Quantity, decimal Cost)>();
        long unpriced = 0;
        await foreach (var line in lines.ReadAsync(new LineQuestion(ReadScope.Whole(tenant), CloseMonths.RangeOf(month)) { Tags = [Tag.Feature, Tag.Team, Tag.Customer] }, cancellationToken))
        {
            // What is in no sum is in no book.
            if (line.IsUnpriced)
            {
                if (line.Meter is null or FinOps.Domain.Pricing.Meter.Input) unpriced += line.Calls;
                continue;
            }

            var group = new ClosedGroup(DateOnly.FromDateTime(line.From.UtcDateTime), line.Provider, line.Model, line.Meter?.ToString() ?? "", line.Tags[Tag.Feature], line.Tags[Tag.Team], line.Tags[Tag.Customer]);
            var (quantity, cost) = groups.GetValueOrDefault(group);
            groups[group] = (quantity + line.Quantity, cost + line.Cost);
            if (groups.Count > options.Value.MaxClosedLines) throw new TenancyException($"The month has more than {options.Value.MaxClosedLines} lines of day, model, meter, feature, team and customer (FinOps:Bills:MaxClosedLines).");
        }

        return new MonthFigures(groups, unpriced);
    }

    /// <summary>What the books say by group: as closed, with all corrections so far.</summary>
    public async Task<Dictionary<ClosedGroup, (decimal Quantity, decimal Cost)>> KnownAsync(TenantId tenant, Guid close, Guid entry, CancellationToken cancellationToken)
    {
        var known = await store.QueryAsync(new KnownLines(tenant, close, entry, 2 * options.Value.MaxClosedLines), cancellationToken);
        return known.ToDictionary(line => line.Group, line => (line.Quantity, line.Cost));
    }

    /// <summary>Lines of one close as they stand in the books, by the day that they count for: as closed by their own, corrections by that of their booking. The range is of whole UTC days.</summary>
    public IAsyncEnumerable<BookLine> LinesAsync(TenantId tenant, ClosedMonth close, TimeRange range, bool areCorrections, CancellationToken cancellationToken) =>
        store.StreamAsync(new LinesOfClose(tenant, close.Id, close.EntryId, areCorrections, Adjustments.Day(range.From), Adjustments.Day(range.To)), cancellationToken);

    public async Task WriteAsync(TenantId tenant, Guid close, Guid entry, bool isCorrection, DateOnly bookedOn, IReadOnlyCollection<KeyValuePair<ClosedGroup, (decimal Quantity, decimal Cost)>> groups, CancellationToken cancellationToken)
    {
        foreach (var chunk in groups.Chunk(LinesPerInsert))
        {
            var block = new ClosedLineBlock();
            foreach (var (group, (quantity, cost)) in chunk) block.Append(tenant.Value, close, entry, isCorrection, bookedOn, group, quantity, cost);
            var result = await store.InsertAsync(block, cancellationToken);
            if (!result.IsStored) throw new IOException($"ClickHouse did not take the lines of the month: {result}");
        }
    }

    /// <summary>What has to be added to the books so that they say what the calls say.</summary>
    public static List<KeyValuePair<ClosedGroup, (decimal Quantity, decimal Cost)>> Difference(
        IReadOnlyDictionary<ClosedGroup, (decimal Quantity, decimal Cost)> now, IReadOnlyDictionary<ClosedGroup, (decimal Quantity, decimal Cost)> known)
    {
        var differences = new List<KeyValuePair<ClosedGroup, (decimal Quantity, decimal Cost)>>();
        foreach (var group in now.Keys.Union(known.Keys))
        {
            var (current, before) = (now.GetValueOrDefault(group), known.GetValueOrDefault(group));
            if (current != before) differences.Add(KeyValuePair.Create(group, (current.Quantity - before.Quantity, current.Cost - before.Cost)));
        }

        return differences;
    }
}

/// <param name="UnpricedCalls">In no sum.</param>
internal sealed record MonthFigures(IReadOnlyDictionary<ClosedGroup, (decimal Quantity, decimal Cost)> Groups, long UnpricedCalls)
{
    public decimal Cost => Groups.Values.Sum(group => group.Cost);
}
