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
    /// <summary>How long before its end a key is marked, so that a person can rotate it in time.</summary>
    private static readonly TimeSpan EndsSoonWithin = TimeSpan.FromDays(14);

    private sealed record Known(IReadOnlyList<AccessKeyRow> Keys, IReadOnlyList<(ProjectId Id, string Name)> Projects);

    /// <summary>The key that a person is about to rotate or revoke.</summary>
    private sealed record Acting(Guid Key, bool Rotates);

    private readonly Loaded<Known> _known = new();
    private KeyForm? _form;
    private string? _problem;
    private string? _created;
    private Acting? _acting;
    private int _overlapHours = (int)AccessKeys.RotationOverlap.TotalHours;
    private string _why = "";
    private bool _showEnded;

    [Parameter, EditorRequired] public required TenantSession Session { get; set; }
    [Parameter] public EventCallback<(KeyKind Kind, string Token)> Created { get; set; }
    [CascadingParameter] public Reader Reader { get; set; } = Reader.Unknown;
    [Inject] private AccessKeys Keys { get; set; } = null!;
    [Inject] private Tenants Tenants { get; set; } = null!;
    [Inject] private TimeProvider Time { get; set; } = null!;
    [Inject] private IJSRuntime Script { get; set; } = null!;
    [Inject] private ILogger<KeysCard> Logger { get; set; } = null!;

    /// <summary>The buttons are hidden from others; the circuit is not to be trusted with that, so each act asks again.</summary>
    private bool MayManage => Session.May(AccessPolicies.ManageKeys);

    private bool MayGive(string scope) => Session.IsOperator || !KeyScopes.OfOperators.Contains(scope);

    private DateTimeOffset Now => Time.GetUtcNow();

    private IEnumerable<AccessKeyRow> Shown => _known.Value!.Keys.Where(key => _showEnded || IsLive(key.State(Now))).OrderBy(key => !IsLive(key.State(Now)));

    private Guid FirstProject => _known.Value is { Projects: [var first, ..] } ? first.Id.Value : Guid.Empty;

    private int Ended => _known.Value!.Keys.Count(key => !IsLive(key.State(Now)));

    protected override Task OnInitializedAsync() => LoadAsync();

    /// <summary>What the page shows of another card may have changed: the projects.</summary>
    public async Task LoadAsync()
    {
        await _known.LoadAsync(
            async token => new Known(await Keys.ListAsync(Session.Tenant, token), await Tenants.ProjectsAsync(Session.Tenant, token)),
            new Asking(Logger, Anew: false, StateHasChanged, CancellationToken.None));
        // The form may have been opened before the projects were known.
        if (_form is { } form && form.Project == Guid.Empty) form.Project = FirstProject;
    }

    private static bool IsLive(KeyState state) => state is KeyState.Active or KeyState.Rotated;

    private bool EndsSoon(AccessKeyRow key, KeyState state) => IsLive(state) && key.ExpiresAt - Now < EndsSoonWithin;

    private string StateOf(AccessKeyRow key, KeyState state) => state switch
    {
        KeyState.Revoked => $"revoked {Figures.Instant(key.RevokedAt!.Value, Reader.Zone)}",
        KeyState.Expired => $"expired {Figures.Instant(key.ExpiresAt!.Value, Reader.Zone)}",
        KeyState.Rotated => $"rotated, ends in {Figures.Age(key.ExpiresAt!.Value - Now)}",
        _ => key.ExpiresAt is { } expires ? $"ends in {Figures.Age(expires - Now)}" : "active",
    };

    private static string Word(KeyKind kind) => kind == KeyKind.Api ? "API" : kind.ToString().ToLowerInvariant();

    private static string Word(Tag tag) => tag.ToString().ToLowerInvariant();

    private static string Allows(AccessKeyRow key) => key.Kind == KeyKind.Api
        ? string.Join(", ", key.Scopes)
        : string.Join(", ", key.BoundTags.Select(tag => $"{Word(tag.Key)} {tag.Value}"));

    private void ToggleForm()
    {
        _problem = null;
        _form = _form is null ? new KeyForm { Project = FirstProject } : null;
    }

    private void Act(Guid key, bool rotates) => (_acting, _problem, _why) = (new Acting(key, rotates), null, "");

    private async Task CreateAsync()
    {
        if (!MayManage || _form is not { } form) return;
        await TryAsync(async () =>
        {
            var created = await Keys.CreateAsync(Session.Tenant, form.ToKey(Now) with { ByOperator = Session.IsOperator }, Session.Actor);
            _form = null;
            await ShowAsync(form.Kind, created.Token);
        });
    }

    private async Task ConfirmAsync(AccessKeyRow key)
    {
        if (!MayManage || _acting is not { } acting) return;
        await TryAsync(async () =>
        {
            if (!acting.Rotates) await Keys.RevokeAsync(Session.Tenant, key.Id, Session.Actor, _why.Trim() is { Length: > 0 } why ? why : null);
            else if (await Keys.RotateAsync(Session.Tenant, key.Id, TimeSpan.FromHours(_overlapHours), scopes => scopes.All(MayGive), Session.Actor) is { } made) await ShowAsync(key.Kind, made.Token);
            _acting = null;
        });
    }

    private Task ShowAsync(KeyKind kind, string token)
    {
        _created = token;
        return Created.InvokeAsync((kind, token));
    }

    private async Task TryAsync(Func<Task> change)
    {
        try
        {
            _problem = null;
            await change();
            await LoadAsync();
        }
        catch (TenancyException refusal)
        {
            _problem = refusal.Message;
        }
    }
}
