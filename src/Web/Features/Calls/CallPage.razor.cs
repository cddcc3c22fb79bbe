using System.Text;
using FinOps.Analytics.Calls;
using FinOps.Analytics.Policies;
using FinOps.Analytics.Reratings;
using FinOps.Analytics.Samples;
using FinOps.Web.Authentication;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace FinOps.Web.Features.Calls;

public sealed partial class CallPage
{
    /// <param name="Detail">Null: there is no such call among those that the reader may see.</param>
    /// <param name="HasSample">A sample of it is kept, and the reader may read it.</param>
    /// <param name="SeesPrices">The reader may see prices and re-ratings.</param>
    /// <param name="History">How its cost changed since it arrived, where the reader may see prices.</param>
    /// <param name="GatewayKey">The key that it came to the gateway with, where the reader may see keys and the organisation has it; a gateway's own file has others.</param>
    private sealed record Found(CallDetail? Detail, bool HasSample, bool SeesPrices, IReadOnlyList<CostChange> History, GatewayKey? GatewayKey);

    private readonly CancellationTokenSource _left = new();
    private readonly Loaded<Found> _detail = new();
    private ViewAddress _address = ViewAddress.Empty;
    private string? _shown;

    [Parameter] public string Id { get; set; } = "";
    [CascadingParameter] public Reader Reader { get; set; } = Reader.Unknown;
    [Inject] private CallsReader Calls { get; set; } = null!;
    [Inject] private ReratingReader Reratings { get; set; } = null!;
    [Inject] private GatewayKeyBook GatewayKeys { get; set; } = null!;
    [Inject] private SamplesReader Samples { get; set; } = null!;
    [Inject] private CurrentTenant Tenant { get; set; } = null!;
    [Inject] private NavigationManager Navigation { get; set; } = null!;
    [Inject] private IJSRuntime Script { get; set; } = null!;
    [Inject] private ILogger<CallPage> Logger { get; set; } = null!;

    private string Back => _address.To("/calls");

    protected override async Task OnParametersSetAsync()
    {
        _address = ViewAddress.Parse(Navigation.Uri);
        if (_shown == Id) return;
        _shown = Id;
        await LoadAsync();
    }

    private async Task LoadAsync()
    {
        var session = await Tenant.GetAsync();
        await _detail.LoadAsync(token => FindAsync(session, token), new Asking(Logger, Anew: true, StateHasChanged, _left.Token));
    }

    private async Task<Found> FindAsync(TenantSession session, CancellationToken token)
    {
        var detail = CallId.TryParse(Id, out var id) ? await Calls.AskAsync(new CallQuestion(session.Scope, id), token) : null;
        if (detail is null) return new Found(null, false, false, [], null);
        var seesPrices = session.May(AccessPolicies.ReadPrices);
        var history = seesPrices ? await Reratings.HistoryAsync(session.Tenant, detail.Report, token) : [];
        var key = detail.Report.GatewayKey is { Length: > 0 } told && session.May(AccessPolicies.ReadPolicies) ? await GatewayKeys.FindAsync(session.Tenant, told, token) : null;
        return new Found(detail, session.May(AccessPolicies.ReadSamples) && await Samples.HasAsync(session.Tenant, detail, token), seesPrices, history, key);
    }

    /// <summary>"CacheWrite5m, Input" → "cache write 5m, input".</summary>
    private static string Words(string name)
    {
        var words = new StringBuilder();
        for (var i = 0; i < name.Length; i++)
        {
            var starts = i > 0 && char.IsLetter(name[i - 1]) && (char.IsUpper(name[i]) || (char.IsDigit(name[i]) && !char.IsDigit(name[i - 1])));
            if (starts) words.Append(' ');
            words.Append(char.ToLowerInvariant(name[i]));
        }

        return words.ToString();
    }

    public void Dispose()
    {
        _left.Cancel();
        _left.Dispose();
    }
}
