using FinOps.Analytics.Tenancy;
using FinOps.Domain.Tenancy;
using FinOps.Web.Authentication;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;

namespace FinOps.Web.Features.Settings;

public sealed partial class OrganisationCard
{
    private sealed record Known(string Name, IReadOnlyList<(ProjectId Id, string Name)> Projects);

    private readonly Loaded<Known> _known = new();
    private bool _adding;
    private string _newProject = "";
    private string _name = "";
    private string? _message;

    [Parameter, EditorRequired] public required TenantSession Session { get; set; }

    /// <summary>A project was made.</summary>
    [Parameter] public EventCallback ProjectMade { get; set; }
    [Inject] private Tenants Tenants { get; set; } = null!;
    [Inject] private ILogger<OrganisationCard> Logger { get; set; } = null!;

    protected override Task OnInitializedAsync() => LoadAsync();

    private async Task LoadAsync()
    {
        await _known.LoadAsync(
            async token => new Known(await Tenants.NameAsync(Session.Tenant, token) ?? Session.TenantName, await Tenants.ProjectsAsync(Session.Tenant, token)),
            new Asking(Logger, Anew: false, StateHasChanged, CancellationToken.None));
        _name = _known.Value?.Name ?? Session.TenantName;
    }

    private Task AddAsync() => ChangeAsync(async () =>
    {
        var name = _newProject.Trim();
        await Tenants.AddProjectAsync(Session.Tenant, name, Session.Actor, CancellationToken.None);
        (_adding, _newProject) = (false, "");
        _message = $"Project {name} is made. Make a key for it, and choose it in the header.";
        await ProjectMade.InvokeAsync();
    });

    private Task RenameAsync() => ChangeAsync(async () =>
    {
        await Tenants.RenameAsync(Session.Tenant, _name, Session.Actor, CancellationToken.None);
        _message = "Renamed. Other sessions show it at their next sign-in.";
    });

    private async Task ChangeAsync(Func<Task> change)
    {
        // The forms are hidden from others; the circuit is not to be trusted with that.
        if (!Session.May(AccessPolicies.ManageOrganisation)) return;
        try
        {
            await change();
            await LoadAsync();
        }
        catch (TenancyException refusal)
        {
            _message = refusal.Message;
        }
    }
}
