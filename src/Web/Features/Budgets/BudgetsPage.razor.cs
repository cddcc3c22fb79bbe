using System.Globalization;
using FinOps.Analytics.Budgets;
using FinOps.Analytics.Tenancy;
using FinOps.Web.Authentication;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;

namespace FinOps.Web.Features.Budgets;

/// <summary>All budgets with how they stand; search and page stand in the address.</summary>
public sealed partial class BudgetsPage
{
    /// <summary>Budgets of a page.</summary>
    private const int PageSize = 50;

    private readonly Loaded<Known> _budgets = new();

    private sealed record Known(IReadOnlyList<BudgetStanding> Standings, IReadOnlyList<RecordedBudget> Archived, IReadOnlyDictionary<string, string> Projects);

    [Inject] private BudgetBook Book { get; set; } = null!;
    [Inject] private Tenants Tenants { get; set; } = null!;
    [Inject] private ILogger<BudgetsPage> Logger { get; set; } = null!;

    protected override string Path => "/budgets";

    private bool MayManage => Session?.May(AccessPolicies.ManageBudgets) == true;

    private IReadOnlyDictionary<string, string>? Projects => _budgets.Value?.Projects;

    private string Search => Address.Get("search") ?? "";

    private int PageNumber => int.TryParse(Address.Get("page"), NumberStyles.None, CultureInfo.InvariantCulture, out var page) ? Math.Clamp(page, 1, Math.Max(1, Pages)) : 1;

    private int Pages => (Found.Count + PageSize - 1) / PageSize;

    private string? Note => _budgets.Value is { Standings.Count: > 0 } known ? $"{known.Standings.Count:N0}, those first that have used most" : null;

    private IReadOnlyList<BudgetStanding> Found => [.. (_budgets.Value?.Standings ?? []).Where(one =>
        Search.Length == 0 || Has(one.Budget.Name) || Has(one.Budget.Owner) || Has(BudgetTexts.Scope(one.Budget.Scope, Projects)))];

    private IEnumerable<BudgetStanding> Shown => Found.Skip((PageNumber - 1) * PageSize).Take(PageSize);

    protected override Task LoadAsync(bool anew) => _budgets.LoadAsync(async token => new Known(
        await Book.ListAsync(Session.Scope, token), await Book.ArchivedAsync(Session.Scope, token), await BudgetPage.ProjectsAsync(Tenants, Session.Tenant, token)), Asking(Logger, anew));

    private void OnSearch(ChangeEventArgs change) => Go(Address.With("search", change.Value as string).With("page", null));

    private bool Has(string text) => text.Contains(Search, StringComparison.OrdinalIgnoreCase);
}
