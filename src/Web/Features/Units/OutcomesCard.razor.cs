using FinOps.Analytics.Outcomes;
using FinOps.Analytics.Tenancy;
using FinOps.Web.Authentication;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;

namespace FinOps.Web.Features.Units;

/// <summary>What the organisation counts as outcomes: to see for everyone, to define and end for approvers.</summary>
public sealed partial class OutcomesCard
{
    private const string Snippet =
        """
        // Where it ends well or badly, on any span of the same trace (OpenTelemetry, JavaScript):
        trace.getActiveSpan()?.setAttribute("ticket.resolved", true)

        # Known later, by any system (an API key with the scope outcomes.write):
        curl -X POST -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" https://finops.example/api/v1/outcomes \
          -d '[{"name": "ticket resolved", "id": "T-4711", "success": true, "time": "2026-11-26T09:30:00Z", "session": "s-42"}]'
        """;

    private OutcomeForm? _form;
    private string? _problem;
    private Guid? _ending;

    [Parameter, EditorRequired] public required TenantSession? Session { get; set; }
    [Parameter, EditorRequired] public required Loaded<IReadOnlyList<OutcomeDefinition>> Known { get; set; }

    /// <summary>A definition was made or ended.</summary>
    [Parameter] public EventCallback Changed { get; set; }
    [Parameter] public Reader Reader { get; set; } = Reader.Unknown;
    [Inject] private OutcomeDefinitions Definitions { get; set; } = null!;
    [Inject] private TimeProvider Time { get; set; } = null!;

    private bool MayManage => Session?.May(AccessPolicies.ManageOutcomes) == true;

    private IReadOnlyList<OutcomeDefinition> GoingOn => [.. (Known.Value ?? []).Where(row => row.EndedAt is null)];

    private void ToggleForm() => (_form, _problem) = (_form is null ? new OutcomeForm() : null, null);

    private async Task AddAsync()
    {
        // The form is hidden from others; the circuit is not to be trusted with that.
        if (_form is not { } form || Session is not { } session || !MayManage) return;
        try
        {
            await Definitions.AddAsync(session.Tenant, form.ToRule(Guid.CreateVersion7(Time.GetUtcNow())), form.FeatureList, session.Actor, CancellationToken.None);
            (_form, _problem) = (null, null);
            await Changed.InvokeAsync();
        }
        catch (TenancyException refusal)
        {
            _problem = refusal.Message;
        }
    }

    private async Task EndAsync(OutcomeDefinition row)
    {
        if (Session is not { } session || !MayManage) return;
        _ending = null;
        await Definitions.EndAsync(session.Tenant, row.Id, session.Actor, CancellationToken.None);
        await Changed.InvokeAsync();
    }
}
