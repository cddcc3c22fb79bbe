using System.Globalization;
using FinOps.Analytics.Bills;
using FinOps.Analytics.Tenancy;
using FinOps.Web.Authentication;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;

namespace FinOps.Web.Features.Bills;

/// <summary>Closes months, shows their corrections, and opens them again for a stated reason.</summary>
public sealed partial class MonthsCard
{
    /// <summary>Months that are offered for closing, the latest first.</summary>
    private const int Offered = 14;

    private readonly Loaded<IReadOnlyList<ClosedMonth>> _months = new();
    private IReadOnlyList<Correction> _corrections = [];
    private ClosedMonth? _reopening;
    private Guid? _shown;
    private string _month = "";
    private string _why = "";
    private string? _said;
    private bool _busy;

    [Parameter, EditorRequired] public required TenantSession Session { get; set; }

    /// <summary>A month whose corrections are shown at once, as 2026-10; Overview leads here.</summary>
    [Parameter] public string? Shown { get; set; }
    [CascadingParameter] public Reader Reader { get; set; } = Reader.Unknown;
    [Inject] private CloseMonths Months { get; set; } = null!;
    [Inject] private TimeProvider Time { get; set; } = null!;
    [Inject] private ILogger<MonthsCard> Logger { get; set; } = null!;

    protected override async Task OnInitializedAsync()
    {
        await LoadAsync();
        if (_months.Value?.FirstOrDefault(close => close.State == MonthState.Closed && CloseMonths.Name(close.Month) == Shown) is { } close) await ShowAsync(close);
    }

    private async Task LoadAsync()
    {
        await _months.LoadAsync(token => Months.ListAsync(Session.Tenant, token), new Asking(Logger, Anew: false, StateHasChanged, CancellationToken.None));
        _month = Open().Select(CloseMonths.Name).FirstOrDefault() ?? "";
    }

    private IEnumerable<DateOnly> Open()
    {
        var now = DateOnly.FromDateTime(Time.GetUtcNow().UtcDateTime);
        var taken = _months.Value?.Where(close => close.State is MonthState.Closed or MonthState.Closing).Select(close => close.Month).ToHashSet() ?? [];
        return Enumerable.Range(1, Offered).Select(back => new DateOnly(now.Year, now.Month, 1).AddMonths(-back)).Where(month => !taken.Contains(month));
    }

    private async Task CloseAsync()
    {
        if (!Session.May(AccessPolicies.ManageBills) || !DateOnly.TryParseExact(_month + "-01", "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var month)) return;
        (_busy, _said) = (true, null);
        try
        {
            await Months.RequestAsync(Session.Tenant, month, Session.Actor, CancellationToken.None);
            _said = $"{Name(month)} is being closed; a job writes its lines down.";
        }
        catch (TenancyException refusal)
        {
            _said = refusal.Message;
        }

        _busy = false;
        await LoadAsync();
    }

    private async Task ShowAsync(ClosedMonth close)
    {
        _corrections = _shown == close.Id ? [] : await Months.CorrectionsAsync(Session.Tenant, close.Month, CancellationToken.None);
        _shown = _shown == close.Id ? null : close.Id;
    }

    private async Task ReopenAsync()
    {
        if (!Session.May(AccessPolicies.ReopenBooks) || _reopening is not { } close) return;
        try
        {
            await Months.ReopenAsync(Session.Tenant, close.Month, _why, Session.Actor, CancellationToken.None);
            (_reopening, _why, _said) = (null, "", $"{Name(close.Month)} is open again.");
        }
        catch (TenancyException refusal)
        {
            _said = refusal.Message;
        }

        await LoadAsync();
    }

    private static string Name(DateOnly month) => month.ToString("MMMM yyyy", CultureInfo.InvariantCulture);
}
