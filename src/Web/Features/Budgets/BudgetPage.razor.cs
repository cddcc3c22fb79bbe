using FinOps.Analytics.Alerts;
using FinOps.Analytics.Budgets;
using FinOps.Analytics.Currencies;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Budgets;
using FinOps.Domain.Tenancy;
using FinOps.Web.Authentication;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;

namespace FinOps.Web.Features.Budgets;

/// <summary>One budget: how it stands, its editor, its alerts, periods and versions; or the editor of a new one.</summary>
public sealed partial class BudgetPage
{
    private readonly Loaded<Known> _found = new();
    private string? _said;
    private bool _archiving;

    // A saved or put back budget makes a new editor.
    private int _edits;

    private sealed record Known(
        BudgetStanding? Standing, IReadOnlyDictionary<string, string> Projects, string Currency, IReadOnlyList<BudgetVersion> Versions, IReadOnlyList<BudgetPeriodState> Periods, IReadOnlyList<AlertEntry> Alerts, LeasesOfBudget? Leases);

    /// <summary>Null for a new one.</summary>
    [Parameter] public Guid? Id { get; set; }
    [Inject] private BudgetBook Book { get; set; } = null!;
    [Inject] private LeaseLedger Ledger { get; set; } = null!;
    [Inject] private AlertBook AlertBook { get; set; } = null!;
    [Inject] private BillingCurrencies Currencies { get; set; } = null!;
    [Inject] private Tenants Tenants { get; set; } = null!;
    [Inject] private NavigationManager Navigation { get; set; } = null!;
    [Inject] private ILogger<BudgetPage> Logger { get; set; } = null!;

    private Guid? _shown;

    private BudgetStanding? Standing => _found.Value?.Standing;

    private IReadOnlyDictionary<string, string>? Projects => _found.Value?.Projects;

    private bool MayManage => Session?.May(AccessPolicies.ManageBudgets) == true;

    protected override async Task OnParametersSetAsync()
    {
        // From the editor of a new budget to the budget itself: the same page with another id.
        if (_shown == Id || Session is null) return;
        _shown = Id;
        await ReloadAsync();
    }

    protected override async Task LoadAsync(bool anew)
    {
        _shown = Id;
        await _found.LoadAsync(FindAsync, Asking(Logger, anew));
    }

    private async Task<Known> FindAsync(CancellationToken token)
    {
        var reader = Session.Scope;
        var projects = await ProjectsAsync(Tenants, reader.Tenant, token);
        var currency = (await Currencies.FindAsync(reader.Tenant, token)).Currency;
        if (Id is not { } id || await Book.FindAsync(reader, id, token) is not { } standing) return new Known(null, projects, currency, [], [], [], null);
        return new Known(
            standing, projects, currency, await Book.VersionsAsync(reader, id, token), await Book.PeriodsAsync(reader, id, token),
            [.. (await AlertBook.ListAsync(reader, new AlertsQuestion(null, null, 0, 20, BudgetAlerts.KeyOf(id)), token)).Take(20)], await Ledger.FindAsync(reader, id, token));
    }

    /// <summary>Names of the tenant's projects by their ids.</summary>
    internal static async Task<IReadOnlyDictionary<string, string>> ProjectsAsync(Tenants tenants, TenantId tenant, CancellationToken token) =>
        (await tenants.ProjectsAsync(tenant, token)).ToDictionary(project => project.Id.Value.ToString(), project => project.Name, StringComparer.Ordinal);

    private async Task SavedAsync(RecordedBudget saved)
    {
        _said = $"\"{saved.Name}\" is saved.";
        _edits++;
        if (Id is null) Navigation.NavigateTo($"/budgets/{saved.Id}");
        else await ReloadAsync();
    }

    private Task ArchiveAsync() => ActAsync(() => Book.ArchiveAsync(Session.Tenant, Id!.Value, Session.Actor, CancellationToken.None), "Archived. It can be restored.");

    private Task RestoreAsync() => ActAsync(() => Book.RestoreAsync(Session.Tenant, Id!.Value, Session.Actor, CancellationToken.None), "Restored.");

    private Task UndoAsync(BudgetVersion version) =>
        ActAsync(() => Book.UndoAsync(Session.Tenant, Id!.Value, version.Version, Standing!.Row.Version, Session.Actor, CancellationToken.None), $"Version {version.Version} is back, as a new one.");

    private async Task ActAsync(Func<Task<RecordedBudget?>> act, string said)
    {
        // The buttons are hidden from others; the circuit is not to be trusted with that.
        if (!MayManage || Id is null) return;
        _archiving = false;
        try
        {
            await act();
            _said = said;
            _edits++;
        }
        catch (Exception refusal) when (refusal is TenancyException or BudgetConflictException)
        {
            _said = refusal.Message;
        }
        catch (Exception away) when (PostgresMigrator.IsAway(away))
        {
            // What is shown, and typed below, stays.
            Parts.Log.QuestionFailed(Logger, away);
            _said = Loaded.NotKnownToBeSaved;
            return;
        }

        await ReloadAsync();
    }

    private static string AlertedAt(BudgetPeriodState period) => string.Join(", ", period.Alerted
        .Select(key => key.Split('/')).Select(parts => parts[0] == "forecast" ? $"{parts[1]} % by forecast" : $"{parts[1]} %"));
}
