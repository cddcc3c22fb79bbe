using FinOps.Analytics.Quotas;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Quotas;
using FinOps.Web.Authentication;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;

namespace FinOps.Web.Features.Installation;

public sealed partial class QuotaForm
{
    private readonly Loaded<QuotaUsageAnswer> _loaded = new();
    private readonly QuotaFormModel _model = new();
    private IReadOnlyDictionary<Quota, long>? _before;
    private string _why = "";
    private string? _message;
    private string? _problem;

    [Parameter, EditorRequired] public required TenantRow Tenant { get; set; }
    [Parameter, EditorRequired] public required TenantSession Session { get; set; }
    [Parameter] public EventCallback Closed { get; set; }
    [Inject] private TenantQuotas Quotas { get; set; } = null!;
    [Inject] private QuotaUsageReader Usage { get; set; } = null!;
    [Inject] private CurrentTenant Current { get; set; } = null!;
    [Inject] private ILogger<QuotaForm> Logger { get; set; } = null!;

    protected override Task OnInitializedAsync() => LoadAsync();

    private async Task LoadAsync()
    {
        await _loaded.LoadAsync(
            async token => await Usage.AskAsync(Tenant.Id, token) ?? throw new TenancyException("There is no such organisation any more."),
            new Asking(Logger, Anew: false, StateHasChanged, CancellationToken.None));
        if (await Quotas.FindAsync(Tenant.Id, CancellationToken.None) is { } settings) _model.Fill(settings);
    }

    private Task SaveAsync() => _model.TryRead(out var wanted, out var problem) ? SetAsync(wanted, _model.Set, "Saved.") : Refuse(problem);

    private Task UndoAsync() => SetAsync(_before!, null, "As before.");

    private async Task SetAsync(IReadOnlyDictionary<Quota, long> wanted, IReadOnlyDictionary<Quota, long>? before, string done)
    {
        // The page is for operators alone; the circuit is not to be trusted with that.
        if (!(await Current.GetAsync()).May(AccessPolicies.ManageInstallation)) return;
        (_message, _problem) = (null, null);
        try
        {
            await Quotas.SetAsync(Tenant.Id, wanted, Session.Actor, _why.Trim() is { Length: > 0 } why ? why : null, CancellationToken.None);
        }
        catch (TenancyException refusal)
        {
            _problem = refusal.Message;
            return;
        }

        (_message, _before, _why) = ($"{done} In force within seconds.", before, "");
        await LoadAsync();
    }

    private Task Refuse(string problem)
    {
        (_problem, _message) = (problem, null);
        return Task.CompletedTask;
    }
}
