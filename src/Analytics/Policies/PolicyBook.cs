using System.Globalization;
using System.Text;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Budgets;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Budgets;
using FinOps.Domain.Policies;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Policies;

/// <summary>A policy as its list shows it.</summary>
/// <param name="Active">What gateways obey; null: nothing of it.</param>
/// <param name="Open">What is drafted or waits for approval; null: nothing.</param>
/// <param name="Latest">The latest version, whatever became of it.</param>
public sealed record PolicyStanding(PolicyVersion? Active, PolicyVersion? Open, PolicyVersion Latest);

/// <summary>A step was not taken: the policy is not where the caller thinks, or the step is another person's.</summary>
public sealed class PolicyConflictException(string message) : Exception(message);

/// <summary>
/// The life of a tenant's policies: drafted, submitted, approved by another person or refused, taken back. What is approved is in a new bundle when the step is done, in the same transaction: either both, or neither.
/// </summary>
public sealed class PolicyBook(FinOpsDatabase database, PublishBundle publish, TimeProvider clock, IOptions<PolicyOptions> options)
{
    /// <summary>Versions that the history shows, the latest of them. Default 100.</summary>
    public const int MaxHistory = 100;

    /// <summary>Characters of a policy's document as it is stored. Default 65,536.</summary>
    public const int MaxDefinition = 65_536;

    /// <summary>Keys that are followed to the person behind them: a key that was made with a key …</summary>
    private const int MaxSteps = 5;

    /// <summary>Writes a version, or the one that is still a draft anew.</summary>
    /// <param name="policy">Its version is given here.</param>
    /// <exception cref="PolicyConflictException">A version waits for approval.</exception>
    /// <exception cref="TenancyException">There are too many policies, or it is too long.</exception>
    public Task<PolicyVersion> DraftAsync(TenantId tenant, Policy policy, string reason, Actor actor, CancellationToken cancellationToken) => publish.ChangeAsync(tenant, NameOf(actor), async context =>
    {
        var why = Checked(reason);
        var versions = await Versions(context, tenant).Where(row => row.PolicyId == policy.Id).OrderByDescending(row => row.Version).ToListAsync(cancellationToken);
        if (versions.Exists(row => row.State == PolicyState.Submitted)) throw new PolicyConflictException("A version of this policy waits for approval. Approve it, or refuse it, first.");
        var draft = versions.Find(row => row.State == PolicyState.Draft);
        if (!versions.Exists(row => IsLive(row.State)) && await LivePoliciesAsync(context, tenant, cancellationToken) >= options.Value.MaxPolicies)
            throw new TenancyException(string.Create(CultureInfo.InvariantCulture, $"An organisation has at most {options.Value.MaxPolicies:N0} policies. Withdraw one first."));
        var version = draft?.Version ?? (versions.Count == 0 ? 1 : versions[0].Version + 1);
        var definition = Encoding.UTF8.GetString(PolicyBundleWriter.Write(policy with { Version = version }));
        if (definition.Length > MaxDefinition) throw new TenancyException(string.Create(CultureInfo.InvariantCulture, $"A policy has at most {MaxDefinition:N0} characters. Make several of it."));
        var author = await PersonAsync(context, tenant, actor, cancellationToken);
        var before = draft is null ? null : State(draft);
        if (draft is null)
        {
            draft = new PolicyVersion
            {
                TenantId = tenant.Value,
                PolicyId = policy.Id,
                Version = version,
                Name = policy.Name,
                Kind = policy.Kind,
                State = PolicyState.Draft,
                Definition = definition,
                Reason = why,
                DraftedAt = Now(),
                DraftedBy = NameOf(actor),
                Authors = [author],
            };
            context.Add(draft);
        }
        else
        {
            (draft.Name, draft.Kind, draft.Definition, draft.Reason, draft.DraftedAt, draft.DraftedBy) = (policy.Name, policy.Kind, definition, why, Now(), NameOf(actor));
            draft.Authors = [.. draft.Authors.Append(author).Distinct(StringComparer.OrdinalIgnoreCase)];
        }

        await context.SaveChangesAsync(cancellationToken);
        await RecordAsync(context, AuditActs.PolicyDrafted, draft, before, why, actor, cancellationToken);
        return (draft, false);
    }, cancellationToken);

