using FinOps.Analytics.Vectors;
using Microsoft.AspNetCore.Components;

namespace FinOps.Web.Features.Vectors;

public sealed partial class VectorsPage
{
    private VectorsPageModel _model = null!;

    [Inject] private VectorReader Vectors { get; set; } = null!;
    [Inject] private ILogger<VectorsPage> Logger { get; set; } = null!;

    protected override string Path => "/vectors";

    protected override void OnInitialized()
    {
        base.OnInitialized();
        _model = new VectorsPageModel(Vectors, Time);
    }

    protected override Task LoadAsync(bool anew) => _model.LoadAsync(Session.Tenant, Address, Reader.Zone, Asking(Logger, anew));
}
