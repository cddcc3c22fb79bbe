using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Routing;

namespace FinOps.Web.Parts;

/// <summary>A live page whose state stands in its address: another address of the same page is another question.</summary>
public abstract class LivePage : LivePart
{
    /// <summary>The path under which the page stands, for example <c>/calls</c>.</summary>
    protected abstract string Path { get; }

    protected ViewAddress Address { get; private set; } = ViewAddress.Empty;

    [Inject] protected NavigationManager Navigation { get; set; } = null!;

    protected override void OnInitialized()
    {
        Address = ViewAddress.Parse(Navigation.Uri);
        Navigation.LocationChanged += OnLocationChanged;
    }

    /// <summary>Shows this view of the page.</summary>
    protected void Go(ViewAddress address) => Navigation.NavigateTo(address.To(Path, own: true));

    protected void Go(RangeChoice range) => Go(Address with { Range = range });

    private void OnLocationChanged(object? sender, LocationChangedEventArgs e)
    {
        if (new Uri(e.Location).AbsolutePath != Path) return;
        _ = InvokeAsync(() =>
        {
            Address = ViewAddress.Parse(e.Location);
            return ShowFailureAsync(ReloadAsync);
        });
    }

    public override ValueTask DisposeAsync()
    {
        Navigation.LocationChanged -= OnLocationChanged;
        return base.DisposeAsync();
    }
}