    /// <summary>From now on it can be approved, and not be changed. Null: the tenant has no such version.</summary>
    /// <exception cref="TenancyException">It leases a budget of which nothing can be leased.</exception>
    public Task<PolicyVersion?> SubmitAsync(TenantId tenant, string id, int version, Actor actor, CancellationToken cancellationToken) =>
        MoveAsync(tenant, id, version, PolicyState.Draft, AuditActs.PolicySubmitted, "", actor, async (context, row) =>
        {
            await RequireLeasableAsync(context, tenant, row, cancellationToken);
            (row.State, row.SubmittedAt, row.SubmittedBy) = (PolicyState.Submitted, Now(), NameOf(actor));
            row.Authors = [.. row.Authors.Append(await PersonAsync(context, tenant, actor, cancellationToken)).Distinct(StringComparer.OrdinalIgnoreCase)];
        }, cancellationToken);

    /// <summary>Gateways obey it from now on, in place of the version before. Null: the tenant has no such version.</summary>
    /// <exception cref="PolicyConflictException">It does not wait for approval, or the actor wrote or submitted it.</exception>
    /// <exception cref="TenancyException">It leases a budget of which nothing can be leased.</exception>
    public Task<PolicyVersion?> ApproveAsync(TenantId tenant, string id, int version, string reason, Actor actor, CancellationToken cancellationToken) =>
        MoveAsync(tenant, id, version, PolicyState.Submitted, AuditActs.PolicyApproved, reason, actor, async (context, row) =>
        {
            var person = await PersonAsync(context, tenant, actor, cancellationToken);
            if (row.Authors.Contains(person, StringComparer.OrdinalIgnoreCase))
                throw new PolicyConflictException("Another person approves a policy than those who wrote and submitted it; a key counts as the person who made it.");
            await RequireLeasableAsync(context, tenant, row, cancellationToken);
            if (await Versions(context, tenant).SingleOrDefaultAsync(one => one.PolicyId == id && one.State == PolicyState.Active, cancellationToken) is { } before)
            {
                (before.State, before.EndedAt, before.EndedBy) = (PolicyState.Superseded, Now(), NameOf(actor));
                // First, so that two versions are never active at once.
                await context.SaveChangesAsync(cancellationToken);
            }

            (row.State, row.DecidedAt, row.DecidedBy, row.DecisionReason) = (PolicyState.Active, Now(), NameOf(actor), Checked(reason));
        }, cancellationToken);

    /// <summary>It is not obeyed, and a new draft can be written; also how whoever submitted it takes it back. Null: the tenant has no such version.</summary>
    public Task<PolicyVersion?> RefuseAsync(TenantId tenant, string id, int version, string reason, Actor actor, CancellationToken cancellationToken) =>
        MoveAsync(tenant, id, version, PolicyState.Submitted, AuditActs.PolicyRefused, reason, actor, (_, row) =>
        {
            (row.State, row.DecidedAt, row.DecidedBy, row.DecisionReason) = (PolicyState.Refused, Now(), NameOf(actor), Checked(reason));
            return Task.CompletedTask;
        }, cancellationToken);

    /// <summary>Takes an active version back, at once and without another person: what it undoes was approved before. Null: the tenant has no such version.</summary>
    /// <param name="restore">The version that it superseded is active again, if there is one; false: nothing of the policy is.</param>
    public Task<PolicyVersion?> WithdrawAsync(TenantId tenant, string id, int version, bool restore, string reason, Actor actor, CancellationToken cancellationToken) =>
        MoveAsync(tenant, id, version, PolicyState.Active, AuditActs.PolicyWithdrawn, reason, actor, async (context, row) =>
        {
            _ = Checked(reason);
            (row.State, row.EndedAt, row.EndedBy) = (PolicyState.Withdrawn, Now(), NameOf(actor));
            var before = restore
                ? await Versions(context, tenant).Where(one => one.PolicyId == id && one.State == PolicyState.Superseded && one.Version < version).OrderByDescending(one => one.Version).FirstOrDefaultAsync(cancellationToken)
                : null;
            if (before is null) return;
            await context.SaveChangesAsync(cancellationToken);
            (before.State, before.EndedAt, before.EndedBy) = (PolicyState.Active, null, null);
        }, cancellationToken);

