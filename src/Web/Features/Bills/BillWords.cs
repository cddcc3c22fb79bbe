using System.Globalization;
using FinOps.Analytics.Bills;
using FinOps.Domain.Bills;
using FinOps.Domain.Pricing;
using FinOps.Web.Parts;

namespace FinOps.Web.Features.Bills;

/// <summary>How bills read on their pages.</summary>
internal static class BillWords
{
    public static string Of(ResidualCause? cause) => cause switch
    {
        ResidualCause.TimeZone => "Days are cut elsewhere",
        ResidualCause.NotUsage => "Taxes, credits, fees",
        ResidualCause.Unmapped => "Words not mapped yet",
        ResidualCause.Duplicates => "Lines that repeat",
        ResidualCause.Unpriced => "Unpriced calls",
        ResidualCause.MissingUsage => "Calls without usage",
        ResidualCause.CacheWriteLife => "Cache writes kept for an hour",
        ResidualCause.Batch => "Batch",
        ResidualCause.ServiceTier => "Service tier",
        ResidualCause.Region => "Region",
        ResidualCause.NotSeen => "Not seen by us",
        ResidualCause.NotBilled => "Not billed",
        ResidualCause.PriceDiffers => "Price differs",
        _ => "Unexplained",
    };

    public static string Rule(ResidualCause? cause, int shiftHours) => cause switch
    {
        ResidualCause.TimeZone => string.Create(CultureInfo.InvariantCulture, $"The bill's days fit ours best when ours are moved by {shiftHours:+0;-0} h: our cost by its days, less our cost by ours."),
        ResidualCause.NotUsage => "No call stands behind these lines.",
        ResidualCause.Unmapped => "Map them below, and they are compared.",
        ResidualCause.Duplicates => "Lines that repeat another one word by word, as far as the bill exceeds our figures.",
        ResidualCause.Unpriced => "Units of calls that no price of ours matched, at the bill's price.",
        ResidualCause.MissingUsage => "Calls that told no usage, each as the average of the others, at the bill's price.",
        ResidualCause.CacheWriteLife => "Writes that the bill has for an hour and we took for five minutes × the difference of the prices.",
        ResidualCause.Batch => "Another share of the units went as a batch × the difference of the prices.",
        ResidualCause.ServiceTier => "Other shares by service tier × the difference of the prices.",
        ResidualCause.Region => "Other shares by region × the difference of the prices.",
        ResidualCause.NotSeen => "Units in the bill that no call tells, at the bill's price.",
        ResidualCause.NotBilled => "Units of our calls that the bill does not have, at our price.",
        ResidualCause.PriceDiffers => "The same other unit price on every day × the common units.",
        _ => "What none of the causes explains: rounding, or something that nobody has thought of.",
    };

    public static string Of(Meter? meter) => meter is { } named ? string.Concat(named.ToString().Select((letter, i) => i > 0 && char.IsUpper(letter) ? " " + char.ToLowerInvariant(letter) : letter.ToString())) : "all";

    public static string Of(BillColumn column) => column switch
    {
        BillColumn.From => "Date or start",
        BillColumn.To => "End",
        BillColumn.Sku => "What was sold",
        _ => column.ToString(),
    };

    /// <summary>"1 Oct 2026", "1 – 31 Oct 2026": the days of UTC that belong to it.</summary>
    public static string Period(DateTimeOffset from, DateTimeOffset to)
    {
        var (first, last) = (from.UtcDateTime, to.AddTicks(-1).UtcDateTime);
        if (first.Date == last.Date) return first.ToString("d MMM yyyy", CultureInfo.InvariantCulture);
        var start = first.Month == last.Month && first.Year == last.Year ? first.ToString("%d", CultureInfo.InvariantCulture) : first.Year == last.Year ? first.ToString("d MMM", CultureInfo.InvariantCulture) : first.ToString("d MMM yyyy", CultureInfo.InvariantCulture);
        return $"{start} – {last.ToString("d MMM yyyy", CultureInfo.InvariantCulture)}";
    }

    public static string Signed(decimal amount) => amount > 0 ? "+" + Figures.Money(amount) : Figures.Money(amount);

    public static string State(Bill bill) => bill.EndedAt is null ? "counts" : bill.ReplacedBy is null ? "withdrawn" : "replaced";
}
