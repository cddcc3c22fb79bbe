using FinOps.Analytics.PriceTimelines;
using FinOps.Analytics.Vectors;
using FinOps.Domain.Allocation;
using FinOps.Web.Authentication;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;

namespace FinOps.Web.Features.Vectors;

/// <summary>Prices of vector databases and storage: list, add, change, end, history.</summary>
public sealed partial class StorePrices
{
    private readonly Loaded<List<RecordedStorePrice>> _prices = new();
    private TenantSession? _session;
    private StorePriceForm? _form;
    private List<RecordedStorePrice>? _history;
    private string? _problem;
    private string? _done;

    [CascadingParameter] public Reader Reader { get; set; } = Reader.Unknown;
    [Inject] private CurrentTenant Tenant { get; set; } = null!;
    [Inject] private DataStorePrices Prices { get; set; } = null!;
    [Inject] private TimeProvider Time { get; set; } = null!;
    [Inject] private ILogger<StorePrices> Logger { get; set; } = null!;

    private bool MayEdit => _session?.May(AccessPolicies.ManagePrices) == true;

    protected override async Task OnInitializedAsync()
    {
        _session = await Tenant.GetAsync();
        await LoadAsync();
    }

    private Task LoadAsync() => _prices.LoadAsync(token => Prices.ListAsync(_session!.Tenant, token), new Asking(Logger, Anew: false, StateHasChanged, CancellationToken.None));

    private void New() => Open(StorePriceForm.New(Time.GetUtcNow()));

    private void Use(ReferenceStorePrice reference) => Open(StorePriceForm.Of(reference, Time.GetUtcNow()));

    private void Change(RecordedStorePrice row) => Open(StorePriceForm.Of(row, Time.GetUtcNow()));

    private void Open(StorePriceForm form) => (_form, _problem, _done) = (form, null, null);

    private void Close() => (_form, _problem) = (null, null);

    private async Task SaveAsync()
    {
        // Buttons are hidden from others; the circuit is not to be trusted with that.
        if (!MayEdit || _form is not { } form) return;
        if (form.ToPrice() is not { } price)
        {
            _problem = "Give the price.";
            return;
        }

        var edit = new ResourcePriceEdit(_session!.Actor, form.Reason);
        await ShowAsync(form.Seen is { } seen
            ? await Prices.ChangeAsync(_session.Tenant, seen, price, form.ChangeFrom, edit, CancellationToken.None)
            : await Prices.AddAsync(_session.Tenant, price, edit, CancellationToken.None));
    }

    private async Task EndAsync(RecordedStorePrice row)
    {
        if (!MayEdit) return;
        var now = DeviceTime.CellOf(Time.GetUtcNow());
        // One that has not begun yet is taken back.
        DateTimeOffset? at = row.ValidFrom < now ? now : null;
        await ShowAsync(await Prices.EndAsync(_session!.Tenant, new SeenResourcePrice(row.Id, row.Change), at, new ResourcePriceEdit(_session.Actor, "ended on the page of prices"), CancellationToken.None));
    }

    private async Task ShowAsync(ResourcePriceResult<RecordedStorePrice> result)
    {
        _problem = result.Problem;
        if (result.Outcome != ResourcePriceOutcome.Done) return;
        (_form, _history, _done) = (null, null, "Saved. The quarter hours that it is for are rated anew within minutes.");
        await LoadAsync();
    }

    private async Task ShowHistoryAsync(RecordedStorePrice row) => _history = await Prices.HistoryAsync(_session!.Tenant, row.Id, CancellationToken.None);

    /// <summary>A price that changed has a row for each time; the last is the one to change again.</summary>
    private bool IsLast(RecordedStorePrice row) => _prices.Value!.Where(other => other.Id == row.Id).MaxBy(other => other.ValidFrom) == row && (row.ValidTo is null || row.ValidTo > Time.GetUtcNow());

    private static string NameOf(RecordedStorePrice row) => $"{row.System} {row.Places}{(row.Tier.Length > 0 ? " " + row.Tier : "")}, {DataStorePrices.Words(row.Meter)}";

    private string Holds(RecordedStorePrice row) =>
        $"from {Figures.Instant(row.ValidFrom, Reader.Zone)}{(row.ValidTo is { } to ? $" to {Figures.Instant(to, Reader.Zone)}" : "")}";
}
