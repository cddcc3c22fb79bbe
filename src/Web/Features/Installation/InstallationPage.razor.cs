using FinOps.Analytics.Deletion;
using FinOps.Analytics.Installation;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Tenancy;
using FinOps.Web.Authentication;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;

namespace FinOps.Web.Features.Installation;

public sealed partial class InstallationPage
{
    private InstallationPageModel _model = null!;
    private bool _making;
    private TenantId? _suspending;
    private TenantId? _quotas;
    private TenantId? _deleting;
    private string _typed = "";
    private string _reason = "";
    private string _name = "";
    private string _email = "";
    private string _search = "";
    private string? _problem;
    private string? _done;
    private string? _password;

    [Inject] private Installations Installations { get; set; } = null!;
    [Inject] private TenantUsageReader Usage { get; set; } = null!;
    [Inject] private NewOrganisations Organisations { get; set; } = null!;
    [Inject] private TenantDeletions Deletions { get; set; } = null!;
    [Inject] private ILogger<InstallationPage> Logger { get; set; } = null!;

    protected override string Path => "/installation";

    /// <summary>It stands still under its reader's eyes, for every organisation is a handful of questions; while one is being deleted it follows that.</summary>
    protected override bool Refreshes => _model.Tenants.Failure is not null || _model.IsDeleting;

    private int Number => InstallationPageModel.PageOf(Address);

    protected override void OnInitialized()
    {
        base.OnInitialized();
        _model = new InstallationPageModel(Installations, Usage, Deletions, Time);
        _search = Address.Get("search") ?? "";
    }

    protected override Task LoadAsync(bool anew) => _model.LoadAsync(Address, Asking(Logger, anew));

    private Task AgainAsync() => LoadAsync(anew: false);

    private void Search() => Go(Address.With("search", _search.Trim()).With("page", null));

    private ViewAddress At(int page) => Address.With("page", page == 0 ? null : page.ToString(System.Globalization.CultureInfo.InvariantCulture));

    private void Ask(TenantId tenant) => (_suspending, _deleting, _reason, _problem) = (_suspending == tenant ? null : tenant, null, "", null);

    private void AskDeletion(TenantId tenant) => (_deleting, _suspending, _typed, _problem) = (_deleting == tenant ? null : tenant, null, "", null);

    private bool IsGoing(TenantId tenant) => _model.Deletions.Value?.Any(deletion => deletion.Id == tenant.Value) == true;

    private Task DeleteAsync(TenantRow tenant) => TryAsync(async () =>
    {
        if (tenant.Id == Session.Tenant) throw new TenancyException("You are in this organisation just now. Choose another one in the header first.");
        await Deletions.RequestAsync(tenant, _typed, Session.Actor, CancellationToken.None);
        (_deleting, _done) = (null, $"{tenant.Name} is being deleted.");
    });

    private Task SuspendAsync(TenantRow tenant) => TryAsync(async () =>
    {
        await Installations.SuspendAsync(tenant, _reason, Session.Actor, CancellationToken.None);
        (_suspending, _done) = (null, $"{tenant.Name} is suspended. Within 5 s its keys are refused and its pages say why.");
    });

    private Task ResumeAsync(TenantRow tenant) => TryAsync(async () =>
    {
        await Installations.ResumeAsync(tenant, Session.Actor, CancellationToken.None);
        _done = $"{tenant.Name} is resumed. Within 5 s its keys and pages work again.";
    });

    private Task MakeAsync() => TryAsync(async () =>
    {
        var email = _email.Trim();
        var (tenant, account) = await Organisations.MakeAsync(_name, email, Session.Actor, CancellationToken.None);
        (_making, _name, _email) = (false, "", "");
        _password = account.FirstPassword;
        _done = account.Existed
            ? $"{tenant.Name} is made. {email} is its administrator, and finds it in the header's menu of organisations."
            : $"{tenant.Name} is made. {email} is its administrator and signs in with this first password; it is not shown again:";
    });

    /// <summary>The page is for operators alone; the circuit is not to be trusted with that.</summary>
    private async Task TryAsync(Func<Task> change)
    {
        if (!(await Tenant.GetAsync()).May(AccessPolicies.ManageInstallation)) return;
        (_problem, _done, _password) = (null, null, null);
        try
        {
            await change();
        }
        catch (TenancyException refusal)
        {
            _problem = refusal.Message;
            return;
        }

        await AgainAsync();
    }
}
