using FinOps.Analytics.Alerts;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;

namespace FinOps.Web.Shell;

/// <summary>The open alerts, beside their place in the rail. While PostgreSQL is away the last count stays.</summary>
public sealed partial class AlertBadge
{
    private readonly Loaded<Open> _open = new();

    private sealed record Open(int Count);

    [Inject] private AlertBook Alerts { get; set; } = null!;
    [Inject] private ILogger<AlertBadge> Logger { get; set; } = null!;

    protected override Task LoadAsync(bool anew) => _open.LoadAsync(async token => new Open(await Alerts.CountOpenAsync(Session.Scope, token)), Asking(Logger, anew));
}
