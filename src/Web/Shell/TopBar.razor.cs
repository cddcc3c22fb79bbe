using FinOps.Web.Authentication;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Routing;

namespace FinOps.Web.Shell;

public sealed partial class TopBar
{
    private bool _customOpen;
    private string? _customProblem;
    private bool _seesSpend;
    private DateTime _from;
    private DateTime _to;

    [Parameter] public EventCallback ToggleTheme { get; set; }
    [Parameter] public EventCallback OpenPalette { get; set; }
    [CascadingParameter] public Reader Reader { get; set; } = Reader.Unknown;
    [Inject] private CurrentTenant Tenant { get; set; } = null!;
    [Inject] private TimeProvider Time { get; set; } = TimeProvider.System;

    private ViewAddress Address => ViewAddress.Parse(Navigation.Uri);

    private string CustomLabel => Address.Range is { Key: RangeChoice.Custom, From: { } from, To: { } to }
        ? $"{Figures.Instant(from, Reader.Zone)} – {Figures.Instant(to, Reader.Zone)}"
        : "Custom";

    protected override async Task OnInitializedAsync()
    {
        Navigation.LocationChanged += OnLocationChanged;
        var (from, to) = Address.Range.Resolve(Time.GetUtcNow(), Reader.Zone);
        _from = TimeZoneInfo.ConvertTime(from, Reader.Zone).DateTime;
        _to = TimeZoneInfo.ConvertTime(to, Reader.Zone).DateTime;
        // Nothing of a suspended organisation is asked for.
        _seesSpend = (await Tenant.FindAsync())?.May(AccessPolicies.ReadSpend) == true;
    }

    private string Here(ViewAddress address) => address.To("/" + Navigation.ToBaseRelativePath(Navigation.Uri).Split('?', '#')[0], own: true);

    private void OnRange(ChangeEventArgs e)
    {
        if (e.Value as string == RangeChoice.Custom) _customOpen = true;
        else Navigation.NavigateTo(Here(Address with { Range = new RangeChoice((string)e.Value!) }));
    }

    private void ApplyCustom()
    {
        var from = new DateTimeOffset(_from, Reader.Zone.GetUtcOffset(_from));
        var to = new DateTimeOffset(_to, Reader.Zone.GetUtcOffset(_to));
        if (from >= to)
        {
            _customProblem = "The start must lie before the end.";
            return;
        }

        _customProblem = null;
        _customOpen = false;
        Navigation.NavigateTo(Here(Address with { Range = new RangeChoice(RangeChoice.Custom, from, to) }));
    }

    private void OnLocationChanged(object? sender, LocationChangedEventArgs e) => InvokeAsync(StateHasChanged);

    public void Dispose() => Navigation.LocationChanged -= OnLocationChanged;
}
