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
    private PriceEditResult? _result;
    private PriceEffect? _effect;
    private bool _touched;
    private bool _working;

    [Parameter, EditorRequired] public required TenantSession Session { get; set; }
    [Parameter, EditorRequired] public required PriceAct Act { get; set; }

    /// <summary>One of the two.</summary>
    [Parameter] public RecordedPrice? Price { get; set; }
    [Parameter] public RecordedAlias? Alias { get; set; }

    /// <summary>Tells what was saved; null where nothing was.</summary>
    [Parameter] public EventCallback<PriceEditResult?> Closed { get; set; }
    [Inject] private EditPrices Edit { get; set; } = null!;
    [Inject] private PriceUses Uses { get; set; } = null!;
    [Inject] private CurrentTenant Current { get; set; } = null!;
    [Inject] private TimeProvider Time { get; set; } = null!;

    private bool IsDiscount => Price?.Meter == Meter.Discount;

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

    /// <summary>What was shown is no longer what would be saved.</summary>
    private void Touch() => (_touched, _result, _effect) = (true, null, null);

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

    private async Task PreviewAsync()
    {
        _touched = true;
        if (_working || Problem is not null) return;
        _working = true;
        try
        {
            (_result, _effect) = (await ApplyAsync(onlyPreview: true), null);
            if (_result.IsDone) _effect = await Uses.EstimateAsync(Session.Tenant, _result, CancellationToken.None);
        }
        finally
        {
            _working = false;
        }
    }

    private async Task SaveAsync()
    {
        if (_working) return;
        _working = true;
        try
        {
            var saved = await ApplyAsync(onlyPreview: false);
            if (saved.IsDone) await Closed.InvokeAsync(saved);
            else (_result, _effect) = (saved, null);
        }
        finally
        {
            _working = false;
        }
    }

    private async Task<PriceEditResult> ApplyAsync(bool onlyPreview)
    {
        // The form is hidden from others; the circuit is not to be trusted with that.
        var session = await Current.GetAsync();
        if (!session.May(AccessPolicies.ManagePrices)) return new PriceEditResult(PriceEditOutcome.Refused, "You may not change prices.");
        var edit = new PriceEdit(session.Actor, _reason) { OnlyPreview = onlyPreview };
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
