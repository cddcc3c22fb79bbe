using FinOps.Analytics.Tenancy;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using FinOps.Web.Authentication;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace FinOps.Web.Features.Settings;

public sealed partial class KeysCard
{
    private sealed record Known(IReadOnlyList<AccessKeyRow> Keys, IReadOnlyList<(ProjectId Id, string Name)> Projects);

    private readonly Loaded<Known> _known = new();
    private bool _adding;
    private string _name = "";
    private KeyKind _kind = KeyKind.Ingest;
    private Guid _project;
    private string _feature = "";
    private string _team = "";
    private string? _problem;
    private string? _created;
    private Guid? _revoking;

    [Parameter, EditorRequired] public required TenantSession Session { get; set; }
    [Parameter] public EventCallback<(KeyKind Kind, string Token)> Created { get; set; }
    [CascadingParameter] public Reader Reader { get; set; } = Reader.Unknown;
    [Inject] private AccessKeys Keys { get; set; } = null!;
    [Inject] private Tenants Tenants { get; set; } = null!;
    [Inject] private TimeProvider Time { get; set; } = null!;
    [Inject] private IJSRuntime Script { get; set; } = null!;
    [Inject] private ILogger<KeysCard> Logger { get; set; } = null!;

    protected override Task OnInitializedAsync() => LoadAsync();

    /// <summary>What the page shows of another card may have changed: the projects.</summary>
    public async Task LoadAsync()
    {
        await _known.LoadAsync(
            async token => new Known(await Keys.ListAsync(Session.Tenant, token), await Tenants.ProjectsAsync(Session.Tenant, token)),
            new Asking(Logger, Anew: false, StateHasChanged, CancellationToken.None));
        if (_project == Guid.Empty && _known.Value is { Projects: [var first, ..] }) _project = first.Id.Value;
    }

    private string State(AccessKeyRow key) =>
        key.RevokedAt is { } revoked ? $"revoked {Figures.Instant(revoked, Reader.Zone)}"
        : key.ExpiresAt is { } expires ? (expires <= Time.GetUtcNow() ? "expired" : $"until {Figures.Instant(expires, Reader.Zone)}")
        : "active";

    private async Task CreateAsync()
    {
        // The button is hidden from others; the circuit is not to be trusted with that.
        if (!Session.May(AccessPolicies.ManageKeys)) return;
        try
        {
            var tags = new Dictionary<Tag, string>();
            if (_kind == KeyKind.Ingest && _feature.Trim().Length > 0) tags[Tag.Feature] = _feature.Trim();
            if (_kind == KeyKind.Ingest && _team.Trim().Length > 0) tags[Tag.Team] = _team.Trim();
            var created = await Keys.CreateAsync(Session.Tenant, new NewAccessKey(new ProjectId(_project), _kind, _name.Trim()) { BoundTags = tags }, Session.Actor);
            (_created, _problem, _adding, _name) = (created.Token, null, false, "");
            await Created.InvokeAsync((_kind, created.Token));
            await LoadAsync();
        }
        catch (TenancyException refusal)
        {
            _problem = refusal.Message;
        }
    }

    private async Task RevokeAsync(Guid key)
    {
        _revoking = null;
        if (!Session.May(AccessPolicies.ManageKeys)) return;
        await Keys.RevokeAsync(Session.Tenant, key, Session.Actor);
        await LoadAsync();
    }
}
