using System.Globalization;
using FinOps.Analytics.Policies;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Policies;
using FinOps.Web.Authentication;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace FinOps.Web.Features.GatewayKeys;

/// <summary>Virtual keys of gateways' clients: made with the key shown once, changed, revoked. Search and page stand in the address.</summary>
public sealed partial class GatewayKeysPage
{
    /// <summary>Keys of a page.</summary>
    private const int PageSize = 50;

    private readonly Loaded<Known> _known = new();
    private GatewayKeyForm? _form;
    private MadeGatewayKey? _made;
    private GatewayKey? _revoking;
    private IReadOnlyList<PolicyError> _errors = [];
    private string _search = "";
    private string _typed = "";
    private string? _problem;
    private bool _working;

    private sealed record Known(GatewayKeyList Keys);

    [Inject] private GatewayKeyBook Book { get; set; } = null!;
    [Inject] private IJSRuntime Script { get; set; } = null!;
    [Inject] private ILogger<GatewayKeysPage> Logger { get; set; } = null!;

    protected override string Path => "/gateway-keys";

    /// <summary>What was typed stays while somebody writes.</summary>
    protected override bool Refreshes => _form is null && _revoking is null;

    private bool MayManage => Session?.May(AccessPolicies.ManageKeys) == true;

    private DateTimeOffset Now => Time.GetUtcNow();

    private string Search => Address.Get("search") ?? "";

    private bool WithRevoked => Address.Get("state") == "all";

    private int PageNumber => int.TryParse(Address.Get("page"), NumberStyles.None, CultureInfo.InvariantCulture, out var page) ? Math.Clamp(page, 1, 1_000) : 1;

    private bool HasMore => _known.Value is { } known && known.Keys.Total > PageNumber * PageSize;

    private string? Note => _known.Value is { Keys.Total: > 0 } known ? $"{Figures.CountExact(known.Keys.Total)}{(Search.Length > 0 ? " found" : WithRevoked ? " with revoked ones" : " live or disabled")}" : null;

    protected override Task LoadAsync(bool anew)
    {
        if (anew) _search = Search;
        return _known.LoadAsync(async token => new Known(await Book.ListAsync(Session.Tenant, Search, WithRevoked, (PageNumber - 1) * PageSize, PageSize, token)), Asking(Logger, anew));
    }

    private void Find() => Go(Address.With("search", _search.Trim() is { Length: > 0 } text ? text : null).With("page", null));

    private void New() => Open(new GatewayKeyForm());

    private void Change(GatewayKey key) => Open(GatewayKeyForm.Of(key));

    private void Open(GatewayKeyForm form) => (_form, _made, _revoking, _errors, _problem) = (form, null, null, [], null);

    private void Close() => (_form, _errors, _problem) = (null, [], null);

    private void AskRevoke(GatewayKey key) => (_revoking, _typed, _made, _form, _problem) = (key, "", null, null, null);

    private Task SaveAsync() => WorkAsync(async () =>
    {
        if (_form is not { } form) return;
        var draft = form.ToDraft(Now);
        if (form.Changes is null) _made = await Book.MakeAsync(Session.Tenant, form.Id, draft, Session.Actor, CancellationToken.None);
        else if (await Book.ChangeAsync(Session.Tenant, form.Changes, draft, Session.Actor, CancellationToken.None) is null) throw new TenancyException("The key was revoked meanwhile.");
        Close();
    });

    private Task RevokeAsync() => WorkAsync(async () =>
    {
        if (_revoking is not { } key || _typed != key.Id) return;
        await Book.RevokeAsync(Session.Tenant, key.Id, Session.Actor, CancellationToken.None);
        _revoking = null;
    });

    private async Task WorkAsync(Func<Task> work)
    {
        // Forms and buttons are hidden from others; the circuit is not to be trusted with that.
        if (_working || !MayManage) return;
        (_working, _problem, _errors) = (true, null, []);
        try
        {
            await work();
            await LoadAsync(anew: false);
        }
        catch (GatewayKeyException wrong)
        {
            _errors = wrong.Errors;
            _problem = "Nothing was saved: see the fields.";
        }
        catch (TenancyException refusal)
        {
            _problem = refusal.Message;
        }
        catch (Exception away) when (PostgresMigrator.IsAway(away))
        {
            Parts.Log.QuestionFailed(Logger, away);
            _problem = Loaded.NotKnownToBeSaved;
        }
        finally
        {
            _working = false;
        }
    }
}