    /// <summary>All policies, those that wait for approval first.</summary>
    public Task<IReadOnlyList<PolicyStanding>> ListAsync(TenantId tenant, CancellationToken cancellationToken) => database.RunAsync<IReadOnlyList<PolicyStanding>>(tenant, async context =>
    {
        var rows = await Versions(context, tenant).AsNoTracking()
            .Where(row => row.State == PolicyState.Draft || row.State == PolicyState.Submitted || row.State == PolicyState.Active
                || !context.Set<PolicyVersion>().Any(later => later.PolicyId == row.PolicyId && later.Version > row.Version))
            .OrderByDescending(row => row.DraftedAt).Take(options.Value.MaxPolicies * 3).ToListAsync(cancellationToken);
        return [.. rows.GroupBy(row => row.PolicyId, StringComparer.Ordinal).Select(StandingOf)
            .OrderBy(standing => standing.Open?.State == PolicyState.Submitted ? 0 : standing.Open is not null ? 1 : standing.Active is not null ? 2 : 3).ThenBy(standing => standing.Latest.Name, StringComparer.OrdinalIgnoreCase)];
    }, cancellationToken);

    /// <summary>All versions of a policy, the latest first; empty: the tenant has no such policy.</summary>
    public Task<IReadOnlyList<PolicyVersion>> VersionsAsync(TenantId tenant, string id, CancellationToken cancellationToken) => database.RunAsync<IReadOnlyList<PolicyVersion>>(tenant, async context =>
        await Versions(context, tenant).AsNoTracking().Where(row => row.PolicyId == id).OrderByDescending(row => row.Version).Take(MaxHistory).ToListAsync(cancellationToken), cancellationToken);

    /// <summary>The newest bundle; null: nothing was ever approved, and no key made.</summary>
    public Task<RecordedBundle?> BundleAsync(TenantId tenant, CancellationToken cancellationToken) => database.RunAsync(tenant, context =>
        context.Set<RecordedBundle>().AsNoTracking().Where(row => row.TenantId == tenant.Value).OrderByDescending(row => row.Version).FirstOrDefaultAsync(cancellationToken), cancellationToken);

    private static PolicyStanding StandingOf(IEnumerable<PolicyVersion> versions)
    {
        var all = versions.OrderByDescending(row => row.Version).ToList();
        return new PolicyStanding(all.Find(row => row.State == PolicyState.Active), all.Find(row => row.State is PolicyState.Draft or PolicyState.Submitted), all[0]);
    }

    private static bool IsLive(PolicyState state) => state is PolicyState.Draft or PolicyState.Submitted or PolicyState.Active;

    private static IQueryable<PolicyVersion> Versions(FinOpsDbContext context, TenantId tenant) => context.Set<PolicyVersion>().Where(row => row.TenantId == tenant.Value);

    private static Task<int> LivePoliciesAsync(FinOpsDbContext context, TenantId tenant, CancellationToken cancellationToken) =>
        Versions(context, tenant).Where(row => row.State == PolicyState.Draft || row.State == PolicyState.Submitted || row.State == PolicyState.Active).Select(row => row.PolicyId).Distinct().CountAsync(cancellationToken);

    /// <summary>One step of a version, and a new bundle where the step changes what is active.</summary>
    private Task<PolicyVersion?> MoveAsync(
        TenantId tenant, string id, int version, PolicyState from, string act, string reason, Actor actor, Func<FinOpsDbContext, PolicyVersion, Task> move, CancellationToken cancellationToken) =>
        publish.ChangeAsync<PolicyVersion?>(tenant, NameOf(actor), async context =>
        {
            if (await Versions(context, tenant).SingleOrDefaultAsync(row => row.PolicyId == id && row.Version == version, cancellationToken) is not { } row) return (null, false);
            if (row.State != from) throw new PolicyConflictException($"Version {version} is {WordOf(row.State)}, not {WordOf(from)}. Look at it again.");
            var before = State(row);
            await move(context, row);
            await context.SaveChangesAsync(cancellationToken);
            await RecordAsync(context, act, row, before, reason, actor, cancellationToken);
            return (row, from == PolicyState.Active || row.State == PolicyState.Active);
        }, cancellationToken);

