using FinOps.Analytics.Gpus;
using FinOps.Analytics.PriceTimelines;
using FinOps.Domain.Allocation;
using FinOps.Web.Authentication;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;

namespace FinOps.Web.Features.Gpus;

/// <summary>Prices of GPU hours: list, add, change, end, history.</summary>
public sealed partial class ResourcePricesPage
{
    private readonly Loaded<List<RecordedResourcePrice>> _prices = new();
    private TenantSession? _session;
    private ResourcePriceForm? _form;
    private List<RecordedResourcePrice>? _history;
    private string? _problem;
    private string? _done;

    [CascadingParameter] public Reader Reader { get; set; } = Reader.Unknown;
    [Inject] private CurrentTenant Tenant { get; set; } = null!;
    [Inject] private ResourcePrices Prices { get; set; } = null!;
    [Inject] private TimeProvider Time { get; set; } = null!;
    [Inject] private ILogger<ResourcePricesPage> Logger { get; set; } = null!;

    private bool MayEdit => _session?.May(AccessPolicies.ManagePrices) == true;

    protected override async Task OnInitializedAsync()
    {
        _session = await Tenant.GetAsync();
        await LoadAsync();
    }

    private Task LoadAsync() => _prices.LoadAsync(token => Prices.ListAsync(_session!.Tenant, token), new Asking(Logger, Anew: false, StateHasChanged, CancellationToken.None));

    private void New() => Open(ResourcePriceForm.New(Time.GetUtcNow()));

    private void Use(ReferencePrice reference) => Open(ResourcePriceForm.Of(reference, Time.GetUtcNow()));

    private void Change(RecordedResourcePrice row) => Open(ResourcePriceForm.Of(row, Time.GetUtcNow()));

    private void Open(ResourcePriceForm form) => (_form, _problem, _done) = (form, null, null);

    private void Close() => (_form, _problem) = (null, null);

    private async Task SaveAsync()
    {
        // Buttons are hidden from others; the circuit is not to be trusted with that.
        if (!MayEdit || _form is not { } form) return;
        if (form.ToPrice() is not { } price)
        {
            _problem = form.Purchase == PurchaseKind.Owned ? form.Hardware.FindProblem() : "Give the price of an hour.";
            return;
        }

        var edit = new ResourcePriceEdit(_session!.Actor, form.Reason);
        await ShowAsync(form.Seen is { } seen
            ? await Prices.ChangeAsync(_session.Tenant, seen, price, form.ChangeFrom, edit, CancellationToken.None)
            : await Prices.AddAsync(_session.Tenant, price, edit, CancellationToken.None));
    }

    private async Task EndAsync(RecordedResourcePrice row)
    {
        if (!MayEdit) return;
        var now = DeviceTime.CellOf(Time.GetUtcNow());
        // One that has not begun yet is taken back.
        DateTimeOffset? at = row.ValidFrom < now ? now : null;
        await ShowAsync(await Prices.EndAsync(_session!.Tenant, new SeenResourcePrice(row.Id, row.Change), at, new ResourcePriceEdit(_session.Actor, "ended on the page of prices"), CancellationToken.None));
    }

    private async Task ShowAsync(ResourcePriceResult<RecordedResourcePrice> result)
    {
        _problem = result.Problem;
        if (result.Outcome != ResourcePriceOutcome.Done) return;
        (_form, _history, _done) = (null, null, "Saved. The quarter hours that it is for are rated anew within minutes.");
        await LoadAsync();
    }

    private async Task ShowHistoryAsync(RecordedResourcePrice row) => _history = await Prices.HistoryAsync(_session!.Tenant, row.Id, CancellationToken.None);

    /// <summary>A price that changed has a row for each time; the last is the one to change again.</summary>
    private bool IsLast(RecordedResourcePrice row) => _prices.Value!.Where(other => other.Id == row.Id).MaxBy(other => other.ValidFrom) == row && (row.ValidTo is null || row.ValidTo > Time.GetUtcNow());

    private string Holds(RecordedResourcePrice row) =>
        $"from {Figures.Instant(row.ValidFrom, Reader.Zone)}{(row.ValidTo is { } to ? $" to {Figures.Instant(to, Reader.Zone)}" : "")}";
}
