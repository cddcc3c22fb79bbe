using FinOps.Analytics.Spend;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;

namespace FinOps.Web.Shell;

/// <summary>How fresh the figures are, on every page: the age of the newest call, or that the store does not answer.</summary>
public sealed partial class LagBadge
{
    private static readonly TimeSpan Live = TimeSpan.FromMinutes(2);

    private readonly Loaded<DataLagAnswer> _lag = new();
    private string? _text;
    private string _hint = "";
    private string _state = "";

    [Inject] private SpendReader Spend { get; set; } = null!;
    [Inject] private ILogger<LagBadge> Logger { get; set; } = null!;
    [Inject] private NavigationManager Navigation { get; set; } = null!;

    private string IngestHealth => ViewAddress.Parse(Navigation.Uri).To("/ingest");

    protected override async Task LoadAsync(bool anew)
    {
        await _lag.LoadAsync(token => Spend.AskAsync(new DataLagQuestion(Session.Scope), token), Asking(Logger, anew));
        Describe();
        StateHasChanged();
    }

    private void Describe()
    {
        if (_lag.Failure is not null)
        {
            (_text, _hint, _state) = ("store away", "The analytics store does not answer. What arrives meanwhile is kept and written later.", "bad");
            return;
        }

        if (_lag.Value?.LastReceivedAt is not { } received)
        {
            (_text, _hint, _state) = ("no data yet", "No call has arrived yet.", "quiet");
            return;
        }

        var age = Time.GetUtcNow() - received;
        _hint = $"The newest call arrived {Figures.InstantExact(received, Reader.Zone)}.";
        (_text, _state) = age < Live ? ($"live, {Figures.Age(age)}", "live") : ($"last call {Figures.Age(age)} ago", "quiet");
    }
}
