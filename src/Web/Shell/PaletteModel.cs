using FinOps.Analytics.Budgets;
using FinOps.Analytics.Spend;
using FinOps.Domain.Tenancy;
using FinOps.Web.Authentication;
using FinOps.Web.Parts;

namespace FinOps.Web.Shell;

/// <param name="Name">What it is called.</param>
/// <param name="Kind">"feature", "budget", or the question that a page answers.</param>
/// <param name="Link">Where it leads.</param>
/// <param name="CallsLink">The calls behind it; null for a page.</param>
/// <param name="Cost">What it cost in the time range; null for a page.</param>
public sealed record PaletteMatch(string Name, string Kind, string Link, string? CallsLink = null, decimal? Cost = null);

/// <summary>What the palette finds: pages, budgets, and members of the tenant's dimensions that had calls in the time range. Knows nothing of rendering.</summary>
public sealed class PaletteModel(SpendReader spend, BudgetBook book, TimeProvider time)
{
    /// <summary>Fewer letters find pages only.</summary>
    public const int LeastLetters = 2;

    /// <summary>Named of each dimension; more letters find the others.</summary>
    public const int MembersOfADimension = 5;

    public static readonly IReadOnlyList<Dimension> Searched = [Dimension.Feature, Dimension.Model, Dimension.Team, Dimension.Customer, Dimension.User];

    /// <summary>Budgets that are named; more letters find the others.</summary>
    private const int MostBudgets = 5;

    private Found _last = new([]);
    private FoundBudgets _lastBudgets = new([]);

    public sealed record FoundMember(Dimension Dimension, string Value, SpendFigures Figures);

    public sealed record Found(IReadOnlyList<FoundMember> Members);

    public sealed record FoundBudgets(IReadOnlyList<(Guid Id, string Name)> Budgets);

    public Loaded<Found> Members { get; } = new();

    /// <summary>From the other store: either is found while the other is away.</summary>
    public Loaded<FoundBudgets> Budgets { get; } = new();

    /// <summary>Asks for the budgets whose name contains the text, within what the session may see.</summary>
    public async Task SearchBudgetsAsync(TenantSession session, string text, Asking asking)
    {
        if (!session.May(AccessPolicies.ReadBudgets)) return;
        await Budgets.LoadAsync(async token => new FoundBudgets([.. (await book.SearchAsync(session.Scope, text, MostBudgets, token)).Select(row => (row.Id, row.Name))]), asking);
        if (Budgets.Value is { } found) _lastBudgets = found;
    }

    /// <summary>Asks for the members whose name contains the text, in the project and time range of the view.</summary>
    public async Task SearchAsync(ReadScope scope, string text, ViewAddress view, TimeZoneInfo zone, Asking asking)
    {
        var range = view.Range(time.GetUtcNow(), zone);
        var filter = view.Unfiltered().ToFilter();
        await Members.LoadAsync(
            async token =>
            {
                var answers = await Task.WhenAll(Searched.Select(async dimension =>
                {
                    var top = new TopQuestion(scope, range, dimension) { Filter = filter, Search = text, Limit = MembersOfADimension };
                    return (await spend.AskAsync(top, token)).Members.Select(member => new FoundMember(dimension, member.Value, member.Figures));
                }));
                return new Found([.. answers.SelectMany(members => members)]);
            },
            asking);
        if (Members.Value is { } found) _last = found;
    }

    /// <summary>Pages first, then budgets, then members: those whose name begins with the text, then by cost. While an answer is awaited, those already found stay.</summary>
    public IReadOnlyList<PaletteMatch> Matches(string text, ViewAddress view, TenantSession? session)
    {
        var pages = ProductPages.For(session)
            .Where(page => Has(page.Name, text) || Has(page.Question, text))
            .Select(page => new PaletteMatch(page.Name, page.Question, view.To(page.Path)));
        if (text.Length < LeastLetters) return [.. pages];
        var members = (Members.Value ?? _last).Members
            .Where(member => Has(member.Value, text))
            .OrderByDescending(member => member.Value.StartsWith(text, StringComparison.OrdinalIgnoreCase))
            .ThenByDescending(member => member.Figures.Cost)
            .ThenBy(member => member.Value, StringComparer.Ordinal)
            .Select(member => Match(member, view));
        var budgets = (Budgets.Value ?? _lastBudgets).Budgets.Where(budget => Has(budget.Name, text)).Select(budget => new PaletteMatch(budget.Name, "budget", $"/budgets/{budget.Id}"));
        return [.. pages, .. budgets, .. members];
    }

    /// <summary>Only this member, whatever was filtered before; project and time range stay.</summary>
    internal static PaletteMatch Match(FoundMember member, ViewAddress view)
    {
        var dimension = member.Dimension;
        var address = (view.Unfiltered() with { Own = ViewAddress.Empty.Own }).Filter(dimension.Name(), member.Value);
        // A feature divided by feature would be one row.
        var by = dimension == Dimension.Feature ? Dimension.Model : Dimension.Feature;
        return new PaletteMatch(
            member.Value, dimension.Title().ToLowerInvariant(), address.With("by", by.Name()).To("/explore", own: true), address.To("/calls"), member.Figures.Cost);
    }

    private static bool Has(string name, string text) => name.Contains(text, StringComparison.OrdinalIgnoreCase);
}
