using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.JSInterop;

namespace FinOps.Web.Shell;

public sealed partial class CommandPalette
{
    private sealed record Match(string Name, string Kind, string Link);

    private IReadOnlyList<Match> _matches = [];
    private string _text = "";
    private int _chosen;

    [Parameter, EditorRequired] public EventCallback Close { get; set; }

    protected override Task OnInitializedAsync() => SearchAsync();

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (firstRender) await Script.InvokeVoidAsync("finops.focus", "palette-input");
    }

    private Task SearchAsync()
    {
        _chosen = 0;
        var address = ViewAddress.Parse(Navigation.Uri);
        _matches = [.. ProductPages.All
            .Where(p => p.Name.Contains(_text, StringComparison.OrdinalIgnoreCase) || p.Question.Contains(_text, StringComparison.OrdinalIgnoreCase))
            .Select(p => new Match(p.Name, p.Question, address.To(p.Path)))];
        return Task.CompletedTask;
    }

    private async Task OnKeyAsync(KeyboardEventArgs e)
    {
        switch (e.Key)
        {
            case "ArrowDown":
                _chosen = Math.Min(_chosen + 1, Math.Max(0, _matches.Count - 1));
                break;
            case "ArrowUp":
                _chosen = Math.Max(_chosen - 1, 0);
                break;
            case "Enter" when _chosen < _matches.Count:
                Navigation.NavigateTo(_matches[_chosen].Link);
                await Close.InvokeAsync();
                break;
            case "Escape":
                await Close.InvokeAsync();
                break;
        }
    }
}
