using System.Buffers;
using FinOps.Domain.Policies;
using FinOps.Domain.Policies.Classification;
using FinOps.Domain.Usage;
using FinOps.Gateway.Forwarding;

namespace FinOps.Gateway.Routing;

/// <summary>Where a route sends a call: by the session's last target, the first rule that holds, or the classifier.</summary>
internal sealed class ChooseTarget(StickyTargets sticky)
{
    /// <summary>What the classifier reads of a prompt at most.</summary>
    private const int MaxPromptBytes = PromptFeatures.MaxReadBytes;

    /// <param name="policy">Of kind route.</param>
    /// <returns>A target, a fixed answer, or neither: the call stays as it is.</returns>
    public (PolicyTarget? Target, string? Answer) Choose(CompiledPolicy policy, in RequestFacts facts, RequestBody body, BodyFacts content)
    {
        var route = (Route)policy.Policy.Body;
        var session = facts.Tags[Tag.Session];
        var keeps = route.StickySeconds > 0 && session.Length != 0;
        if (keeps && sticky.Find(policy.Policy.Id, session) is { } kept && route.Targets.Contains(kept))
        {
            sticky.Keep(policy.Policy.Id, session, kept, route.StickySeconds);
            return (kept, null);
        }

        var choice = policy.RuleFor(in facts);
        if (choice is null && route.Classifier is { } both) choice = ComplexityClassifier.Trained.Score(Read(body, content)) >= both.Threshold ? both.Strong : both.Weak;
        if (choice is null) return (null, null);
        if (choice.Answer is { } answer) return (null, answer);
        var target = choice.Pick(policy.TargetPoint(in facts, (ulong)Random.Shared.NextInt64(long.MinValue, long.MaxValue)));
        if (keeps) sticky.Keep(policy.Policy.Id, session, target, route.StickySeconds);
        return (target, null);
    }

    /// <summary>By the request's shape and what the user said last.</summary>
    public static TaskKind Task(RequestOperation operation, RequestBody body, BodyFacts content) => GuessTask.Of(
        new RequestShape
        {
            IsEmbedding = operation == RequestOperation.Embeddings,
            IsConversation = operation is RequestOperation.Chat or RequestOperation.Responses or RequestOperation.Messages,
            PromptBytes = content.Content.Length,
            Tools = content.ToolCount,
            MustCallTool = content.MustCallTool,
            StructuredOutput = content.StructuredOutput,
            MaxOutputTokens = content.MaxTokens is { } most ? (int)Math.Min(int.MaxValue, most) : null,
        },
        Read(body, content));

    private static PromptFeatures Read(RequestBody body, BodyFacts content)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(MaxPromptBytes);
        try
        {
            return content.Content.IsEmpty ? PromptFeatures.Read(default) : PromptFeatures.Read(buffer.AsSpan(0, PromptText.Last(body.Span.Slice(content.Content.Start, content.Content.Length), buffer)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
