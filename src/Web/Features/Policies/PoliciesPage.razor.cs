using FinOps.Analytics.Budgets;
using FinOps.Analytics.Policies;
using FinOps.Analytics.Quotas;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Budgets;
using FinOps.Domain.Policies;
using FinOps.Web.Authentication;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;

namespace FinOps.Web.Features.Policies;

/// <summary>Policies with their state; the one that the address names with its difference, what it would have touched, its steps, and the gateways that obey it.</summary>
public sealed partial class PoliciesPage
{
    /// <summary>Budgets that the form offers, by name. Default 200; any other is written in the document.</summary>
    private const int MaxBudgets = 200;

    private readonly Loaded<Known> _known = new();

    // Of the analytics store, and apart: what is active can be seen, approved and taken back without it.
    private readonly Loaded<Seen> _seen = new();
    private (string Policy, int Version)? _seenOf;
    private PolicyForm? _form;
    private PolicyPreview? _preview;
    private IReadOnlyList<PolicyError> _errors = [];
    private string? _problem;
    private string? _stepProblem;
    private string _reason = "";
    private bool _working;
    private (string Policy, DateTimeOffset At, Truncation Found)? _cut;

    /// <summary>For so long a look at cut answers is shown again.</summary>
    private static readonly TimeSpan CutFor = TimeSpan.FromMinutes(1);
    private string? _enforceProblem;

    // The address that the form was opened for: once closed it stays closed.
    private string? _enforced;
    private IReadOnlyList<(string Id, string Name)> _budgets = [];

    /// <param name="Standing">As stored.</param>
    /// <param name="Policy">What is shown of it; null where this release cannot read it.</param>
    private sealed record Row(PolicyStanding Standing, Policy? Policy)
    {
        /// <summary>What is worked on, else what is active, else the last one.</summary>
        public PolicyVersion Shown => Standing.Open ?? Standing.Active ?? Standing.Latest;

        public DateTimeOffset At => Shown.EndedAt ?? Shown.DecidedAt ?? Shown.SubmittedAt ?? Shown.DraftedAt;

        public string By => Shown.EndedBy ?? Shown.DecidedBy ?? Shown.SubmittedBy ?? Shown.DraftedBy;
    }

    /// <param name="Subject">The version that is shown in full.</param>
    /// <param name="Before">What is active, where the subject is another version.</param>
    /// <param name="Active">What is active.</param>
    /// <param name="Superseded">The version that an undo would make active again.</param>
    /// <param name="Versions">All of them, the latest first.</param>
    /// <param name="Difference">Of the subject to what is active.</param>
    private sealed record ChosenPolicy(
        PolicyVersion Subject, PolicyVersion? Before, PolicyVersion? Active, int? Superseded, IReadOnlyList<PolicyVersion> Versions, IReadOnlyList<(LineChange Change, string Line)> Difference);

    /// <param name="Preview">What the chosen policy would have touched; null where this release cannot read it.</param>
    /// <param name="Cut">Of an output limit that is, or was, obeyed: whether it cuts answers off.</param>
    private sealed record Seen(PolicyPreview? Preview, Truncation? Cut);

    private sealed record Known(IReadOnlyList<Row> Policies, long Bundle, IReadOnlyList<RecordedAgent> Agents, ChosenPolicy? Chosen);

    [Inject] private PolicyBook Book { get; set; } = null!;
    [Inject] private AgentBook AgentBook { get; set; } = null!;
    [Inject] private BudgetBook BudgetBook { get; set; } = null!;
    [Inject] private PolicyPreviewReader Previews { get; set; } = null!;
    [Inject] private TruncationReader Answers { get; set; } = null!;
    [Inject] private ILogger<PoliciesPage> Logger { get; set; } = null!;

    protected override string Path => "/policies";

    /// <summary>What was typed, and the figures beside it, stay while somebody writes.</summary>
    protected override bool Refreshes => _form is null;

    private string? Chosen => Address.Get("policy");

    /// <summary>What was seen of the chosen policy; null while another one's is there.</summary>
    private Seen? SeenOfChosen => _known.Value?.Chosen is { } chosen && _seenOf == (chosen.Subject.PolicyId, chosen.Subject.Version) ? _seen.Value : null;

    private bool MayDraft => Session?.May(AccessPolicies.DraftPolicies) == true;

    private bool MayApprove => Session?.May(AccessPolicies.ApprovePolicies) == true;

    private string? Note => _known.Value is not { Policies.Count: > 0 } known ? null
        : known.Policies.Count(row => row.Standing.Open?.State == PolicyState.Submitted) is var waiting and > 0 ? waiting == 1 ? "1 waits for approval" : $"{waiting} wait for approval" : $"{known.Policies.Count(row => row.Standing.Active is not null)} active";

