using FinOps.Domain.Policies;
using FinOps.Gateway.Caching;
using FinOps.Gateway.Embeddings;
using FinOps.Gateway.Forwarding;
using FinOps.Gateway.Limits;
using FinOps.Gateway.Providers;
using FinOps.Gateway.Routing;
using FinOps.Gateway.Sharing;

namespace FinOps.Gateway.Policies;

/// <summary>What was decided before anybody is asked. At most one is set; with none, the call goes to its target.</summary>
/// <param name="RefusedBy">A budget lets it not go.</param>
/// <param name="Kept">It is answered from the cache.</param>
/// <param name="Fixed">It is answered with a text.</param>
internal readonly record struct PolicyDecision(CompiledPolicy? RefusedBy, KeptAnswer? Kept, string? Fixed);

/// <summary>
/// Step 5 of a call: finds the policies that are for it and decides, in this order: budgets, route, fallback, output limit, exact cache, sharing, kept vectors. A call in another arm than treatment is left as it
/// is by that policy; one on trial (<see cref="Policy.DryRun"/>) decides nothing and tells what it would have done.
/// </summary>
internal sealed class ApplyPolicies(ProviderTable providers, ChooseTarget routes, KeepWarm warm, MinuteLimits limits, AnswerCache cache)
{
    public PolicyDecision Decide(PolicySnapshot policies, GatewayCall call, string cacheControl)
    {
        call.Target = call.Provider;
        call.Model = call.Facts.Model;
        call.Tenant = policies.Tenant;
        // What is not billed, and a look at what was, is bounded by nothing.
        if (policies.Policies.Count == 0 || call.Operation == Operation.Free || call.IsOfBatch) return default;
        var facts = new RequestFacts
        {
            Tags = call.Tags,
            Operation = call.RequestOperation,
            PromptBytes = call.Body?.Length ?? 0,
            Streaming = call.Facts.Stream,
            Provider = call.Provider.Name,
            Model = call.Facts.Model,
            KeyId = call.Key?.Key.Id ?? "",
        };
        var isQuestion = call.Body is not null && call.RequestOperation != RequestOperation.Other;
        if (policies.NeedsTask && isQuestion) facts.Task = ChooseTarget.Task(facts.Operation, call.Body!, call.Facts);
        policies.Resolve(in facts, out call.Applied);

        var admitted = limits.Admit(in call.Applied, call.RequestOperation, call.Trace);
        if (admitted.Refuses is { } refused) return new PolicyDecision(refused, null, null);
        // Budgets alone bound what else a provider has (images, speech, uploads).
        if (!isQuestion) return default;

        TellTrials(call);
        if (admitted.DowngradeTo is { } cheaper) Downgrade(call, cheaper);
        else if (Route(call, in facts) is { } answer) return new PolicyDecision(null, null, answer);

        if (Treats(call, PolicyKind.Fallback, in facts) is { } fallback)
        {
            call.Fallback = fallback;
            call.Trace.Set(fallback, PolicyEffect.Unchanged);
        }

        LimitOutput(call, in facts);
        // What its provider remembers is a part of the question, which nobody here knows.
        var control = call.Facts.IsRemembered ? CacheControl.Neither : CacheControl.Parse(cacheControl);
        var kept = FindKept(call, in facts, control);
        Share(call, in facts, control, isKept: kept is not null);
        Embed(call, in facts, control, isKept: kept is not null);
        return new PolicyDecision(null, kept, null);
    }

    /// <summary>The policy of a kind, if the call is in its treatment arm; it is noted whatever the arm.</summary>
    private static CompiledPolicy? Treats(GatewayCall call, PolicyKind kind, in RequestFacts facts)
    {
        if (call.Applied[kind] is not { } policy) return null;
        var arm = policy.ArmOf(in facts);
        call.Trace.Add(policy, arm, PolicyEffect.None);
        return arm == Arm.Treatment ? policy : null;
    }

    /// <summary>The policy of a kind on trial, noted.</summary>
    private static CompiledPolicy? Tries(GatewayCall call, PolicyKind kind, in RequestFacts facts)
    {
        if (call.Applied.DryRun(kind) is not { } policy || policy.ArmOf(in facts) != Arm.Treatment) return null;
        call.Trace.Add(policy, Arm.Treatment, PolicyEffect.None);
        return policy;
    }

    private string? Route(GatewayCall call, in RequestFacts facts)
    {
        if (Tries(call, PolicyKind.Route, in facts) is { } trial)
        {
            var (would, text) = routes.Choose(trial, in facts, call.Body!, call.Facts);
            call.Trace.Set(trial, text is not null ? PolicyEffect.Answered : would is null ? PolicyEffect.Unchanged : Stays(call, trial, would, isTrial: true) is not null ? PolicyEffect.KeptWarm
                : IsWhereItGoes(call, would) ? PolicyEffect.Unchanged : PolicyEffect.Routed);
        }

        if (Treats(call, PolicyKind.Route, in facts) is not { } route) return null;
        var (target, answer) = routes.Choose(route, in facts, call.Body!, call.Facts);
        if (answer is not null)
        {
            call.Trace.Set(route, PolicyEffect.Answered);
            return answer;
        }

        call.Trace.Set(route, target is null ? PolicyEffect.Unchanged : Send(call, route, target));
        return null;
    }

