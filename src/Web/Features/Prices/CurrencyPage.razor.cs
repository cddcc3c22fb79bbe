using FinOps.Analytics.Currencies;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Currencies;
using FinOps.Web.Authentication;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;

namespace FinOps.Web.Features.Prices;

public sealed partial class CurrencyPage
{
    private readonly Loaded<CurrencyPageModel.Known> _state = new();
    private TenantSession _session = null!;
    private string _code = ExchangeRates.Usd;
    private string _source = "";
    private string _pasted = "";
    private string? _message;
    private string? _problem;

    [CascadingParameter] public Reader Reader { get; set; } = Reader.Unknown;
    [Inject] private CurrentTenant Tenant { get; set; } = null!;
    [Inject] private BillingCurrencies Currencies { get; set; } = null!;
    [Inject] private TimeProvider Time { get; set; } = null!;
    [Inject] private ILogger<CurrencyPage> Logger { get; set; } = null!;

    private TimeZoneInfo Zone => Reader.Zone;

    private string Currency => _state.Value?.Setting.Currency ?? ExchangeRates.Usd;

    private string? GapNote => _state.Value is { } known ? CurrencyPageModel.Gaps(known, DateOnly.FromDateTime(Time.GetUtcNow().UtcDateTime)) : null;

    protected override async Task OnInitializedAsync()
    {
        _session = await Tenant.GetAsync();
        await LoadAsync();
    }

    private async Task LoadAsync()
    {
        await _state.LoadAsync(
            async token =>
            {
                var setting = await Currencies.FindAsync(_session.Tenant, token);
                return new CurrencyPageModel.Known(setting, await Currencies.ListAsync(_session.Tenant, setting.Currency, token));
            },
            new Asking(Logger, Anew: false, StateHasChanged, CancellationToken.None));
        _code = Currency;
    }

    private Task SetAsync() => ChangeAsync(async () =>
    {
        var state = await Currencies.SetAsync(_session.Tenant, _code.Trim().ToUpperInvariant(), _session.Actor, CancellationToken.None);
        _message = $"Costs are shown in {state.Currency}, too.";
    });

    private Task ImportAsync() => ChangeAsync(async () =>
    {
        var (rates, error) = RateList.Read(_pasted);
        if (rates is null)
        {
            _problem = $"Line {error!.Line}: {error.Problem} Nothing was imported.";
            return;
        }

        var import = await Currencies.ImportAsync(_session.Tenant, Currency, rates, _source, _session.Actor, CancellationToken.None);
        _message = $"{import.Added} days added, {import.Changed} replaced, {import.Unchanged} as they were.";
        _pasted = "";
    });

    private async Task ChangeAsync(Func<Task> change)
    {
        // The page is closed to others; the circuit is not to be trusted with that.
        if (!_session.May(AccessPolicies.ManageCurrency)) return;
        (_message, _problem) = (null, null);
        try
        {
            await change();
            await LoadAsync();
        }
        catch (TenancyException refusal)
        {
            _problem = refusal.Message;
        }
    }
}