    /// <summary>The page of policies with the form for what makes gateways enforce a budget.</summary>
    internal static string Enforcing(Guid budget, BudgetAction action) => $"/policies?enforce={budget}&action={PolicyWords.Actions[action]}";

    protected override async Task LoadAsync(bool anew)
    {
        await LoadKnownAsync(anew);
        await Task.WhenAll(LoadSeenAsync(anew), EnforceAsync());
    }

    private async Task LoadSeenAsync(bool anew)
    {
        if (_known.Value?.Chosen is not { } chosen) return;
        // Another policy, or another version of it, is another question.
        var of = (chosen.Subject.PolicyId, chosen.Subject.Version);
        (anew, _seenOf) = (anew || _seenOf != of, of);
        await _seen.LoadAsync(async token =>
        {
            var preview = Read(chosen.Subject) is { } policy ? await Previews.ReadAsync(Session.Tenant, policy.Match, token) : null;
            var isLimit = chosen.Subject.Kind == PolicyKind.OutputLimit && chosen.Versions.Any(version => version.State is PolicyState.Active or PolicyState.Superseded or PolicyState.Withdrawn);
            return new Seen(preview, isLimit ? await CutAsync(chosen.Versions, token) : null);
        }, Asking(Logger, anew));
    }

    private Task LoadKnownAsync(bool anew) => _known.LoadAsync(async token =>
    {
        var tenant = Session.Tenant;
        var rows = (await Book.ListAsync(tenant, token)).Select(standing => new Row(standing, Read(standing.Open ?? standing.Active ?? standing.Latest))).ToList();
        var bundle = await Book.BundleAsync(tenant, token);
        var agents = (await AgentBook.ListAsync(tenant, token)).Where(agent => agent.RevokedAt is null).ToList();
        return new Known(rows, bundle?.Version ?? 0, agents, rows.Find(row => row.Standing.Latest.PolicyId == Chosen) is { } chosen ? await ChooseAsync(chosen, token) : null);
    }, Asking(Logger, anew));

    private async Task<ChosenPolicy> ChooseAsync(Row row, CancellationToken token)
    {
        var versions = await Book.VersionsAsync(Session.Tenant, row.Standing.Latest.PolicyId, token);
        var (subject, active) = (row.Shown, row.Standing.Active);
        var before = active is not null && active.Version != subject.Version ? active : null;
        // What is active is shown as it is; what is open against it.
        var difference = LineDifference.Of(subject.State == PolicyState.Active ? subject.Definition : before?.Definition ?? "", subject.Definition);
        var superseded = versions.FirstOrDefault(version => version.State == PolicyState.Superseded && version.Version < active?.Version)?.Version;
        return new ChosenPolicy(subject, before, active, superseded, versions, difference);
    }

    /// <summary>Calls of a week are read for it: once a minute, not at each look.</summary>
    private async Task<Truncation> CutAsync(IReadOnlyList<PolicyVersion> versions, CancellationToken token)
    {
        var policy = versions[0].PolicyId;
        if (_cut is { } known && known.Policy == policy && Time.GetUtcNow() - known.At < CutFor) return known.Found;
        var found = await Answers.ReadAsync(Session.Tenant, versions, token);
        _cut = (policy, Time.GetUtcNow(), found);
        return found;
    }

    private static Policy? Read(PolicyVersion version) => PolicyBundleReader.ReadPolicy(System.Text.Encoding.UTF8.GetBytes(version.Definition)).Policy;

    /// <summary>As the store decides when it is approved; here only for what is offered.</summary>
    private bool IsAuthor(PolicyVersion version) => version.Authors.Contains($"User:{Session.UserId}", StringComparer.OrdinalIgnoreCase);

    private async Task NewAsync()
    {
        await LoadBudgetsAsync();
        Open(new PolicyForm());
    }

    /// <summary>Without them a policy can still be written: one of a budget names it in the document.</summary>
    private async Task LoadBudgetsAsync()
    {
        try
        {
            _budgets = [.. (await BudgetBook.SearchAsync(Session.Scope, "", MaxBudgets, Left)).Where(row => BudgetEnforcement.FindLeaseProblem(row.ToBudget()) is null).Select(row => (row.Id.ToString(), row.Name))];
        }
        catch (Exception away) when (PostgresMigrator.IsAway(away) && !Left.IsCancellationRequested)
        {
            Parts.Log.QuestionFailed(Logger, away);
        }
    }

