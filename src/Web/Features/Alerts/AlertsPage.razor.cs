using System.Globalization;
using FinOps.Analytics.Alerts;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Detection;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Alerts;
using FinOps.Domain.Tenancy;
using FinOps.Web.Authentication;
using FinOps.Web.Features.Budgets;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;

namespace FinOps.Web.Features.Alerts;

/// <summary>The alert centre: open, acknowledged and resolved alerts, who acted, and how many were useful. State and page stand in the address.</summary>
public sealed partial class AlertsPage
{
    /// <summary>Alerts of a page.</summary>
    private const int PageSize = 25;

    private static readonly TimeSpan SnoozeFor = TimeSpan.FromHours(1);

    private readonly Loaded<Known> _found = new();
    private readonly Loaded<DetectionSettings> _detection = new();
    private AlertEntry? _opened;
    private string? _problem;

    private sealed record Known(IReadOnlyList<AlertEntry> Alerts, bool HasMore, AlertCounts Counts, IReadOnlyDictionary<string, string> Projects);

    [Inject] private AlertBook Book { get; set; } = null!;
    [Inject] private DetectionBook Detection { get; set; } = null!;
    [Inject] private Tenants Tenants { get; set; } = null!;
    [Inject] private ILogger<AlertsPage> Logger { get; set; } = null!;

    protected override string Path => "/alerts";

    private string Word => Address.Get("state") is { } word && (word == "all" || State(word) is not null) ? word : "open";

    private string Title => Word == "all" ? "All alerts" : $"{char.ToUpperInvariant(Word[0])}{Word[1..]}";

    private int PageNumber => int.TryParse(Address.Get("page"), NumberStyles.None, CultureInfo.InvariantCulture, out var page) ? Math.Clamp(page, 1, 1_000) : 1;

    private bool MayManage => Session?.May(AccessPolicies.ManageAlerts) == true;

    private IEnumerable<(string Word, string Title, int? Count)> Tabs =>
        [("open", "Open", _found.Value?.Counts.Open), ("acknowledged", "Acknowledged", _found.Value?.Counts.Acknowledged), ("resolved", "Resolved", _found.Value?.Counts.Resolved), ("all", "All", null)];

    /// <summary>Where an alert is found among those of its state.</summary>
    internal static string Of(RecordedAlert alert) => alert.State == AlertState.Open ? "/alerts" : $"/alerts?state={AlertTexts.State(alert.State)}";

    protected override async Task LoadAsync(bool anew)
    {
        if (anew) _opened = null;
        if (Session.Scope.IsWhole && (anew || _detection.Value is null)) await LoadDetectionAsync();
        await _found.LoadAsync(async token =>
        {
            var alerts = await Book.ListAsync(Session.Scope, new AlertsQuestion(State(Word), null, (PageNumber - 1) * PageSize, PageSize), token);
            return new Known(
                [.. alerts.Take(PageSize)], alerts.Count > PageSize, await Book.CountAsync(Session.Scope, token), await BudgetPage.ProjectsAsync(Tenants, Session.Tenant, token));
        }, Asking(Logger, anew));
    }

    private Task LoadDetectionAsync() => _detection.LoadAsync(token => Detection.ReadAsync(Session.Tenant, token), Asking(Logger, false));

    private async Task MuteAsync(AlertEntry alert)
    {
        if (!MayManage || alert.Scope.Parts is not [{ Dimension: var dimension, Values: [var value] }]) return;
        try
        {
            await Detection.ChangeAsync(Session.Tenant, settings => settings with
            {
                Mutes = [.. settings.Mutes.Where(mute => (mute.Dimension, mute.Value) != (dimension, value)), new DetectionMute(dimension, value)],
            }, Session.Actor, CancellationToken.None);
            _problem = null;
        }
        catch (TenancyException refusal)
        {
            _problem = refusal.Message;
        }

        await LoadDetectionAsync();
    }

    private async Task ToggleAsync(AlertEntry alert) => _opened = _opened?.Row.Id == alert.Row.Id ? null : await Book.FindAsync(Session.Scope, alert.Row.Id, Left);

    private Task SnoozeAsync(AlertEntry alert) => ActAsync(alert, (tenant, id, actor, token) => Book.SnoozeAsync(tenant, id, Time.GetUtcNow() + SnoozeFor, actor, token));

    private Task JudgeAsync(AlertEntry alert, bool useful) => ActAsync(alert, (tenant, id, actor, token) => Book.JudgeAsync(tenant, id, useful, actor, token));

    private async Task ActAsync(AlertEntry alert, Func<TenantId, Guid, Actor, CancellationToken, Task<AlertEntry?>> act)
    {
        // The buttons are hidden from others; the circuit is not to be trusted with that.
        if (!MayManage) return;
        var changed = await act(Session.Tenant, alert.Row.Id, Session.Actor, CancellationToken.None);
        if (_opened?.Row.Id == alert.Row.Id) _opened = changed;
        await LoadAsync(anew: false);
    }

    private static AlertState? State(string word) => word switch
    {
        "open" => AlertState.Open,
        "acknowledged" => AlertState.Acknowledged,
        "resolved" => AlertState.Resolved,
        _ => null,
    };
}
