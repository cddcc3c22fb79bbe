using FinOps.Domain.Pricing;

namespace FinOps.Domain.Bills;

/// <summary>Divides the residual of one row among its causes, one after the other; each takes of what those before it left.</summary>
internal sealed class ExplainResidual
{
    private const int Decimals = 12;

    /// <summary>Less than this for each line of the bill is its rounding, USD.</summary>
    private const decimal RoundingOfLine = 0.005m;

    /// <summary>The bill's unit price counts as one price if no day is further from the middle one, as a share of it.</summary>
    private const decimal SamePrice = 0.01m;

    private readonly List<CauseAmount> _causes = [];
    private decimal _left;

    private ExplainResidual(decimal residual) => _left = residual;

    public static ReconciledRow Of(RowKey key, MatchedRow row, decimal oursUnmoved, BillPlan plan)
    {
        var billed = row.Billed.Sum(line => line.Line.Cost);
        var ours = row.Ours.Sum(line => line.Cost);
        var explain = new ExplainResidual(billed - oursUnmoved);
        explain.Take(ResidualCause.TimeZone, ours - oursUnmoved);
        explain.Explain(key, row, ours, plan);
        return new ReconciledRow
        {
            From = key.From,
            To = key.To,
            Provider = key.Provider,
            Model = key.Model,
            Meter = key.Meter,
            Sku = string.Join("; ", row.Billed.Select(line => line.Line.Sku).Where(sku => sku.Length != 0).Distinct(StringComparer.Ordinal).Take(3)),
            BilledQuantity = Quantity(row.Billed, key.Meter),
            OurQuantity = key.Meter is null ? 0 : row.Ours.Sum(line => line.Quantity),
            Billed = billed,
            Ours = oursUnmoved,
            OurModels = [.. row.Ours.Select(line => line.Model).Distinct(StringComparer.Ordinal)],
            Causes = explain._causes,
            Rest = explain._left,
        };
    }

    private void Explain(RowKey key, MatchedRow row, decimal ours, BillPlan plan)
    {
        var billed = WithoutDuplicates(row.Billed);
        var cost = billed.Sum(line => line.Line.Cost);
        var units = Quantity(billed, key.Meter) is > 0 and var known ? known : (decimal?)null;
        var ourUnits = key.Meter is null ? 0 : row.Ours.Sum(line => line.Quantity);
        var unpriced = UnpricedOf(row, key.Meter);
        if (row.Ours.Count == 0 && units is null)
        {
            // Without units nothing tells how much of it those calls are: they are the only ones that we know of.
            if (_left > 0 && (unpriced > 0 || row.LeftOut.Exists(line => line.Unpriced.Count > 0))) Take(ResidualCause.Unpriced, _left);
            Take(billed.Count > 0 ? ResidualCause.NotSeen : ResidualCause.NotBilled, _left);
            return;
        }

        if (billed.Count == 0)
        {
            Take(ResidualCause.NotBilled, _left);
            return;
        }

        if (units is not { } theirs)
        {
            if (_left > RoundingOfLine * billed.Count && (unpriced > 0 || row.LeftOut.Exists(line => line.Unpriced.Count > 0))) Take(ResidualCause.Unpriced, _left);
            return;
        }

        var price = cost / theirs;
        var more = theirs - ourUnits;
        if (more > 0)
        {
            more -= TakeUnits(ResidualCause.Unpriced, Math.Min(more, unpriced), price);
            more -= TakeUnits(ResidualCause.MissingUsage, Math.Min(more, MissingOf(row, ourUnits + unpriced)), price);
        }

        var before = _left;
        if (ourUnits > 0) ExplainShares(key, billed, row.Ours, Math.Min(theirs, ourUnits));
        var shares = before - _left;
        if (more > 0) Take(ResidualCause.NotSeen, row.Ours.Count == 0 ? _left : more * price);
        if (more < 0) Take(ResidualCause.NotBilled, more * (ours / ourUnits));
        if (ourUnits > 0 && Math.Abs(_left) > RoundingOfLine * billed.Count && IsOnePrice(plan.UnitPrices.GetValueOrDefault((key.Provider, key.Model, key.Meter))))
            Take(ResidualCause.PriceDiffers, (Math.Min(theirs, ourUnits) * (price - (ours / ourUnits))) - shares);
    }

    private List<ReadLine> WithoutDuplicates(List<ReadLine> lines)
    {
        var single = lines.DistinctBy(line => line.Line with { Number = 0 }).ToList();
        var repeated = lines.Sum(line => line.Line.Cost) - single.Sum(line => line.Line.Cost);
        if (repeated <= 0 || repeated > _left) return lines;
        Take(ResidualCause.Duplicates, repeated);
        return single;
    }

