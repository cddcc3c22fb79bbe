using FinOps.Analytics.Policies;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Tenancy;
using FinOps.Web.Authentication;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;

namespace FinOps.Web.Features.Agents;

/// <summary>Agents with what they obey; making one-time tokens, and the end of an agent.</summary>
public sealed partial class AgentsPage
{
    private readonly Loaded<Known> _known = new();
    private MadeEnrolment? _made;
    private RecordedAgent? _revoking;
    private string _name = "";
    private string _typed = "";
    private string? _problem;
    private bool _asking;
    private bool _working;

    private sealed record Known(IReadOnlyList<RecordedAgent> Agents, long Bundle);

    [Inject] private AgentBook Book { get; set; } = null!;
    [Inject] private PolicyBook Policies { get; set; } = null!;
    [Inject] private Tenants Tenants { get; set; } = null!;
    [Inject] private ILogger<AgentsPage> Logger { get; set; } = null!;

    protected override string Path => "/agents";

    private bool MayManage => Session?.May(AccessPolicies.ManageAgents) == true;

    private DateTimeOffset Now => Time.GetUtcNow();

    private string? Note => _known.Value is not { Agents.Count: > 0 } known ? null : known.Bundle == 0 ? "no policy was approved yet" : $"the newest bundle is {known.Bundle}";

    protected override Task LoadAsync(bool anew) => _known.LoadAsync(
        async token => new Known(await Book.ListAsync(Session.Tenant, token), (await Policies.BundleAsync(Session.Tenant, token))?.Version ?? 0), Asking(Logger, anew));

    private void Ask() => (_asking, _made, _revoking, _problem, _name) = (true, null, null, null, "");

    private void AskRevoke(RecordedAgent agent) => (_revoking, _typed, _made, _asking, _problem) = (agent, "", null, false, null);

    private async Task InviteAsync()
    {
        // Forms and buttons are hidden from others; the circuit is not to be trusted with that.
        if (_working || !MayManage) return;
        (_working, _problem) = (true, null);
        try
        {
            var project = (await Tenants.ProjectsAsync(Session.Tenant, CancellationToken.None))[0].Id;
            _made = await Book.InviteAsync(Session.Tenant, _name, project, Session.Actor, CancellationToken.None);
            _asking = false;
        }
        catch (TenancyException refusal)
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

    private async Task RevokeAsync()
    {
        if (!MayManage || _revoking is not { } agent || _typed != agent.Name) return;
        try
        {
            await Book.RevokeAsync(Session.Tenant, agent.Id, Session.Actor, CancellationToken.None);
            (_revoking, _problem) = (null, null);
        }
        catch (Exception away) when (PostgresMigrator.IsAway(away))
        {
            Parts.Log.QuestionFailed(Logger, away);
            _problem = Loaded.NotKnownToBeSaved;
        }

        await LoadAsync(anew: false);
    }
}
