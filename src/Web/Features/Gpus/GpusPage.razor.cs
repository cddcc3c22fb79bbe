using FinOps.Analytics.Gpus;
using FinOps.Domain.Pricing;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;

namespace FinOps.Web.Features.Gpus;

public sealed partial class GpusPage
{
    private GpusPageModel _model = null!;

    [Inject] private GpuReader Gpus { get; set; } = null!;
    [Inject] private IPriceSource Prices { get; set; } = null!;
    [Inject] private ILogger<GpusPage> Logger { get; set; } = null!;

    protected override string Path => "/gpus";

    /// <summary>The device whose course is drawn: the one that was chosen, or the one that costs most.</summary>
    private GpuDevice? Chosen => _model.Devices.Value?.Devices is { Count: > 0 } devices ? devices.FirstOrDefault(device => Key(device) == Address.Get("device")) ?? devices[0] : null;

    protected override void OnInitialized()
    {
        base.OnInitialized();
        _model = new GpusPageModel(Gpus, Prices, Time);
    }

    protected override Task LoadAsync(bool anew) => _model.LoadAsync(Session.Tenant, Address, Reader.Zone, Asking(Logger, anew));

    private static string Key(GpuDevice device) => $"{device.Host}/{device.Device}/{device.Slice}";
}