    private void ExplainShares(RowKey key, List<ReadLine> billed, List<OurLine> ours, decimal units)
    {
        if (key.Meter == Meter.CacheWrite5m) ExplainLife(billed, ours);
        ExplainShare(ResidualCause.Batch, billed, ours, units, line => line.Reading.Batch ? "batch" : "", line => line.Batch ? "batch" : "");
        ExplainShare(ResidualCause.ServiceTier, billed, ours, units, line => Standard(line.Reading.Tier), line => Standard(line.Tier));
        ExplainShare(ResidualCause.Region, billed, ours, units, line => line.Line.Region, line => line.Region);
    }

    private static string Standard(string tier) => tier is "standard" or "default" or "auto" ? "" : tier.ToLowerInvariant();

    private void ExplainLife(List<ReadLine> billed, List<OurLine> ours)
    {
        var longer = billed.Where(line => line.Reading.Meter == Meter.CacheWrite1h).ToList();
        var ourShort = ours.Where(line => line.Meter == Meter.CacheWrite5m).ToList();
        var (units, ourUnits) = (longer.Sum(line => line.Line.Quantity!.Value), ourShort.Sum(line => line.Quantity));
        if (units <= 0 || ourUnits <= 0) return;
        var taken = Math.Min(units - ours.Where(line => line.Meter == Meter.CacheWrite1h).Sum(line => line.Quantity), ourUnits);
        if (taken > 0) Take(ResidualCause.CacheWriteLife, taken * ((longer.Sum(line => line.Line.Cost) / units) - (ourShort.Sum(line => line.Cost) / ourUnits)));
    }

    /// <summary>Common units × Σ (share in the bill - share of ours) × price, where the price is ours, or the bill's where we have no such units.</summary>
    private void ExplainShare(ResidualCause cause, List<ReadLine> billed, List<OurLine> ours, decimal units, Func<ReadLine, string> ofBill, Func<OurLine, string> ofOurs)
    {
        // A bill that tells none cannot differ by it.
        if (billed.TrueForAll(line => ofBill(line).Length == 0) && (cause == ResidualCause.Region || ours.TrueForAll(line => ofOurs(line).Length == 0))) return;
        var theirs = billed.GroupBy(ofBill).ToDictionary(group => group.Key, group => (Units: group.Sum(line => line.Line.Quantity!.Value), Cost: group.Sum(line => line.Line.Cost)));
        var own = ours.GroupBy(ofOurs).ToDictionary(group => group.Key, group => (Units: group.Sum(line => line.Quantity), Cost: group.Sum(line => line.Cost)));
        var (all, ourAll) = (theirs.Values.Sum(one => one.Units), own.Values.Sum(one => one.Units));
        if (all <= 0 || ourAll <= 0) return;
        var amount = 0m;
        foreach (var value in theirs.Keys.Union(own.Keys))
        {
            var (their, our) = (theirs.GetValueOrDefault(value), own.GetValueOrDefault(value));
            var price = our.Units > 0 ? our.Cost / our.Units : their.Units > 0 ? their.Cost / their.Units : 0m;
            amount += units * ((their.Units / all) - (our.Units / ourAll)) * price;
        }

        Take(cause, amount);
    }

    /// <summary>What calls without usage would have used, if each were as those that told it.</summary>
    private static decimal MissingOf(MatchedRow row, decimal told)
    {
        var (calls, without) = (row.LeftOut.Sum(line => line.Calls), row.LeftOut.Sum(line => line.WithoutUsage));
        return calls > without ? without * (told / (calls - without)) : 0m;
    }

    private static decimal UnpricedOf(MatchedRow row, Meter? meter) =>
        meter is null ? 0m : row.LeftOut.Sum(line => line.Unpriced.Where(part => BillPlan.Family(part.Key) == meter).Sum(part => part.Value));

    /// <summary>Null where a line tells no units, or where they are of several meters.</summary>
    private static decimal? Quantity(List<ReadLine> lines, Meter? meter) =>
        meter is null || lines.Count == 0 || lines.Exists(line => line.Line.Quantity is null) ? null : lines.Sum(line => line.Line.Quantity);

    private static bool IsOnePrice(List<decimal>? prices)
    {
        if (prices is not { Count: > 0 }) return false;
        var middle = prices.Order().ElementAt(prices.Count / 2);
        return prices.TrueForAll(price => Math.Abs(price - middle) <= Math.Abs(middle) * SamePrice);
    }

    private decimal TakeUnits(ResidualCause cause, decimal units, decimal price)
    {
        if (units > 0) Take(cause, units * price);
        return Math.Max(units, 0);
    }

    private void Take(ResidualCause cause, decimal amount)
    {
        amount = decimal.Round(amount, Decimals, MidpointRounding.ToEven);
        if (amount == 0) return;
        _causes.Add(new CauseAmount(cause, amount));
        _left -= amount;
    }
}
