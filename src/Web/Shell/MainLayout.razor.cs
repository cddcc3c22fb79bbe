using FinOps.Web.Authentication;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Routing;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.JSInterop;

namespace FinOps.Web.Shell;

public sealed partial class MainLayout
{
    private sealed record BrowserReader(string? Zone, bool Dark, bool Narrow);

    private Reader _reader = Reader.Unknown;
    private bool _known;
    private bool _railClosed;
    private bool _paletteOpen;
    private ErrorBoundary? _boundary;
    private DotNetObjectReference<MainLayout>? _reference;
    private string? _access;
    private bool _changed;

    [CascadingParameter] private Task<AuthenticationState>? Authentication { get; set; }
    [Inject] private CurrentTenant Tenant { get; set; } = null!;
    [Inject] private Attendance Attendance { get; set; } = null!;

    protected override void OnInitialized() => Navigation.LocationChanged += OnLocationChanged;

    /// <summary>
    /// Who sees or may do something else than when the page was opened (another role, other teams, a suspended organisation) gets it anew, with a new connection: nothing that was
    /// shown or could be done stays, whether the browser follows or not.
    /// </summary>
    protected override async Task OnParametersSetAsync()
    {
        if (Authentication is null) return;
        var access = PlaceClaims.Fingerprint((await Authentication).User);
        _access ??= access;
        if (access == _access || _changed) return;
        _changed = true;
        Navigation.NavigateTo(Navigation.Uri, forceLoad: true);
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!firstRender) return;
        var browser = await Script.InvokeAsync<BrowserReader>("finops.reader");
        _reader = new Reader(Reader.ZoneOf(browser.Zone), browser.Dark, browser.Narrow);
        _known = true;
        _reference = DotNetObjectReference.Create(this);
        await Script.InvokeVoidAsync("finops.watchTheme", _reference);
        await Script.InvokeVoidAsync("finops.watchPalette", _reference);
        await Script.InvokeVoidAsync("finops.watchHidden", _reference);
        // Other tabs that still show another organisation follow.
        if (await Tenant.FindAsync() is { } session) await Script.InvokeVoidAsync("finops.showing", session.Tenant.ToString());
        StateHasChanged();
    }

    [JSInvokable]
    public void ThemeChanged(bool dark)
    {
        _reader = _reader with { Dark = dark };
        StateHasChanged();
    }

    [JSInvokable]
    public void HiddenChanged(bool hidden) => Attendance.SetHidden(hidden);

    [JSInvokable]
    public void OpenPalette()
    {
        _paletteOpen = true;
        StateHasChanged();
    }

    private async Task ClosePaletteAsync()
    {
        _paletteOpen = false;
        await Script.InvokeVoidAsync("finops.leave");
    }

    private async Task ToggleThemeAsync()
    {
        _reader = _reader with { Dark = !_reader.Dark };
        await Script.InvokeVoidAsync("finops.setTheme", _reader.Dark);
    }

    private void OnLocationChanged(object? sender, LocationChangedEventArgs e)
    {
        _boundary?.Recover();
        if (!_paletteOpen) return;
        _paletteOpen = false;
        _ = InvokeAsync(StateHasChanged);
    }

    public ValueTask DisposeAsync()
    {
        Navigation.LocationChanged -= OnLocationChanged;
        _reference?.Dispose();
        return ValueTask.CompletedTask;
    }
}
