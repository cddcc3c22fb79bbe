using System.Globalization;
using FinOps.Analytics.Commitments;
using FinOps.Domain.Allocation;
using FinOps.Domain.Commitments;
using FinOps.Domain.Currencies;

namespace FinOps.Analytics.Focus;

/// <summary>The commitment of a charge, in FOCUS' words.</summary>
/// <param name="Id">Of the commitment.</param>
/// <param name="Name">As people call it.</param>
/// <param name="Kind">Decides category, type and unit.</param>
/// <param name="Status">Used or Unused; null of what is no usage: a discount on calls that drew on it.</param>
/// <param name="Quantity">Money in the commitment's currency, or hours; null without a status.</param>
/// <param name="Unit">The currency, or Hours; null without a status.</param>
public sealed record FocusCommitment(Guid Id, string Name, CommitmentKind Kind, string? Status, decimal? Quantity, string? Unit)
{
    internal const string Used = "Used";
    internal const string Unused = "Unused";

    public string Category => Kind == CommitmentKind.Spend ? "Spend" : "Usage";
    public string Type => Kind == CommitmentKind.Spend ? "Committed Spend" : "Provisioned Throughput";
}

/// <summary>Turns what commitments left unused, and hours of provisioned throughput, into charges of the day on which they lapsed or passed. Pure.</summary>
public static class FocusCommitments
{
    /// <summary>Days that begin in the range. Their costs sum to what the page of commitments says is paid beside the calls.</summary>
    public static IEnumerable<FocusRow> RowsOf(CommitmentInUse use, DateTimeOffset from, DateTimeOffset to, FocusAccount account)
    {
        var commitment = use.Row.ToCommitment();
        foreach (var period in use.Periods)
        {
            foreach (var day in period.Days)
            {
                var start = new DateTimeOffset(day.Day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);
                if (start < from || start >= to) continue;
                // What spend used stands in the rows of its calls.
                if (commitment.Kind == CommitmentKind.Provisioned && day.Used != 0) yield return RowOf(commitment, period, start, FocusCommitment.Used, day.Used, account);
                if (day.Unused != 0) yield return RowOf(commitment, period, start, FocusCommitment.Unused, day.Unused, account);
            }
        }
    }

    private static FocusRow RowOf(Commitment commitment, CommitmentUse period, DateTimeOffset start, string status, decimal cost, FocusAccount account)
    {
        var isSpend = commitment.Kind == CommitmentKind.Spend;
        var (price, priced, unit) = isSpend ? (1m, cost, ExchangeRates.Usd) : (commitment.AmountUsd, cost / commitment.AmountUsd, "Hours");
        var sku = $"{commitment.Seller}/{(isSpend ? "committed-spend" : "provisioned-throughput")}";
        var isUsed = status == FocusCommitment.Used;
        return new FocusRow
        {
            Kind = FocusRowKind.Commitments,
            From = start,
            To = start.AddDays(1),
            AccountId = account.Id,
            AccountName = account.Name,
            Seller = FocusSeller.Of(commitment.HostPlatform.Length != 0 ? commitment.HostPlatform : commitment.Seller),
            ChargeCategory = "Usage",
            Description = isSpend
                ? string.Create(CultureInfo.InvariantCulture, $"Unused part of {commitment.Name}, {period.From:d MMM yyyy} to {period.To.AddDays(-1):d MMM yyyy}")
                : $"{(isUsed ? "Hours with calls" : "Hours without calls")} of {commitment.Name}",
            Basis = FocusCostBasis.Estimated,
            Cost = cost,
            ListCost = cost,
            UnitPrice = price,
            ListUnitPrice = price,
            PricingQuantity = priced,
            PricingUnit = unit,
            PricingCategory = "Committed",
            ConsumedQuantity = isUsed ? priced : null,
            ConsumedUnit = isUsed ? unit : null,
            SkuId = sku,
            SkuMeter = isSpend ? "Committed Spend" : "Provisioned Throughput Hours",
            SkuPriceId = $"{sku}/{FocusRow.Plain(price)}",
            Commitment = new FocusCommitment(
                commitment.Id, commitment.Name, commitment.Kind, status, isSpend ? ExactShares.Round(cost * commitment.Rate) : priced, isSpend ? commitment.Currency : unit),
        };
    }
}

/// <summary>
/// Tells rows of usage on which commitment they drew. A day is used, beyond the promise, or (the one on which a commitment runs out) both: then each of its rows is cut in two that sum to it, and
/// what is cut off for the commitment sums to what the day drew. Of one file.
/// </summary>
public sealed class FocusCommitmentMarks(IEnumerable<CommitmentInUse> uses)
{
    private readonly List<Drawn> _drawn = [.. uses.Where(use => use.Row.Kind == CommitmentKind.Spend).Select(use => new Drawn(use))];

    public static FocusCommitmentMarks None { get; } = new([]);

    public IEnumerable<FocusRow> Mark(FocusRow row, string provider, string model)
    {
        var day = DateOnly.FromDateTime(row.From.UtcDateTime);
        // What costs nothing draws nothing.
        if (row.Cost == 0 || (row.Cost < 0 && row.ChargeCategory == "Usage") || _drawn.Find(drawn => drawn.Commitment.Covers(provider, model) && drawn.Days.ContainsKey(day)) is not { } found) return [row];
        return found.Split(row, day);
    }

    private sealed class Drawn(CommitmentInUse use)
    {
        public Commitment Commitment { get; } = use.Row.ToCommitment();

        public Dictionary<DateOnly, CommitmentDay> Days { get; } = use.Periods.SelectMany(period => period.Days).ToDictionary(day => day.Day);

        // Cost of the rows so far, and the part of it that was cut off, of days that were used in part.
        private readonly Dictionary<DateOnly, (decimal Cost, decimal Used)> _sums = [];

        public IEnumerable<FocusRow> Split(FocusRow row, DateOnly date)
        {
            var day = Days[date];
            if (day.Used == 0) return [row];
            if (day.Used == day.Eligible) return [Marked(row)];
            var (cost, used) = _sums.GetValueOrDefault(date);
            var until = ExactShares.Round((cost + row.Cost) * (day.Used / day.Eligible));
            _sums[date] = (cost + row.Cost, until);
            if (until == used) return [row];
            var part = Part(row, until - used);
            return part.Cost == row.Cost ? [Marked(row)] : [Marked(part), Rest(row, part)];
        }

        private FocusRow Marked(FocusRow row)
        {
            var isUsage = row.ChargeCategory == "Usage";
            return row with
            {
                PricingCategory = isUsage ? "Committed" : row.PricingCategory,
                Commitment = new FocusCommitment(
                    Commitment.Id, Commitment.Name, Commitment.Kind, isUsage ? FocusCommitment.Used : null, isUsage ? ExactShares.Round(row.Cost * Commitment.Rate) : null, isUsage ? Commitment.Currency : null),
            };
        }

        private static FocusRow Part(FocusRow row, decimal cost)
        {
            var share = cost / row.Cost;
            return row with { Cost = cost, ListCost = ExactShares.Round(row.ListCost * share), PricingQuantity = row.PricingQuantity * share, ConsumedQuantity = row.ConsumedQuantity * share };
        }

        private static FocusRow Rest(FocusRow row, FocusRow part) => row with
        {
            Cost = row.Cost - part.Cost,
            ListCost = row.ListCost - part.ListCost,
            PricingQuantity = row.PricingQuantity - part.PricingQuantity,
            ConsumedQuantity = row.ConsumedQuantity - part.ConsumedQuantity,
        };
    }
}
