using System.Globalization;
using FinOps.Analytics.Retention;
using FinOps.Analytics.Samples;
using FinOps.Domain.Samples;
using FinOps.Domain.Tenancy;
using FinOps.Ingest.Mapping;
using FinOps.Web.Authentication;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Options;

namespace FinOps.Web.Features.Settings;

/// <summary>Which projects keep samples of prompts and answers. A change is saved only after its effect was said.</summary>
public sealed partial class SamplesCard
{
    /// <summary>One project's setting as it is, and as it shall be.</summary>
    internal sealed record SamplingChange(SamplingState From, SampleShare To);

    private sealed record Known(IReadOnlyList<SamplingState> Projects, int Days);

    private readonly Loaded<Known> _known = new();
    private readonly Dictionary<ProjectId, SampleShare> _wanted = [];
    private string? _problem;

    [Parameter, EditorRequired] public required TenantSession Session { get; set; }
    [CascadingParameter] public Reader Reader { get; set; } = Reader.Unknown;
    [Inject] private SampleSettings Settings { get; set; } = null!;
    [Inject] private Retentions Retentions { get; set; } = null!;
    [Inject] private IOptions<MappingLimits> Limits { get; set; } = null!;
    [Inject] private ILogger<SamplesCard> Logger { get; set; } = null!;

    private IReadOnlyList<SamplingChange> Changes => [.. _known.Value!.Projects.Where(one => Wanted(one) != one.Share).Select(one => new SamplingChange(one, Wanted(one)))];

    protected override Task OnInitializedAsync() => LoadAsync();

    private async Task LoadAsync() => await _known.LoadAsync(
        async token =>
        {
            var days = (await Retentions.FindAsync(Session.Tenant, token)).Days;
            return new Known(await Settings.ListAsync(Session.Tenant, token), Math.Min(days.CallSamples, days.Calls));
        },
        new Asking(Logger, Anew: false, StateHasChanged, CancellationToken.None));

    private SampleShare Wanted(SamplingState one) => _wanted.GetValueOrDefault(one.Project, one.Share);

    private void Change(SamplingState one, object? value)
    {
        _problem = null;
        if (decimal.TryParse(value as string, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percent) && SampleShare.OfPercent(percent) is { } share)
            _wanted[one.Project] = share;
        else
            _problem = $"A share is 0 (off) to 100 percent, with one decimal: {one.Name} stays as it is.";
    }

    private void TakeBack()
    {
        _wanted.Clear();
        _problem = null;
    }

    private async Task SaveAsync()
    {
        // The card is hidden from others; the circuit is not to be trusted with that.
        if (!Session.May(AccessPolicies.ManageData)) return;
        foreach (var change in Changes) await Settings.SetAsync(Session.Tenant, change.From.Project, change.To, Session.Actor, CancellationToken.None);
        TakeBack();
        await LoadAsync();
    }

    private static string Percent(SampleShare share) => share.Percent.ToString("0.#", CultureInfo.InvariantCulture);

    /// <summary>The exact difference, in words.</summary>
    internal static string Effect(SamplingChange change, int days)
    {
        var (name, from, to) = (change.From.Name, change.From.Share, change.To);
        if (to.IsOff) return $"{name}: nothing more is kept from now on. What is kept stays readable until it is {days} days old; to remove it sooner, keep samples for fewer days above, or erase the user.";
        var much = to.PerMille == SampleShare.Most ? "every trace" : $"{to} of traces";
        return from.IsOff
            ? $"{name}: prompts and answers of {much} are kept for {days} days, from a few seconds from now on. Nothing is kept of what came before."
            : $"{name}: prompts and answers of {much} are kept instead of {from}. What is kept already stays until it is {days} days old.";
    }
}
