using System.Globalization;
using FinOps.Analytics.Digests;
using FinOps.Analytics.Spend;
using FinOps.Domain.Changes;
using FinOps.Domain.Digests;
using FinOps.Web.Features.Alerts;
using FinOps.Web.Features.Budgets;
using FinOps.Web.Features.Why;
using FinOps.Web.Parts;

namespace FinOps.Web.Digests;

/// <summary>One line of a digest: what, how much, and where to look; no link where the installation does not know its own address.</summary>
internal sealed record DigestLine(string What, string Figure, Uri? Link = null);

/// <summary>A part of a digest under a heading.</summary>
internal sealed record DigestPart(string Heading, string Link, Uri? Where, IReadOnlyList<DigestLine> Lines, string Empty);

/// <summary>What a digest says, before text and HTML give it their form. Pure.</summary>
internal sealed record DigestWords
{
    /// <summary>Causes, and features, that are named; smaller ones are left out. Default 5.</summary>
    private const int MaxMovers = 5;

    /// <summary>Budgets that are named; further ones are counted. Default 10.</summary>
    private const int MaxBudgets = 10;

    private static readonly CultureInfo Culture = CultureInfo.InvariantCulture;

    /// <summary>Without a figure: whoever runs the installation sees it where a mail could not be sent.</summary>
    public required string Subject { get; init; }

    public required string Title { get; init; }

    /// <summary>The sum, the difference and why, a sentence each.</summary>
    public required IReadOnlyList<string> Lead { get; init; }

    /// <summary>What the picture shows; empty where nothing was spent, and there is none.</summary>
    public required string Picture { get; init; }

    public required IReadOnlyList<DigestPart> Parts { get; init; }

    /// <summary>What the sums leave out, whose they are, and of when.</summary>
    public required IReadOnlyList<string> Notes { get; init; }

    public required Uri? Overview { get; init; }

    public static DigestWords Of(Digest digest, Func<string, Uri?> link)
    {
        var period = digest.Period;
        var view = ViewAddress.Empty with { Range = new RangeChoice(RangeChoice.Custom, period.Start.ToUniversalTime(), period.End.ToUniversalTime()) };
        var name = $"{(period.Kind == DigestKind.Weekly ? "Weekly" : "Monthly")} digest of {digest.Place.TenantName}";
        return new DigestWords
        {
            Subject = $"{name}: {Dates(period)}",
            Title = $"{digest.Place.TenantName}, {Dates(period)}",
            Lead = [.. LeadOf(digest)],
            Picture = digest.Spent.Cost > 0 ? $"Spent on each day, {Dates(period)}: {Figures.Money(digest.Spent.Cost)} in all, at most {Figures.Money(digest.Days.Max())} on one day." : "",
            Parts =
            [
                new("Why it changed", "All causes and features", link(WhyPageModel.Compared(view, new TimeRange(period.Before, period.Start)).To("/why", own: true)), [.. Causes(digest), .. Features(digest, view, link)], Unchanged(digest)),
                new("Budgets", "All budgets", link("/budgets"), [.. Budgets(digest, link)], "There is none that you may see."),
                new("Open alerts", "All alerts", link("/alerts"), [.. Alerts(digest, link)], "Nothing is open."),
            ],
            Notes = [.. NotesOf(digest)],
            Overview = link(view.To("/")),
        };
    }

    /// <summary>"16 to 22 Nov 2026", "November 2026".</summary>
    public static string Dates(DigestPeriod period) => period.Kind == DigestKind.Monthly
        ? period.Start.ToString("MMMM yyyy", Culture)
        : string.Create(Culture, $"{period.Start.ToString(period.Start.Month == period.End.AddDays(-1).Month ? "%d" : "d MMM", Culture)} to {period.End.AddDays(-1):d MMM yyyy}");

    private static IEnumerable<string> LeadOf(Digest digest)
    {
        var (now, before, one) = (digest.Spent.Cost, digest.Before.Cost, digest.Period.Kind == DigestKind.Weekly ? "week" : "month");
        if (digest.Spent.Calls == 0 && now == 0)
        {
            yield return digest.Before.Calls == 0 && before == 0
                ? $"Nothing was spent: no call came in this {one}, nor in the one before."
                : $"Nothing was spent: no call came in this {one}. The {one} before cost {Figures.Money(before)}.";
            yield break;
        }

        yield return $"Spent: {Figures.Money(now)}. The {one} before: {Figures.Money(before)}. Difference: {(now == before ? "none" : before == 0 ? $"{WhyTexts.Signed(now)}, all of it new" : new Change(now, before).ToString())}.";
        if (!digest.Change.IsTooWide && now != before) yield return WhyTexts.Sentence(digest.Change);
    }

