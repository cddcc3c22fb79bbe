using FinOps.Analytics.Detection;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Usage;
using FinOps.Web.Authentication;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;

namespace FinOps.Web.Features.Alerts;

/// <summary>Of which kinds and scopes detection tells nothing: to see for everyone, to change for whoever looks after alerts.</summary>
public sealed partial class DetectionCard
{
    /// <summary>What people know by its name; projects and keys have ids, which the API takes.</summary>
    private static readonly ScopeDimension[] Dimensions = [ScopeDimension.Feature, ScopeDimension.User, ScopeDimension.Team, ScopeDimension.Customer, ScopeDimension.Model, ScopeDimension.Session];

    private ScopeDimension _dimension = ScopeDimension.Feature;
    private string _value = "";
    private string _reason = "";
    private string? _problem;

    [Parameter, EditorRequired] public required TenantSession? Session { get; set; }
    [Parameter, EditorRequired] public required Loaded<DetectionSettings> Known { get; set; }

    /// <summary>The settings were changed.</summary>
    [Parameter] public EventCallback Changed { get; set; }
    [Parameter] public Reader Reader { get; set; } = Reader.Unknown;
    [Inject] private DetectionBook Book { get; set; } = null!;

    private bool MayManage => Session?.May(AccessPolicies.ManageAlerts) == true;

    private DetectionSettings Settings => Known.Value ?? DetectionSettings.Default;

    private static string Word(ScopeDimension dimension) => dimension.ToString().ToLowerInvariant();

    private static string Kind(string kind) => kind switch
    {
        "loop" => "loops",
        "stuck" => "stuck sessions",
        "retryStorm" => "retry storms",
        "tokenFlood" => "token floods",
        "velocity" => "spend far faster than usual",
        _ => "unusual spend of an hour",
    };

    private Task TurnAsync(string kind, bool isTold) =>
        ChangeAsync(settings => settings with { Off = isTold ? [.. settings.Off.Where(other => other != kind)] : [.. settings.Off, kind] });

    private async Task MuteAsync()
    {
        var (dimension, value, reason) = (_dimension, _value.Trim(), _reason.Trim());
        await ChangeAsync(settings => settings with { Mutes = [.. settings.Mutes.Where(mute => (mute.Dimension, mute.Value) != (dimension, value)), new DetectionMute(dimension, value, null, reason)] });
        if (_problem is null) (_value, _reason) = ("", "");
    }

    private async Task ChangeAsync(Func<DetectionSettings, DetectionSettings> change)
    {
        // The buttons are hidden from others; the circuit is not to be trusted with that.
        if (Session is not { } session || !MayManage) return;
        try
        {
            await Book.ChangeAsync(session.Tenant, change, session.Actor, CancellationToken.None);
            _problem = null;
        }
        catch (TenancyException refusal)
        {
            _problem = refusal.Message;
        }

        await Changed.InvokeAsync();
    }
}