    /// <summary>A lease of nothing would be asked for in vain, and the policy shown as if it bounded anything.</summary>
    private static async Task RequireLeasableAsync(FinOpsDbContext context, TenantId tenant, PolicyVersion version, CancellationToken cancellationToken)
    {
        if (version.Kind != PolicyKind.Budget || version.ToPolicy().Body is not BudgetLimit { Lease: { } lease }) return;
        var budget = Guid.TryParse(lease.BudgetId, out var id)
            ? await context.Set<RecordedBudget>().AsNoTracking().SingleOrDefaultAsync(row => row.TenantId == tenant.Value && row.Id == id, cancellationToken) : null;
        if (budget is null) throw new TenancyException($"There is no budget {lease.BudgetId}. Name one of this organisation by its id, as the address of its page tells it.");
        if (budget.ArchivedAt is not null) throw new TenancyException($"The budget \"{budget.Name}\" is archived. Restore it first, or name another one.");
        if (BudgetEnforcement.FindLeaseProblem(budget.ToBudget()) is { } problem) throw new TenancyException($"\"{budget.Name}\" cannot be leased. {problem}");
    }

    /// <summary>
    /// The person behind an actor, by ids: a key stands for whoever made or rotated it, or for whoever made the key with which that was done. The audit record tells, which nobody can change; names could be chosen to look like another's.
    /// </summary>
    private static async Task<string> PersonAsync(FinOpsDbContext context, TenantId tenant, Actor actor, CancellationToken cancellationToken)
    {
        var (kind, id) = (actor.Kind, actor.Id);
        for (var step = 0; step < MaxSteps && kind == ActorKind.Key; step++)
        {
            var key = id;
            var maker = await MakerAsync(context, tenant, AuditActs.KeyCreated, key, cancellationToken);
            if (maker is null && Guid.TryParse(key, out var successor)
                && await context.AccessKeys.Where(row => row.TenantId == tenant.Value && row.SuccessorId == successor).Select(row => (Guid?)row.Id).FirstOrDefaultAsync(cancellationToken) is { } old)
                maker = await MakerAsync(context, tenant, AuditActs.KeyRotated, old.ToString(), cancellationToken);
            if (maker is null) break;
            (kind, id) = maker.Value;
        }

        return kind == ActorKind.Key ? throw new PolicyConflictException("Who made this key cannot be told, so that nobody knows whether another person approves. Use a key that a person made.") : $"{kind}:{id}";
    }

    private static async Task<(ActorKind Kind, string Id)?> MakerAsync(FinOpsDbContext context, TenantId tenant, string act, string subject, CancellationToken cancellationToken)
    {
        var found = await context.AuditEntries.AsNoTracking().Where(entry => entry.TenantId == tenant.Value && entry.Act == act && entry.SubjectId == subject)
            .OrderByDescending(entry => entry.Sequence).Select(entry => new { entry.ActorKind, entry.ActorId }).FirstOrDefaultAsync(cancellationToken);
        return found is null ? null : (found.ActorKind, found.ActorId);
    }

    private static string Checked(string reason)
    {
        var text = reason.Trim();
        return text.Length <= PolicyConfiguration.MaxReason && !text.Any(c => char.IsControl(c) && c is not '\n')
            ? text : throw new TenancyException($"A reason has at most {PolicyConfiguration.MaxReason} characters, and no control characters.");
    }

    private static Task RecordAsync(FinOpsDbContext context, string act, PolicyVersion row, object? before, string why, Actor actor, CancellationToken cancellationToken) => AuditTrail.RecordAsync(
        context, new AuditEntry(actor, act, row.PolicyId, row.Name) { Before = before, After = State(row), Why = why.Length == 0 ? null : why }, cancellationToken);

    private static object State(PolicyVersion row) => new { row.Version, State = WordOf(row.State), row.Definition };

    private static string WordOf(PolicyState state) => state.ToString().ToLowerInvariant();

    private static string NameOf(Actor actor) => actor.Name.Length > PolicyConfiguration.MaxAuthor ? actor.Name[..PolicyConfiguration.MaxAuthor] : actor.Name;

    /// <summary>To the microsecond, as it is stored.</summary>
    private DateTimeOffset Now() => new(clock.GetUtcNow().UtcTicks / TimeSpan.TicksPerMicrosecond * TimeSpan.TicksPerMicrosecond, TimeSpan.Zero);
}
