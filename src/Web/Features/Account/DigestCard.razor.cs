using FinOps.Analytics.Digests;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Digests;
using FinOps.Web.Authentication;
using FinOps.Web.Mail;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Options;

namespace FinOps.Web.Features.Account;

/// <summary>Which digests of the organisation the person gets. Each change is kept at once.</summary>
public sealed partial class DigestCard
{
    private readonly Loaded<DigestChoice> _choice = new();
    private bool _asking;
    private string? _said;
    private string? _problem;

    [Parameter, EditorRequired] public required TenantSession Session { get; set; }
    [CascadingParameter] public Reader Reader { get; set; } = Reader.Unknown;
    [Inject] private DigestBook Book { get; set; } = null!;
    [Inject] private WriteDigests Digests { get; set; } = null!;
    [Inject] private IOptions<MailOptions> Mail { get; set; } = null!;
    [Inject] private ILogger<DigestCard> Logger { get; set; } = null!;

    private DigestChoice Choice => _choice.Value ?? DigestChoice.None;

    /// <summary>As chosen; the browser's own before anything was.</summary>
    private string Zone => Choice is { Weekly: false, Monthly: false, TimeZone: "UTC" } ? Reader.Zone.Id : Choice.TimeZone;

    protected override Task OnInitializedAsync() => LoadAsync();

    private Task LoadAsync() => _choice.LoadAsync(token => Book.FindAsync(Session.Tenant, Session.UserId, token), new Asking(Logger, Anew: false, StateHasChanged, CancellationToken.None));

    private async Task SetAsync(DigestChoice wanted)
    {
        (_said, _problem) = (null, null);
        try
        {
            var kept = await Book.SetAsync(Session.Tenant, Session.UserId, wanted.TimeZone == Choice.TimeZone ? wanted with { TimeZone = Zone } : wanted, Session.Actor, CancellationToken.None);
            _said = (kept.Weekly, kept.Monthly) switch
            {
                (true, true) => "You get a digest each Monday, and one on the first of each month.",
                (true, false) => "You get a digest each Monday.",
                (false, true) => "You get a digest on the first of each month.",
                _ => "You get no digests.",
            };
        }
        catch (TenancyException refusal)
        {
            _problem = refusal.Message;
        }

        await LoadAsync();
    }

    private async Task AskAsync()
    {
        (_said, _problem, _asking) = (null, null, true);
        try
        {
            var kind = Choice is { Monthly: true, Weekly: false } ? DigestKind.Monthly : DigestKind.Weekly;
            var zone = TimeZoneInfo.TryFindSystemTimeZoneById(Zone, out var known) ? known : TimeZoneInfo.Utc;
            (_said, _problem) = await Digests.WriteAskedAsync(Session.Tenant, Session.UserId, kind, zone, CancellationToken.None) switch
            {
                AskedDigest.Written => ($"It is on its way to {Session.Email}.", null),
                AskedDigest.TooSoon => (null, "You had one sent a moment ago. Wait a minute."),
                _ => ((string?)null, "It cannot be sent: there is no mail server, or the organisation's pages are closed to you."),
            };
        }
        catch (Exception away) when (Analytics.Stores.ClickHouse.ClickHouseStore.IsAway(away))
        {
            _problem = "The analytics store does not answer, so it was not sent. Try again in a moment.";
        }
        finally
        {
            _asking = false;
        }
    }
}
