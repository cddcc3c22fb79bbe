using System.Text.Json;
using FinOps.Analytics.Changes;
using FinOps.Analytics.Spend;
using FinOps.Domain.Changes;
using FinOps.Web.Authentication;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;

namespace FinOps.Web.Features.Why;

public sealed partial class WhyPage
{
    /// <summary>What is compared most, by the name of its range; each with as much of the period before as has passed of it.</summary>
    private static readonly IReadOnlyList<(string Label, string Range)> Presets =
        [("This month and last, to the same day", "month"), ("Last month and the one before", "last-month"), ("7 days and the 7 before", "7d"), ("30 days and the 30 before", "30d")];

    private WhyPageModel _model = null!;
    private IReadOnlyList<Waterfall.Step> _steps = [];
    private IReadOnlyList<(ChangeCause Cause, decimal Amount)> _causes = [];
    private IReadOnlyList<WhyPageModel.Row> _rows = [];
    private (ChangeAnswer? Answer, ChangeCause? Cause) _drawn;
    private bool _open;
    private DateOnly _from, _to, _beforeFrom, _beforeTo;
    private string? _wrong;

    [Inject] private ChangeReader Changes { get; set; } = null!;
    [Inject] private ILogger<WhyPage> Logger { get; set; } = null!;

    protected override string Path => "/why";

    protected override bool Refreshes => _model.Answer.Failure is not null;

    private string TableTitle => _model.Cause is { } cause ? $"{WhyTexts.Name(cause)} by feature and model" : "By feature and model";

    /// <summary>Why nothing can be explained; null where it can.</summary>
    private string? Missing => _model.Answer.Value switch
    {
        null => null,
        { IsTooWide: true } => $"A period has more than {ChangeReader.MaxRows:N0} combinations of day, project, feature, model and tier. Take a shorter one, or add a filter.",
        { Calls.Pairs: var pairs, Gpus: var gpus } when (gpus?.UseBefore + gpus?.IdleBefore ?? 0) == 0 && pairs.All(pair => pair is { CallsBefore: 0, Before: 0 }) =>
            pairs.Count == 0 ? "There is no call in either period." : $"There is nothing to compare with: no call from {Period(_model.Before)}.",
        { Calls.Pairs: var pairs, Gpus: var gpus } when (gpus?.UseAfter + gpus?.IdleAfter ?? 0) == 0 && pairs.All(pair => pair is { CallsAfter: 0, After: 0 }) => $"There is no call from {Period(_model.Shown)}.",
        _ => null,
    };

    protected override void OnInitialized()
    {
        base.OnInitialized();
        _model = new WhyPageModel(Changes, Time);
    }

    protected override async Task LoadAsync(bool anew)
    {
        await _model.LoadAsync(Session.Scope, Address, Reader.Zone, Session.May(AccessPolicies.ReadResources), Asking(Logger, anew));
        Draw();
        StateHasChanged();
    }

    protected override bool ShouldRender()
    {
        Draw();
        return true;
    }

    /// <summary>The bars are made anew with their answer alone: others are other bars to the chart.</summary>
    private void Draw()
    {
        var answer = _model.Answer.Value;
        var isSame = ReferenceEquals(_drawn.Answer, answer);
        if (isSame && _drawn.Cause == _model.Cause) return;
        _drawn = (answer, _model.Cause);
        _rows = _model.Rows;
        if (isSame) return;
        _causes = _model.Causes;
        _steps = answer is null
            ? []
            : [
                new("Before", null, answer.Before),
                .. _causes.Select(one => new Waterfall.Step(WhyTexts.Name(one.Cause), one.Cause, one.Amount)),
                new("After", null, answer.After),
            ];
    }

    /// <summary>A cause leads to its features; GPUs to their page.</summary>
    private string LinkOf(ChangeCause cause) =>
        cause is ChangeCause.GpuUse or ChangeCause.GpuIdle ? Address.To("/gpus") : Address.With("cause", Word(cause)).To("/why", own: true);

    /// <summary>Calls of this feature and model in the period explained, or in the one before where they are gone.</summary>
    private string CallsOf(PairChange pair)
    {
        var address = pair.CallsAfter == 0 ? Address with { Range = new RangeChoice(RangeChoice.Custom, _model.Before.From, _model.Before.To) } : Address;
        return address.Filter("feature", pair.Feature).Filter("model", pair.Model).Filter("provider", pair.Provider).To("/calls");
    }

    private static ChangeCause? Mostly(PairChange pair) =>
        Enum.GetValues<ChangeCause>().Where(cause => pair.Change > 0 ? pair[cause] > 0 : pair[cause] < 0).Select(cause => (ChangeCause?)cause).MaxBy(cause => Math.Abs(pair[cause!.Value]));

    private static string Word(ChangeCause cause) => JsonNamingPolicy.CamelCase.ConvertName(cause.ToString());

    private string Period(TimeRange range)
    {
        var now = Time.GetUtcNow();
        return $"{Figures.Instant(range.From, Reader.Zone)} – {(range.To > now && range.From < now ? "now" : Figures.Instant(range.To, Reader.Zone))}";
    }

    private static string Explained(ChangeAnswer answer) =>
        "The causes sum to the difference to the last digit: each is its mean over every order in which calls, models, tokens, caches, tiers and prices can have changed. "
        + answer.Gpus switch
        {
            null => "GPUs are not part of this view.",
            { UseBefore: 0, IdleBefore: 0, UseAfter: 0, IdleAfter: 0 } => "No GPU told anything in these periods. Vector databases and storage are not part of them.",
            { UseBefore: 0, IdleBefore: 0 } => "No GPU told anything in the period before, so that all that they cost counts as a change. Vector databases and storage are not part of it.",
            _ => "GPUs are part of it; vector databases and storage are not.",
        };

    /// <summary>The form starts from what is shown.</summary>
    private void Open()
    {
        _open = !_open;
        _wrong = null;
        (_from, _to) = (DayOf(_model.Shown.From), DayOf(_model.Shown.To.AddTicks(-1)));
        (_beforeFrom, _beforeTo) = (DayOf(_model.Before.From), DayOf(_model.Before.To.AddTicks(-1)));
    }

    private void Compare()
    {
        if (_from > _to || _beforeFrom > _beforeTo)
        {
            _wrong = "Each period must begin before it ends.";
            return;
        }

        _wrong = null;
        _open = false;
        var address = Address with { Range = new RangeChoice(RangeChoice.Custom, Midnight(_from), Midnight(_to.AddDays(1))) };
        Go(WhyPageModel.Compared(address, new TimeRange(Midnight(_beforeFrom), Midnight(_beforeTo.AddDays(1)))));
    }

    private DateOnly DayOf(DateTimeOffset instant) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(instant, Reader.Zone).DateTime);

    private DateTimeOffset Midnight(DateOnly day)
    {
        var noon = day.ToDateTime(new TimeOnly(12, 0));
        var instant = new DateTimeOffset(noon, Reader.Zone.GetUtcOffset(noon));
        return Periods.Of(new TimeRange(instant, instant.AddTicks(1)), Granularity.Day, Reader.Zone)[0].ToUniversalTime();
    }
}
