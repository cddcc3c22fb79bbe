using System.Globalization;
using FinOps.Analytics.Audit;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;

namespace FinOps.Web.Features.Audit;

public sealed partial class AuditPage
{
    private AuditPageModel _model = null!;
    private string _actor = "";
    private string _subject = "";
    private bool _verifying;

    [Inject] private AuditReader Audit { get; set; } = null!;
    [Inject] private ILogger<AuditPage> Logger { get; set; } = null!;

    protected override string Path => "/audit";

    /// <summary>The newest page follows what is done; an older one stands still.</summary>
    protected override bool Refreshes => Address.Get("before") is null || _model.Page.Failure is not null;

    /// <summary>Another question starts at its newest entry.</summary>
    private ViewAddress Newest => Address.With("before", null);

    protected override void OnInitialized()
    {
        base.OnInitialized();
        _model = new AuditPageModel(Audit, Time);
        (_actor, _subject) = (Address.Get("actor") ?? "", Address.Get("subject") ?? "");
    }

    protected override Task LoadAsync(bool anew) => _model.LoadAsync(Session.Tenant, Address, Reader.Zone, Asking(Logger, anew));

    private void Search() => Go(Newest.With("actor", _actor.Trim()).With("subject", _subject.Trim()));

    private async Task VerifyAsync()
    {
        _verifying = true;
        await _model.VerifyAsync(Session.Tenant, Asking(Logger, anew: true));
        _verifying = false;
    }

    private string Stamp(AuditRecord entry) => TimeZoneInfo.ConvertTime(entry.RecordedAt, Reader.Zone).ToString("d MMM, HH:mm:ss", CultureInfo.InvariantCulture);

    private static IEnumerable<string> ActKinds => AuditActs.All.Keys.Select(act => act.Split('.')[0]).Distinct();
}
