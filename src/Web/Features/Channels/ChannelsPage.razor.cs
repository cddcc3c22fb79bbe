using System.Globalization;
using FinOps.Analytics.Channels;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Channels;
using FinOps.Web.Authentication;
using FinOps.Web.Channels;
using FinOps.Web.Features.Budgets;
using FinOps.Web.Mail;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Options;

namespace FinOps.Web.Features.Channels;

/// <summary>Channels with the state of their last try, routes, what was given up, and the log. Channel and page of the log stand in the address.</summary>
public sealed partial class ChannelsPage
{
    /// <summary>Tries of a page of the log.</summary>
    private const int PageSize = 25;

    /// <summary>Messages given up that are shown; further ones follow when these are dealt with.</summary>
    private const int MaxDead = 50;

    private readonly Loaded<Known> _known = new();
    private ChannelForm? _form;
    private RouteForm? _route;
    private RecordedChannel? _removing;
    private IReadOnlyList<ChannelAttempt>? _tested;
    private string _typed = "";
    private string? _made;
    private string? _problem;
    private string? _routeProblem;
    private bool _working;

    private sealed record Known(
        IReadOnlyList<ChannelStanding> Channels, IReadOnlyList<(RecordedRoute Row, AlertRoute Route)> Routes, IReadOnlyList<ChannelMessage> Dead, IReadOnlyList<ChannelAttempt> Log, bool HasMore, IReadOnlyDictionary<string, string> Projects);

    [Inject] private ChannelBook Book { get; set; } = null!;
    [Inject] private MessageOutbox Outbox { get; set; } = null!;
    [Inject] private Tenants Tenants { get; set; } = null!;
    [Inject] private TestChannel Tests { get; set; } = null!;
    [Inject] private ChannelLinks Links { get; set; } = null!;
    [Inject] private IOptions<MailOptions> Mail { get; set; } = null!;
    [Inject] private ILogger<ChannelsPage> Logger { get; set; } = null!;

    protected override string Path => "/channels";

    private bool HasMail => Mail.Value.IsConfigured;

    private bool MayManage => Session?.May(AccessPolicies.ManageChannels) == true;

    private Guid? LogChannel => Guid.TryParse(Address.Get("channel"), out var id) ? id : null;

    private int PageNumber => int.TryParse(Address.Get("page"), NumberStyles.None, CultureInfo.InvariantCulture, out var page) ? Math.Clamp(page, 1, 1_000) : 1;

    protected override Task LoadAsync(bool anew) => _known.LoadAsync(async token =>
    {
        var tenant = Session.Tenant;
        var log = await Outbox.LogAsync(tenant, LogChannel, (PageNumber - 1) * PageSize, PageSize, token);
        var dead = await Outbox.ListAsync(tenant, new MessagesQuestion(MessageState.Dead, null, 0, MaxDead), token);
        return new Known(
            await Book.ListAsync(tenant, token), [.. (await Book.RoutesAsync(tenant, token)).Select(row => (row, row.ToRoute()))], [.. dead.Take(MaxDead)], [.. log.Take(PageSize)], log.Count > PageSize,
            await BudgetPage.ProjectsAsync(Tenants, tenant, token));
    }, Asking(Logger, anew));

    private bool IsThere(Guid channel) => _known.Value?.Channels.Any(one => one.Row.Id == channel) == true;

    private string NameOf(Guid channel) => _known.Value?.Channels.FirstOrDefault(one => one.Row.Id == channel)?.Row.Name ?? "a channel";

    private void New() => Open(ChannelForm.New(Reader.Zone.Id));

    private void Change(ChannelStanding one) => Open(ChannelForm.Of(one.Row, Reader.Zone.Id));

    private void Open(ChannelForm form) => (_form, _removing, _tested, _made, _problem) = (form, null, null, null, null);

    private void Close() => (_form, _problem) = (null, null);

    private async Task SaveAsync()
    {
        // Forms and buttons are hidden from others; the circuit is not to be trusted with that.
        if (_working || !MayManage || _form is not { } form) return;
        (var channel, _problem) = form.ToChannel(Guid.CreateVersion7(Time.GetUtcNow()));
        if (channel is null) return;
        _working = true;
        try
        {
            if (form.Seen is { } seen)
            {
                await Book.ChangeAsync(Session.Tenant, channel, form.ToSecrets(), seen.Version, Session.Actor, CancellationToken.None);
            }
            else
            {
                var (_, secrets) = await Book.AddAsync(Session.Tenant, channel, form.ToSecrets(), Session.Actor, CancellationToken.None);
                _made = channel.Kind == ChannelKind.Webhook && form.Key.Trim().Length == 0 ? secrets.Key : null;
            }

            Close();
            await LoadAsync(anew: false);
        }
        catch (Exception refusal) when (refusal is TenancyException or ChannelConflictException)
        {
            _problem = refusal.Message;
        }
        finally
        {
            _working = false;
        }
    }

    private async Task TestAsync(ChannelStanding one)
    {
        if (_working || !MayManage) return;
        (_working, _tested, _made, _removing) = (true, null, null, null);
        try
        {
            _tested = await Tests.RunAsync(Session.Tenant, one.Row.Id, CancellationToken.None);
            await LoadAsync(anew: false);
        }
        finally
        {
            _working = false;
        }
    }

    private void AskRemove(ChannelStanding one) => (_removing, _typed, _form, _tested, _made) = (one.Row, "", null, null, null);

    private async Task RemoveAsync()
    {
        if (!MayManage || _removing is not { } row || _typed != row.Name) return;
        await Book.RemoveAsync(Session.Tenant, row.Id, Session.Actor, CancellationToken.None);
        _removing = null;
        await LoadAsync(anew: false);
    }

    private void NewRoute() => (_route, _routeProblem) = (new RouteForm(), null);

    private void ChangeRoute(RecordedRoute row) => (_route, _routeProblem) = (RouteForm.Of(row, _known.Value!.Projects, _known.Value.Channels.Select(one => one.Row.Id)), null);

    private void CloseRoute() => (_route, _routeProblem) = (null, null);

    private async Task SaveRouteAsync()
    {
        if (!MayManage || _route is not { } form || _known.Value is not { } known) return;
        (var route, _routeProblem) = form.ToRoute(Guid.CreateVersion7(Time.GetUtcNow()), known.Projects);
        if (route is null) return;
        try
        {
            if (form.Seen is { } seen) await Book.ChangeRouteAsync(Session.Tenant, route, seen.Version, Session.Actor, CancellationToken.None);
            else await Book.AddRouteAsync(Session.Tenant, route, Session.Actor, CancellationToken.None);
            CloseRoute();
            await LoadAsync(anew: false);
        }
        catch (Exception refusal) when (refusal is TenancyException or ChannelConflictException)
        {
            _routeProblem = refusal.Message;
        }
    }

    private async Task RemoveRouteAsync(RecordedRoute row)
    {
        if (!MayManage) return;
        await Book.RemoveRouteAsync(Session.Tenant, row.Id, Session.Actor, CancellationToken.None);
        await LoadAsync(anew: false);
    }

    private async Task ResendAsync(ChannelMessage message)
    {
        if (!MayManage) return;
        await Outbox.ResendAsync(Session.Tenant, message.Id, Session.Actor, CancellationToken.None);
        await LoadAsync(anew: false);
    }

    private async Task ForgetAsync(ChannelMessage message)
    {
        if (!MayManage) return;
        await Outbox.ForgetAsync(Session.Tenant, message.Id, Session.Actor, CancellationToken.None);
        await LoadAsync(anew: false);
    }
}
