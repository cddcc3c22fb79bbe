using FinOps.Analytics.Calls;
using FinOps.Analytics.Samples;
using FinOps.Domain.Samples;
using FinOps.Web.Authentication;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;

namespace FinOps.Web.Features.Calls;

/// <summary>The sample of a call, opened when somebody asks for it.</summary>
public sealed partial class SampleCard : IDisposable
{
    /// <param name="Sample">Null: it went since the page was loaded.</param>
    private sealed record Found(OpenedSample? Sample);

    private readonly CancellationTokenSource _left = new();
    private readonly Loaded<Found> _sample = new();
    private bool _asked;

    /// <summary>The call's id.</summary>
    [Parameter, EditorRequired] public required CallId Id { get; set; }
    [Inject] private SamplesReader Samples { get; set; } = null!;
    [Inject] private CurrentTenant Tenant { get; set; } = null!;
    [Inject] private ILogger<SampleCard> Logger { get; set; } = null!;

    private async Task OpenAsync()
    {
        var session = await Tenant.GetAsync();
        // The card is hidden from others; the circuit is not to be trusted with that.
        if (!session.May(AccessPolicies.ReadSamples)) return;
        _asked = true;
        await _sample.LoadAsync(
            async token => new Found(await Samples.OpenAsync(session.Tenant, Id, session.Actor, token)), new Asking(Logger, Anew: true, StateHasChanged, _left.Token));
    }

    private static string Head(SamplePartKind kind) => kind switch
    {
        SamplePartKind.System => "System",
        SamplePartKind.Tools => "Tools",
        SamplePartKind.Input => "Input",
        _ => "Output",
    };

    public void Dispose()
    {
        _left.Cancel();
        _left.Dispose();
    }
}
