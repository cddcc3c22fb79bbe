using System.Globalization;
using FinOps.Analytics.Commitments;
using FinOps.Analytics.Spend;
using FinOps.Domain.Commitments;
using FinOps.Domain.Tenancy;
using FinOps.Web.Parts;

namespace FinOps.Web.Features.Prices;

/// <summary>What the page of commitments says. Knows nothing of rendering.</summary>
internal static class CommitmentsPageModel
{
    /// <summary>Days back of which periods are told. Default 92: the last three months, or the last quarter.</summary>
    public const int DaysBack = 92;

    /// <param name="Commitments">As they are believed now; one that was changed from a day on is there twice.</param>
    /// <param name="Uses">Of those of which a period lies in the last <see cref="DaysBack"/> days.</param>
    /// <param name="Now">When they were asked for.</param>
    public sealed record Known(IReadOnlyList<RecordedCommitment> Commitments, IReadOnlyList<CommitmentInUse> Uses, DateTimeOffset Now)
    {
        /// <summary>The period that runs; null before it begins and after its end.</summary>
        public CommitmentUse? Running(RecordedCommitment row) => Periods(row).FirstOrDefault(period => period.From <= Now && Now < period.To);

        public IReadOnlyList<CommitmentUse> Periods(RecordedCommitment row) =>
            Uses.FirstOrDefault(use => use.Row.Id == row.Id && use.Row.ValidFrom == row.ValidFrom)?.Periods ?? [];

        /// <summary>Whether it is the row to change: the one of a commitment that holds last, as long as it does.</summary>
        public bool IsLast(RecordedCommitment row) => Commitments.Where(other => other.Id == row.Id).Max(other => other.ValidFrom) == row.ValidFrom && (row.ValidTo is null || row.ValidTo > Now);
    }

    public static async Task<Known> AskAsync(Commitments commitments, CommitmentReader reader, TenantId tenant, DateTimeOffset now, CancellationToken cancellationToken) => new(
        await commitments.ListAsync(tenant, cancellationToken), await reader.UseAsync(tenant, new TimeRange(now.AddDays(-DaysBack), now.AddTicks(1)), cancellationToken), now);

    /// <summary>"Oct 2026", "15 Oct to 14 Nov 2026".</summary>
    public static string Span(DateTimeOffset from, DateTimeOffset to)
    {
        var last = to.UtcDateTime.AddDays(-1);
        if (from.Day == 1 && to == from.AddMonths(1)) return from.UtcDateTime.ToString("MMM yyyy", CultureInfo.InvariantCulture);
        return from.UtcDateTime.ToString(from.Year == last.Year ? "d MMM" : "d MMM yyyy", CultureInfo.InvariantCulture) + " to " + last.ToString("d MMM yyyy", CultureInfo.InvariantCulture);
    }

    /// <summary>"from 1 Oct 2026 to 30 Sep 2027".</summary>
    public static string Holds(RecordedCommitment row) => string.Create(
        CultureInfo.InvariantCulture, $"from {row.ValidFrom.UtcDateTime:d MMM yyyy}{(row.ValidTo is { } to ? $" to {to.UtcDateTime.AddDays(-1):d MMM yyyy}" : "")}");

    /// <summary>What a commitment would have done with the calls of the past.</summary>
    public static string Preview(CommitmentUse use)
    {
        var span = Span(use.From, use.To);
        if (use.Kind == CommitmentKind.Spend)
        {
            var beyond = use.Beyond > 0 ? $" {Figures.Money(use.Beyond)} more were spent, at the calls' own prices." : "";
            return $"In {span} its calls cost {Figures.Money(use.Eligible)}: it would have covered {Figures.Money(use.Used)}, and {Figures.Money(use.Unused)} would have been paid unused.{beyond}";
        }

        return $"In {span} it would have cost {Figures.Money(use.Promised)}: {Figures.Money(use.Used)} for hours with calls, {Figures.Money(use.Unused)} for hours without. The same calls cost {Figures.Money(use.Eligible)} as they were rated.";
    }

    /// <summary>0 to 100 of the width of a bar.</summary>
    public static double Percent(decimal part, decimal whole) => whole <= 0 ? 0 : (double)Math.Clamp(part / whole * 100m, 0m, 100m);

    public static string Share(CommitmentUse use) => use.Utilisation is { } share ? (share * 100m).ToString("0.#", CultureInfo.InvariantCulture) + " %" : "–";

    /// <summary>Where a commitment ends at the soonest: with the period that runs, or with this day; null for one that has not begun, which is taken back.</summary>
    public static DateTimeOffset? EarliestEnd(RecordedCommitment row, DateTimeOffset now) => row.ValidFrom > now ? null
        : row.Kind == CommitmentKind.Provisioned ? new DateTimeOffset(now.UtcDateTime.Date.AddDays(1), TimeSpan.Zero)
        : row.ToCommitment().PeriodsIn(now, now.AddTicks(1)).Select(period => (DateTimeOffset?)period.To).FirstOrDefault();
}
