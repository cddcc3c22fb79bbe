using System.Globalization;
using FinOps.Analytics.Prices;
using FinOps.Domain.Currencies;
using FinOps.Domain.Pricing;
using FinOps.Web.Authentication;
using Microsoft.AspNetCore.Components;

namespace FinOps.Web.Features.Prices;

public sealed partial class PriceRowForm
{
    private string _amount = "";
    private string _day = "";
    private string _rate = "";
    private string _rateDay = "";
    private string _reason = "";
    private bool _correction;

    [Parameter, EditorRequired] public required PriceAct Act { get; set; }

    /// <summary>One of the two.</summary>
    [Parameter] public RecordedPrice? Price { get; set; }
    [Parameter] public RecordedAlias? Alias { get; set; }
    [Inject] private TimeProvider Time { get; set; } = null!;

    private string Currency => Price?.Currency ?? ExchangeRates.Usd;

    private bool IsDiscount => Price?.Meter == Meter.Discount;

    private protected override string Why => _reason;

    private string What => Price is not null ? PriceWords.Told(Price) : PriceWords.Told(Alias!);

    private string Title => Act == PriceAct.Change ? "Change this price" : Price is not null ? "End this price" : "End this alias";

    private string? Problem =>
        Act == PriceAct.Change && !PriceFormModel.TryAmount(_amount, out _) ? (IsDiscount ? "Give the discount in percent, for example 15." : $"Give the price in {Currency}, for example 1.25.")
        : Act == PriceAct.Change && Price?.Agreed is not null && Rate is null ? "Give what 1 USD is, above 0, and the day that the rate is of."
        : !_correction && (!PriceFormModel.TryDay(_day, out var day) || day is null) ? "Give the day."
        : _reason.Trim().Length == 0 ? "Say why: it stands in the price's history."
        : null;

    protected override void OnInitialized()
    {
        _day = Time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        if (Price is not null) _amount = (IsDiscount ? Price.Price * 100 : Price.AgreedAmount ?? Price.Price).ToString("0.############", CultureInfo.InvariantCulture);
        if (Price?.Agreed is { } agreed) (_rate, _rateDay) = (agreed.Rate.ToString("0.############", CultureInfo.InvariantCulture), agreed.RateDay.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
    }

    /// <summary>What the form says 1 USD is; null where it says nothing that can be.</summary>
    private DailyRate? Rate => PriceFormModel.TryRate(_rate, out var rate) && rate > 0 && PriceFormModel.TryDay(_rateDay, out var day) && day is not null
        ? new DailyRate(DateOnly.FromDateTime(day.Value.UtcDateTime), rate)
        : null;

    private void SetRateDay(string? day)
    {
        _rateDay = day ?? "";
        Touch();
    }

    private void SetDay(string? day)
    {
        _day = day ?? "";
        Touch();
    }

    private void Correct(bool correction)
    {
        _correction = correction;
        Touch();
    }

    private protected override string? FindProblem() => Problem;

    private protected override async Task<PriceEditResult> ApplyAsync(TenantSession session, PriceEdit edit)
    {
        DateTimeOffset? at = null;
        if (!_correction && (!PriceFormModel.TryDay(_day, out at) || at is null)) return new PriceEditResult(PriceEditOutcome.Refused, "Give the day.");
        if (Alias is not null) return await Edit.EndAliasAsync(session.Tenant, new SeenRow(Alias.Id, Alias.RecordedAt), at, edit, CancellationToken.None);
        var seen = new SeenRow(Price!.Id, Price.RecordedAt);
        if (Act == PriceAct.End) return await Edit.EndPriceAsync(session.Tenant, seen, at, edit, CancellationToken.None);
        return PriceFormModel.TryAmount(_amount, out var amount)
            ? await Edit.ChangePriceAsync(session.Tenant, seen, IsDiscount ? amount / 100 : amount, Price.Agreed is null ? null : Rate, at, edit, CancellationToken.None)
            : new PriceEditResult(PriceEditOutcome.Refused, "Give the price.");
    }
}