    /// <summary>A limit of a minute is passed: the call goes to the first such budget's target.</summary>
    private void Downgrade(GatewayCall call, PolicyTarget target)
    {
        PolicyEffect? effect = null;
        for (var i = 0; i < call.Applied.BudgetCount; i++)
        {
            var budget = call.Applied.Budget(i);
            if (budget.Policy.DryRun || !call.Trace.Is(budget, PolicyEffect.Routed)) continue;
            if ((effect ??= Send(call, budget, target)) is { } other and not PolicyEffect.Routed) call.Trace.Set(budget, other);
        }
    }

    /// <summary>Budgets on trial that would have sent the call elsewhere, and would have left it where its prompt is warm.</summary>
    private void TellTrials(GatewayCall call)
    {
        for (var i = 0; i < call.Applied.BudgetCount; i++)
        {
            var budget = call.Applied.Budget(i);
            if (budget.Policy.DryRun && call.Trace.Is(budget, PolicyEffect.Routed) && Stays(call, budget, ((BudgetLimit)budget.Policy.Body).DowngradeTo!, isTrial: true) is not null)
                call.Trace.Set(budget, PolicyEffect.KeptWarm);
        }
    }

    /// <summary>Sends the call where a policy says, or lets it stay where that is cheaper.</summary>
    private PolicyEffect Send(GatewayCall call, CompiledPolicy policy, PolicyTarget target)
    {
        if (Stays(call, policy, target, isTrial: false) is { } place)
        {
            (call.Target, call.Model) = place;
            return PolicyEffect.KeptWarm;
        }

        var goesThere = policy.Kind == PolicyKind.Route && IsWhereItGoes(call, target);
        return TrySend(call, target) && !goesThere ? PolicyEffect.Routed : PolicyEffect.Unchanged;
    }

    /// <summary>Where a switch would cost more than it saves; null: it is made. So it is where money is not the reason: a route that decides each call by itself, a limit of requests or tokens.</summary>
    private (Provider Provider, string Model)? Stays(GatewayCall call, CompiledPolicy policy, PolicyTarget target, bool isTrial)
    {
        var isForMoney = policy.Policy.Body is Route { StickySeconds: > 0 } or BudgetLimit { RequestsPerMinute: null, TokensPerMinute: null };
        return isForMoney && Resolve(call, target) is { } found ? warm.StaysAt(call, found, isTrial) : null;
    }

    /// <summary>A leased budget has too little left for where the call would go: it goes to the budget's target. What that model answers is another answer than the one that was looked for, in every memory.</summary>
    public KeptAnswer? SendCheaper(GatewayCall call, CompiledPolicy budget, string cacheControl)
    {
        var before = (call.Target, call.Model);
        call.Trace.Set(budget, ((BudgetLimit)budget.Policy.Body).DowngradeTo is { } target ? Send(call, budget, target) : PolicyEffect.Unchanged);
        if (before == (call.Target, call.Model)) return null;
        if (call.Shares is { } shares) call.Shares = Question(call, shares.Policy);
        if (call.SharesOnTrial is { } sharesOnTrial) call.SharesOnTrial = Question(call, sharesOnTrial.Policy);
        if (call.Embeds is { } embeds) call.Embeds = Texts(call, embeds.Policy);
        if (call.EmbedsOnTrial is { } embedsOnTrial) call.EmbedsOnTrial = Texts(call, embedsOnTrial.Policy);
        if (call.CachePolicy is not { } policy || call.CacheKey is null) return null;
        call.CacheKey = KeyOf(call, policy, ((ExactCache)policy.Policy.Body).Scope);
        if (call.CacheState != "miss" || cache.Find(call.CacheKey.Value, CacheControl.Parse(cacheControl).MaxAge) is not { } kept) return null;
        call.CacheState = "hit";
        call.Trace.Set(policy, PolicyEffect.Hit);
        return kept;
    }

    private static bool IsWhereItGoes(GatewayCall call, PolicyTarget target) =>
        (target.Provider.Length == 0 || target.Provider.Equals(call.Provider.Name, StringComparison.OrdinalIgnoreCase)) && (target.Model.Length == 0 || target.Model == call.Facts.Model);

    private bool TrySend(GatewayCall call, PolicyTarget target)
    {
        if (Resolve(call, target) is not { } found) return false;
        (call.Target, call.Model) = found;
        return true;
    }

    /// <summary>Null where the call cannot go there (<see cref="GatewayCall.MayReach"/>).</summary>
    public (Provider Provider, string Model)? Resolve(GatewayCall call, PolicyTarget target)
    {
        var provider = target.Provider.Length == 0 ? call.Provider : providers.Find(target.Provider);
        return provider is null || !call.MayReach(provider) ? null : (provider, target.Model.Length == 0 ? call.Facts.Model : target.Model);
    }

