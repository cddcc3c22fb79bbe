using FinOps.Analytics.Budgets;
using FinOps.Analytics.Channels;
using FinOps.Analytics.Quotas;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Budgets;
using FinOps.Web.Authentication;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;

namespace FinOps.Web.Features.Budgets;

/// <summary>Makes or changes a budget, and shows what it would have done in the last whole period.</summary>
public sealed partial class BudgetEditor
{
    private BudgetForm _form = new();
    private int _seen;
    private string? _problem;
    private IReadOnlyList<ChannelStanding> _channels = [];
    private bool _channelsAreAway;
    private bool _working;
    private (Budget Budget, BudgetPreview Answer)? _preview;

    [Parameter, EditorRequired] public required TenantSession Session { get; set; }

    /// <summary>Null for a new one. What is edited is what was there when the editor came, so that a refresh takes nothing away.</summary>
    [Parameter] public BudgetStanding? Standing { get; set; }

    /// <summary>Names by id.</summary>
    [Parameter, EditorRequired] public required IReadOnlyDictionary<string, string> Projects { get; set; }

    /// <summary>The organisation's, for a new budget.</summary>
    [Parameter, EditorRequired] public required string Currency { get; set; }
    [Parameter, EditorRequired] public required TimeZoneInfo Zone { get; set; }
    [Parameter] public EventCallback<RecordedBudget> Saved { get; set; }
    [Inject] private BudgetBook Book { get; set; } = null!;
    [Inject] private ChannelBook Channels { get; set; } = null!;
    [Inject] private BudgetSpendReader Spends { get; set; } = null!;
    [Inject] private TimeProvider Time { get; set; } = null!;
    [Inject] private ILogger<BudgetEditor> Logger { get; set; } = null!;

    protected override async Task OnInitializedAsync()
    {
        _form = Standing is { } standing ? BudgetForm.Of(standing.Budget, Projects) : BudgetForm.New(Session.Email, Zone.Id, Currency);
        _seen = Standing?.Row.Version ?? 0;
        try
        {
            _channels = await Channels.ListAsync(Session.Tenant, CancellationToken.None);
            // One that was removed cannot be chosen, and would not be taken.
            _form.Channels.IntersectWith(_channels.Select(channel => channel.Row.Id));
        }
        catch (Exception away) when (PostgresMigrator.IsAway(away))
        {
            Parts.Log.QuestionFailed(Logger, away);
            _channelsAreAway = true;
        }
    }

    private void Choose(Guid channel, ChangeEventArgs e)
    {
        if (e.Value is true) _form.Channels.Add(channel);
        else _form.Channels.Remove(channel);
    }

    /// <summary>A preview of something else is no preview.</summary>
    private void Edited() => (_preview, _problem) = (null, null);

    private void Remove<T>(List<T> rows, T row)
    {
        rows.Remove(row);
        Edited();
    }

    private async Task SaveAsync()
    {
        // The form is hidden from others; the circuit is not to be trusted with that.
        if (_working || !Session.May(AccessPolicies.ManageBudgets) || Read() is not { } budget) return;
        _working = true;
        try
        {
            var saved = Standing is null
                ? await Book.AddAsync(Session.Tenant, budget, Session.Actor, CancellationToken.None)
                : await Book.ChangeAsync(Session.Tenant, budget, _seen, Session.Actor, CancellationToken.None);
            if (saved is not null) await Saved.InvokeAsync(saved);
        }
        catch (Exception refusal) when (refusal is TenancyException or BudgetConflictException)
        {
            _problem = refusal.Message;
        }
        catch (Exception away) when (PostgresMigrator.IsAway(away))
        {
            Parts.Log.QuestionFailed(Logger, away);
            _problem = Loaded.NotKnownToBeSaved;
        }
        finally
        {
            _working = false;
        }
    }

    private async Task PreviewAsync()
    {
        if (_working || Read() is not { } budget) return;
        _working = true;
        try
        {
            _preview = (budget, await Spends.PreviewAsync(Session.Tenant, budget, Time.GetUtcNow(), CancellationToken.None));
        }
        catch (NoRateException missing)
        {
            _problem = missing.Message;
        }
        catch (QuotaExceededException refused)
        {
            _problem = refused.Advice;
        }
        catch (Exception away) when (ClickHouseStore.IsAway(away))
        {
            _problem = "The analytics store does not answer. Nothing was lost; try again.";
        }
        finally
        {
            _working = false;
        }
    }

    private Budget? Read()
    {
        Edited();
        (var budget, _problem) = _form.ToBudget(Standing?.Row.Id ?? Guid.CreateVersion7(Time.GetUtcNow()), Projects);
        return budget;
    }
}
