using FinOps.Analytics.Prices;
using FinOps.Web.Authentication;
using Microsoft.AspNetCore.Components;

namespace FinOps.Web.Features.Prices;

/// <summary>What the forms of own prices share: a preview with its effect on the last days, then saving exactly what was shown.</summary>
public abstract class PriceEditForm : ComponentBase
{
    private protected PriceEditResult? _result;
    private protected PriceEffect? _effect;
    private protected bool _touched;
    private protected bool _working;

    [Parameter, EditorRequired] public required TenantSession Session { get; set; }

    /// <summary>Tells what was saved; null where nothing was.</summary>
    [Parameter] public EventCallback<PriceEditResult?> Closed { get; set; }
    [Inject] private protected EditPrices Edit { get; set; } = null!;
    [Inject] private PriceUses Uses { get; set; } = null!;
    [Inject] private CurrentTenant Current { get; set; } = null!;

    /// <summary>Why the change is made, for the history.</summary>
    private protected abstract string Why { get; }

    /// <summary>What is missing or wrong in the form; null = nothing.</summary>
    private protected abstract string? FindProblem();

    private protected abstract Task<PriceEditResult> ApplyAsync(TenantSession session, PriceEdit edit);

    /// <summary>What was shown is no longer what would be saved.</summary>
    private protected void Touch() => (_touched, _result, _effect) = (true, null, null);

    private protected async Task PreviewAsync()
    {
        _touched = true;
        if (_working || FindProblem() is not null) return;
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

    private protected async Task SaveAsync()
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
        return session.May(AccessPolicies.ManagePrices)
            ? await ApplyAsync(session, new PriceEdit(session.Actor, Why) { OnlyPreview = onlyPreview })
            : new PriceEditResult(PriceEditOutcome.Refused, "You may not change prices.");
    }
}