    private static void LimitOutput(GatewayCall call, in RequestFacts facts)
    {
        if (call.RequestOperation == RequestOperation.Embeddings) return;
        long? requested = call.Facts.MaxTokens;
        if (Tries(call, PolicyKind.OutputLimit, in facts) is { } trial)
            call.Trace.Set(trial, ((OutputLimit)trial.Policy.Body).Apply(requested) is null ? PolicyEffect.Unchanged : PolicyEffect.Limited);
        if (Treats(call, PolicyKind.OutputLimit, in facts) is not { } limit) return;
        call.MaxTokens = ((OutputLimit)limit.Policy.Body).Apply(requested);
        call.Trace.Set(limit, call.MaxTokens is null ? PolicyEffect.Unchanged : PolicyEffect.Limited);
    }

    private KeptAnswer? FindKept(GatewayCall call, in RequestFacts facts, CacheControl control)
    {
        if (Tries(call, PolicyKind.ExactCache, in facts) is { } trial)
        {
            var key = KeyOf(call, trial, ((ExactCache)trial.Policy.Body).Scope);
            var found = !control.NoCache && cache.Find(key, control.MaxAge) is not null;
            call.Trace.Set(trial, found ? PolicyEffect.Hit : PolicyEffect.Miss);
            if (!found) (call.CachePolicy, call.CacheKey) = (trial, key);
        }

        if (Treats(call, PolicyKind.ExactCache, in facts) is not { } policy) return null;
        var kept = KeyOf(call, policy, ((ExactCache)policy.Policy.Body).Scope);
        (call.CachePolicy, call.CacheKey) = (policy, control.NoStore ? null : kept);
        var answer = control.NoCache ? null : cache.Find(kept, control.MaxAge);
        call.CacheState = answer is not null ? "hit" : control.NoCache || control.NoStore ? "bypass" : "miss";
        call.Trace.Set(policy, answer is not null ? PolicyEffect.Hit : control.NoCache || control.NoStore ? PolicyEffect.Bypassed : PolicyEffect.Miss);
        return answer;
    }

    /// <summary>Whether others that ask the same may have its answer while it is in flight. Who wants a new answer, or none that is given to others, is sent by itself.</summary>
    private static void Share(GatewayCall call, in RequestFacts facts, CacheControl control, bool isKept)
    {
        var sendsItself = isKept || control.NoCache || control.NoStore;
        if (Tries(call, PolicyKind.Coalesce, in facts) is { } trial)
        {
            call.Trace.Set(trial, isKept ? PolicyEffect.Unchanged : PolicyEffect.Bypassed);
            if (!sendsItself) call.SharesOnTrial = Question(call, trial);
        }

        if (Treats(call, PolicyKind.Coalesce, in facts) is not { } policy) return;
        call.Trace.Set(policy, isKept ? PolicyEffect.Unchanged : PolicyEffect.Bypassed);
        if (!sendsItself) call.Shares = Question(call, policy);
    }

    /// <summary>Whether its texts may have kept vectors.</summary>
    private static void Embed(GatewayCall call, in RequestFacts facts, CacheControl control, bool isKept)
    {
        if (call.RequestOperation != RequestOperation.Embeddings) return;
        call.CacheControl = control;
        if (Tries(call, PolicyKind.EmbeddingCache, in facts) is { } trial && !isKept) call.EmbedsOnTrial = Texts(call, trial);
        if (Treats(call, PolicyKind.EmbeddingCache, in facts) is { } policy && !isKept) call.Embeds = Texts(call, policy);
    }

    private static EmbeddingQuestion? Texts(GatewayCall call, CompiledPolicy policy)
    {
        // What is asked about the texts, without them.
        return call.Facts.Content is { IsEmpty: false } input ? new EmbeddingQuestion(policy, KeyOf(call, policy, ((EmbeddingCache)policy.Policy.Body).Scope, without: input)) : null;
    }

    /// <summary>Where it goes when it fails is a part of it: the one that is sent is repeated for all.</summary>
    private static SharedQuestion Question(GatewayCall call, CompiledPolicy policy) => new(policy, KeyOf(call, policy, ((Coalesce)policy.Policy.Body).Scope, $"\n{call.Fallback}"));

    private static CacheKey KeyOf(GatewayCall call, CompiledPolicy policy, SharingScope scope, string way = "", Place without = default)
    {
        // Who brings the provider's key is known to the provider alone, which a kept answer does not ask: it is shared with nobody else. A gateway that enrols with another organisation finds nothing of the one before.
        var owner = call.Key is not { } key || call.Target!.ApiKey is null ? $"{call.Tenant} caller {call.CallersKey}" : scope == SharingScope.Tenant ? $"{call.Tenant} tenant" : $"{call.Tenant} key {key.Key.Id}";
        return RequestHash.Of(owner, policy, call.Target!, $"{call.Path}\n{call.Version}{way}", $"{call.Model}\n{call.MaxTokens}", call.Facts.WantsUsage, call.Body!.Span, call.Facts.All!, without);
    }
}
