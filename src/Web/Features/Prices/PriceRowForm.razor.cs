using System.Globalization;
using FinOps.Analytics.Prices;
using FinOps.Domain.Pricing;
using FinOps.Web.Authentication;
using Microsoft.AspNetCore.Components;

namespace FinOps.Web.Features.Prices;

public sealed partial class PriceRowForm
{
    private string _amount = "";
    private string _day = "";
    private string _reason = "";
    private bool _correction;

    [Parameter, EditorRequired] public required PriceAct Act { get; set; }

    /// <summary>One of the two.</summary>
    [Parameter] public RecordedPrice? Price { get; set; }
    [Parameter] public RecordedAlias? Alias { get; set; }
    [Inject] private TimeProvider Time { get; set; } = null!;

    private bool IsDiscount => Price?.Meter == Meter.Discount;

    private protected override string Why => _reason;

    private string What => Price is not null ? PriceWords.Told(Price) : PriceWords.Told(Alias!);

    private string Title => Act == PriceAct.Change ? "Change this price" : Price is not null ? "End this price" : "End this alias";

    private string? Problem =>
        Act == PriceAct.Change && !PriceFormModel.TryAmount(_amount, out _) ? (IsDiscount ? "Give the discount in percent, for example 15." : "Give the price in USD, for example 1.25.")
        : !_correction && (!PriceFormModel.TryDay(_day, out var day) || day is null) ? "Give the day."
        : _reason.Trim().Length == 0 ? "Say why: it stands in the price's history."
        : null;

    protected override void OnInitialized()
    {
        _day = Time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        if (Price is not null) _amount = (IsDiscount ? Price.Price * 100 : Price.Price).ToString("0.############", CultureInfo.InvariantCulture);
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
            ? await Edit.ChangePriceAsync(session.Tenant, seen, IsDiscount ? amount / 100 : amount, at, edit, CancellationToken.None)
            : new PriceEditResult(PriceEditOutcome.Refused, "Give the price.");
    }
}
