using FinOps.Domain.Budgets;
using FinOps.Domain.Policies.Classification;
using FinOps.Domain.Usage;

namespace FinOps.Domain.Policies;

/// <summary>The words of a document for the values of one enum.</summary>
public sealed class Words<T>
    where T : struct, Enum
{
    private readonly (T Value, string Word)[] _all;

    internal Words(params (T Value, string Word)[] all) => _all = all;

    public IEnumerable<string> All => _all.Select(pair => pair.Word);

    /// <exception cref="ArgumentOutOfRangeException">The value has no word.</exception>
    public string this[T value]
    {
        get
        {
            foreach (var (own, word) in _all)
            {
                if (EqualityComparer<T>.Default.Equals(own, value)) return word;
            }

            throw new ArgumentOutOfRangeException(nameof(value), value, "The value has no word.");
        }
    }

    public T? Find(string word)
    {
        foreach (var (value, own) in _all)
        {
            if (own == word) return value;
        }

        return null;
    }

    internal string Remedy => $"Write one of {string.Join(", ", All)}.";
}

/// <summary>The words of policies' documents.</summary>
public static class PolicyWords
{
    public static Words<PolicyKind> Kinds { get; } = new(
        (PolicyKind.OutputLimit, "output_limit"), (PolicyKind.ExactCache, "exact_cache"), (PolicyKind.EmbeddingCache, "embedding_cache"), (PolicyKind.Coalesce, "coalesce"),
        (PolicyKind.Route, "route"), (PolicyKind.Fallback, "fallback"), (PolicyKind.Budget, "budget"));

    public static Words<RequestOperation> Operations { get; } = new(
        (RequestOperation.Chat, "chat"), (RequestOperation.Responses, "responses"), (RequestOperation.Embeddings, "embeddings"), (RequestOperation.Messages, "messages"));

    public static Words<TaskKind> Tasks { get; } = new(
        (TaskKind.Intent, "intent"), (TaskKind.Extraction, "extraction"), (TaskKind.Rag, "rag"), (TaskKind.Chat, "chat"), (TaskKind.Code, "code"),
        (TaskKind.LongForm, "long_form"), (TaskKind.Embedding, "embedding"), (TaskKind.Other, "other"));

    public static Words<WireProtocol> Protocols { get; } = new((WireProtocol.OpenAi, "openai"), (WireProtocol.Anthropic, "anthropic"));

    public static Words<ArmUnit> Units { get; } = new((ArmUnit.Session, "session"), (ArmUnit.User, "user"));

    public static Words<UnknownUnit> UnknownUnits { get; } = new((UnknownUnit.Key, "key"), (UnknownUnit.Treated, "treated"), (UnknownUnit.Control, "control"));

    public static Words<Arm> Arms { get; } = new((Arm.Treatment, "treatment"), (Arm.Control, "control"), (Arm.Outside, "outside"));

    public static Words<SharingScope> Scopes { get; } = new((SharingScope.Key, "key"), (SharingScope.Tenant, "tenant"));

    public static Words<OutputLimitMode> LimitModes { get; } = new((OutputLimitMode.Set, "set"), (OutputLimitMode.Lower, "lower"), (OutputLimitMode.Default, "default"));

    public static Words<FailureClass> Failures { get; } = new(
        (FailureClass.Throttled, "throttled"), (FailureClass.Money, "money"), (FailureClass.Transient, "transient"), (FailureClass.Timeout, "timeout"), (FailureClass.InvalidOutput, "invalid_output"));

    public static Words<BudgetAction> Actions { get; } = new((BudgetAction.Downgrade, "downgrade"), (BudgetAction.Throttle, "throttle"), (BudgetAction.Block, "block"));

    public static Words<AwayMode> AwayModes { get; } = new((AwayMode.Open, "open"), (AwayMode.Closed, "closed"));

    public static Words<BundleRefusal> Refusals { get; } = new(
        (BundleRefusal.None, "none"), (BundleRefusal.NotReadable, "not_readable"), (BundleRefusal.UnknownKey, "unknown_key"), (BundleRefusal.BadSignature, "bad_signature"),
        (BundleRefusal.Invalid, "invalid"), (BundleRefusal.OtherTenant, "other_tenant"), (BundleRefusal.Older, "older"), (BundleRefusal.Expired, "expired"));

    /// <summary>Tags that a virtual key can fix.</summary>
    public static Words<Tag> Tags { get; } = new(
        (Tag.Feature, "feature"), (Tag.User, "user"), (Tag.Team, "team"), (Tag.Customer, "customer"), (Tag.Environment, "environment"), (Tag.Service, "service"));
}