    private static IEnumerable<DigestLine> Causes(Digest digest) => Enum.GetValues<ChangeCause>().Select(cause => (Cause: cause, Amount: digest.Change[cause]))
        .Where(one => one.Amount != 0).OrderByDescending(one => Math.Abs(one.Amount)).ThenBy(one => one.Cause).Take(MaxMovers)
        .Select(one => new DigestLine(WhyTexts.Name(one.Cause), WhyTexts.Signed(one.Amount)));

    private static IEnumerable<DigestLine> Features(Digest digest, ViewAddress view, Func<string, Uri?> link) => digest.Change.Calls.Pairs.GroupBy(pair => pair.Feature, StringComparer.Ordinal)
        .Select(pairs => (Feature: pairs.Key, Before: pairs.Sum(pair => pair.Before), After: pairs.Sum(pair => pair.After)))
        .Where(one => one.After != one.Before).OrderByDescending(one => Math.Abs(one.After - one.Before)).ThenBy(one => one.Feature, StringComparer.Ordinal).Take(MaxMovers)
        .Select(one => new DigestLine(
            one.Feature.Length == 0 ? "Calls that tell no feature" : $"Feature {one.Feature}", $"{WhyTexts.Signed(one.After - one.Before)}, to {Figures.Money(one.After)}",
            link(view.Filter("feature", one.Feature).To("/explore"))));

    private static string Unchanged(Digest digest) => digest.Change.IsTooWide ? "There are too many combinations to tell it here; the page tells it of a part." : "Nothing did.";

    private static IEnumerable<DigestLine> Budgets(Digest digest, Func<string, Uri?> link)
    {
        foreach (var one in digest.Budgets.Take(MaxBudgets))
        {
            var (currency, period) = (one.Budget.Currency, BudgetTexts.Period(one.Budget.Cycle, one.Period.Start, one.Budget.TimeZone));
            var figure = one.Evaluation is not { } evaluation ? "not evaluated yet"
                : $"{BudgetTexts.Money(evaluation.Spent, currency)} of {BudgetTexts.Money(evaluation.Allowance, currency)} ({Figures.Share(evaluation.Spent, evaluation.Allowance)})"
                    + (evaluation.Projected is { } end ? $", {BudgetTexts.Money(end, currency)} projected, {BudgetTexts.ProjectedBy(evaluation)}" : "");
            yield return new DigestLine($"{one.Budget.Name}, {period}", figure, link($"/budgets/{one.Row.Id}"));
        }

        if (digest.Budgets.Count > MaxBudgets) yield return new DigestLine(string.Create(Culture, $"and {digest.Budgets.Count - MaxBudgets:N0} more"), "", link("/budgets"));
    }

    private static IEnumerable<DigestLine> Alerts(Digest digest, Func<string, Uri?> link)
    {
        foreach (var alert in digest.Alerts)
            yield return new DigestLine(AlertTexts.Title(alert), $"{alert.Row.Severity.ToString().ToLowerInvariant()} since {Figures.Instant(alert.Row.OpenedAt, digest.Zone)}", link(alert.Row.Link.Length > 0 ? alert.Row.Link : "/alerts"));
        if (digest.OpenAlerts > digest.Alerts.Count) yield return new DigestLine(string.Create(Culture, $"and {digest.OpenAlerts - digest.Alerts.Count:N0} more"), "", link("/alerts"));
    }

    private static IEnumerable<string> NotesOf(Digest digest)
    {
        if (digest.Place.Scope.Teams is { } teams) yield return $"These are the figures of your teams alone: {string.Join(", ", teams)}.";
        if (digest.Spent.UnpricedCalls > 0) yield return $"{Figures.CallsExact(digest.Spent.UnpricedCalls)} of the period {(digest.Spent.UnpricedCalls == 1 ? "has" : "have")} no price yet and {(digest.Spent.UnpricedCalls == 1 ? "is" : "are")} in no sum.";
        if (digest.Spent.Estimated is { } estimate) yield return $"Calls were sampled: the figures are of those that were seen, about {Figures.Count((long)estimate.Calls)} were made.";
        yield return $"As of {Figures.Instant(digest.ReadAt, digest.Zone)} ({digest.Zone.Id}). Calls that come late still change the figures. What GPUs, vector databases and storage cost is not in the sums.";
    }
}
