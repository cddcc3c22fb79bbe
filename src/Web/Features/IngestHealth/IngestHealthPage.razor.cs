using FinOps.Analytics.IngestHealth;
using FinOps.Analytics.Settlement;
using FinOps.Analytics.Spend;
using FinOps.Ingest.Pipeline;
using FinOps.Web.Authentication;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;

namespace FinOps.Web.Features.IngestHealth;

public sealed partial class IngestHealthPage
{
    private IngestHealthPageModel _model = null!;

    [Inject] private IngestHealthReader Health { get; set; } = null!;
    [Inject] private SpendReader Spend { get; set; } = null!;
    [Inject] private IServiceProvider Services { get; set; } = null!;
    [Inject] private ILogger<IngestHealthPage> Logger { get; set; } = null!;

    protected override string Path => "/ingest";

    protected override void OnInitialized()
    {
        base.OnInitialized();
        // The write path and settling are in this process only under the roles that run them.
        _model = new IngestHealthPageModel(Health, Spend, Services.GetService<BatchingRowWriter>(), Services.GetService<SettlementState>(), Time);
    }

    protected override Task LoadAsync(bool anew) =>
        _model.LoadAsync(Session.Scope, Address, Reader.Zone, Session.May(AccessPolicies.ReadInstallation), Asking(Logger, anew));
}
