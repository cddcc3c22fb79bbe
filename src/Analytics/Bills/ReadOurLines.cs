using FinOps.Analytics.Lines;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Bills;
using FinOps.Domain.Pricing;
using FinOps.Domain.Tenancy;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Bills;

/// <summary>Our side of a bill: what calls used and cost by the hour, and what the figures leave out.</summary>
internal sealed class ReadOurLines(LineReader lines, IOptions<BillOptions> options)
{
    /// <exception cref="TenancyException">The range has more lines than are compared at once.</exception>
    public async Task<(List<OurLine> Lines, List<LeftOut> LeftOut)> ReadAsync(TenantId tenant, TimeRange range, CancellationToken cancellationToken)
    {
        var (ours, left) = (new List<OurLine>(), new List<LeftOut>());
        var hour = new List<UsageLine>();
        await foreach (var line in lines.ReadAsync(new LineQuestion(ReadScope.Whole(tenant), range) { Period = LinePeriod.Hour }, cancellationToken))
        {
            if (hour.Count > 0 && hour[0].From != line.From) Take(hour, ours, left);
            hour.Add(line);
            if (ours.Count > options.Value.MaxUsageLines) throw new TenancyException($"More than {options.Value.MaxUsageLines} lines of calls lie in the bill's time: cut the bill by month.");
        }

        Take(hour, ours, left);
        return (ours, left);
    }

    private static void Take(List<UsageLine> hour, List<OurLine> ours, List<LeftOut> left)
    {
        foreach (var group in hour.GroupBy(line => (line.From, line.Provider, line.Model, line.Region, line.Tier, line.Batch)))
        {
            var first = ours.Count;
            ours.AddRange(group.Where(line => !line.IsUnpriced && line.Meter != Meter.Discount).GroupBy(line => (line.Meter, line.Label))
                .Select(same => new OurLine(group.Key.From, group.Key.Provider, group.Key.Model, same.Key.Meter, same.Key.Label ?? PriceLabel.Exact, group.Key.Region, group.Key.Tier, group.Key.Batch, same.Sum(line => line.Quantity), same.Sum(line => line.Cost))));
            Spread(ours, first, group.Where(line => line.Meter == Meter.Discount).Sum(line => line.Cost));
        }

        foreach (var group in hour.GroupBy(line => (line.From, line.Provider, line.Model)))
        {
            // A call has a line for each of its meters: the meter that most calls have tells how many there are.
            var told = group.Where(line => line.Meter is not null and not Meter.Discount).GroupBy(line => line.Meter).Select(meter => meter.Sum(line => line.Calls)).DefaultIfEmpty().Max();
            var without = group.Where(line => line.IsUnpriced && line.Meter is null).Sum(line => line.Calls);
            var unpriced = group.Where(line => line.IsUnpriced && line.Meter is not null).GroupBy(line => line.Meter!.Value).ToDictionary(meter => meter.Key, meter => meter.Sum(line => line.Quantity));
            if (without > 0 || unpriced.Count > 0 || told > 0) left.Add(new LeftOut(group.Key.From, group.Key.Provider, group.Key.Model, told + without, without, unpriced));
        }

        hour.Clear();
    }

    /// <summary>A discount is a share off all lines of its calls; a bill has it in each line's amount.</summary>
    private static void Spread(List<OurLine> ours, int first, decimal discount)
    {
        if (discount == 0 || first == ours.Count) return;
        var sum = ours.Skip(first).Sum(line => line.Cost);
        var left = discount;
        for (var i = first; i < ours.Count; i++)
        {
            var share = i == ours.Count - 1 || sum == 0 ? left : decimal.Round(discount * (ours[i].Cost / sum), 12, MidpointRounding.ToEven);
            ours[i] = ours[i] with { Cost = ours[i].Cost + share };
            left -= share;
        }
    }
}