    /// <summary>Opens the form for the budget that the address names.</summary>
    private async Task EnforceAsync()
    {
        if (Address.Get("enforce") is not { } text || _enforced == Navigation.Uri || _form is not null || !MayDraft) return;
        _enforced = Navigation.Uri;
        _enforceProblem = null;
        var standing = Guid.TryParse(text, out var id) ? await BudgetBook.FindAsync(Session.Scope, id, Left) : null;
        if (standing is not { Row.ArchivedAt: null }) _enforceProblem = "There is no such budget in this organisation, or it is archived.";
        else if (BudgetEnforcement.FindProblem(standing.Budget) is { } problem) _enforceProblem = $"\"{standing.Row.Name}\" cannot be enforced at the gateways. {problem}";
        else if (PolicyWords.Actions.Find(Address.Get("action") ?? "") is not { } action) _enforceProblem = $"A gateway can {string.Join(", ", PolicyWords.Actions.All)}; the address asks for something else.";
        else
        {
            await LoadBudgetsAsync();
            Open(PolicyForm.Enforcing(standing.Budget, action));
        }

        StateHasChanged();
    }

    private void Change(PolicyVersion version) => Open(PolicyForm.Of(version.Definition, version.Kind));

    private void Open(PolicyForm form) => (_form, _preview, _errors, _problem) = (form, null, [], null);

    /// <summary>The document in fields; what they cannot show is kept.</summary>
    private void ShowFields()
    {
        if (_form is not { Document: { } document } written) return;
        if (PolicyForm.OfDocument(document) is { } form)
        {
            form.Reason = written.Reason;
            Open(form);
        }
        else
        {
            _problem = "This is no policy that fields could show: see what its reader says with Preview.";
        }
    }

    private void Leave()
    {
        Close();
        if (Address.Get("enforce") is not null) Go(WithoutBudget(Address));
    }

    private static ViewAddress WithoutBudget(ViewAddress address) => address.With("enforce", null).With("action", null);

    private void Close() => (_form, _preview, _errors, _problem) = (null, null, [], null);

    private async Task PreviewAsync()
    {
        if (_working || _form is not { } form) return;
        await WorkAsync(async () =>
        {
            (var policy, _errors) = form.Read();
            _preview = null;
            if (policy is null) return;
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(Left);
            limit.CancelAfter(Loaded.AnswerTimeout);
            try
            {
                _preview = await Previews.ReadAsync(Session.Tenant, policy.Match, limit.Token);
            }
            catch (QuotaExceededException refused)
            {
                _problem = refused.Advice;
            }
            catch (Exception away) when (ClickHouseStore.IsAway(away) && !Left.IsCancellationRequested)
            {
                _problem = "The analytics store does not answer. The draft can be saved without a preview.";
            }
        }, problem => _problem = problem);
    }

    private async Task SaveAsync()
    {
        // Forms and buttons are hidden from others; the circuit is not to be trusted with that.
        if (_working || !MayDraft || _form is not { } form) return;
        await WorkAsync(async () =>
        {
            (var policy, _errors) = form.Read();
            if (policy is null) return;
            var drafted = await Book.DraftAsync(Session.Tenant, policy, form.Reason, Session.Actor, CancellationToken.None);
            Close();
            Go(WithoutBudget(Address).With("policy", drafted.PolicyId));
        }, problem => _problem = problem);
    }

    private Task SubmitAsync(PolicyVersion version) => StepAsync(MayDraft, () => Book.SubmitAsync(Session.Tenant, version.PolicyId, version.Version, Session.Actor, CancellationToken.None));

    private Task ApproveAsync(PolicyVersion version) => StepAsync(MayApprove, () => Book.ApproveAsync(Session.Tenant, version.PolicyId, version.Version, _reason, Session.Actor, CancellationToken.None));

    private Task RefuseAsync(PolicyVersion version) => StepAsync(MayApprove, () => Book.RefuseAsync(Session.Tenant, version.PolicyId, version.Version, _reason, Session.Actor, CancellationToken.None));

    private Task WithdrawAsync(PolicyVersion version, bool restore) =>
        StepAsync(MayApprove, () => Book.WithdrawAsync(Session.Tenant, version.PolicyId, version.Version, restore, "on the page of policies", Session.Actor, CancellationToken.None));

    private async Task StepAsync(bool may, Func<Task<PolicyVersion?>> step)
    {
        if (_working || !may) return;
        await WorkAsync(async () =>
        {
            await step();
            _reason = "";
            await LoadKnownAsync(anew: false);
        }, problem => _stepProblem = problem);
    }

    private async Task WorkAsync(Func<Task> work, Action<string?> tell)
    {
        _working = true;
        tell(null);
        try
        {
            await work();
        }
        catch (Exception refusal) when (refusal is TenancyException or PolicyConflictException)
        {
            tell(refusal.Message);
        }
        catch (Exception away) when (PostgresMigrator.IsAway(away) && !Left.IsCancellationRequested)
        {
            Parts.Log.QuestionFailed(Logger, away);
            tell(Loaded.NotKnownToBeSaved);
        }
        finally
        {
            _working = false;
        }
    }
}
