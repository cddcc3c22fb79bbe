using FinOps.Analytics.Policies;
using FinOps.Domain.Policies;

namespace FinOps.Web.Features.Policies;

/// <summary>Policies in words for people.</summary>
internal static class PolicyTexts
{
    public static string Kind(PolicyKind kind) => kind switch
    {
        PolicyKind.OutputLimit => "output limit",
        PolicyKind.ExactCache => "exact cache",
        PolicyKind.EmbeddingCache => "embedding cache",
        PolicyKind.Coalesce => "coalescing",
        PolicyKind.Route => "route",
        PolicyKind.Fallback => "fallback",
        _ => "budget",
    };

    public static string State(PolicyState state) => state switch
    {
        PolicyState.Submitted => "waits for approval",
        _ => state.ToString().ToLowerInvariant(),
    };

    /// <summary>After which failures the next is asked, by the document's word.</summary>
    public static string Failure(string word) => PolicyWords.Failures.Find(word) switch
    {
        FailureClass.Throttled => "throttled or overloaded",
        FailureClass.Money => "out of credit",
        FailureClass.Transient => "broken",
        FailureClass.Timeout => "late",
        FailureClass.InvalidOutput => "not of the structure that was asked for",
        _ => word,
    };

    /// <summary>"feature summaries, model gpt-4*"; "all calls".</summary>
    public static string Match(PolicyMatch match)
    {
        if (match.All) return "all calls";
        List<string> parts = [];
        foreach (var (name, values) in ((string, IReadOnlyList<string>)[])
            [
                ("feature", match.Features), ("user", match.Users), ("team", match.Teams), ("customer", match.Customers), ("environment", match.Environments), ("service", match.Services),
                ("key", match.Keys), ("provider", match.Providers), ("model", match.Models), ("operation", [.. match.Operations.Select(operation => PolicyWords.Operations[operation])]),
                ("task", [.. match.Tasks.Select(task => PolicyWords.Tasks[task])]),
            ])
        {
            if (values.Count > 0) parts.Add($"{name} {string.Join(" or ", values.Select(value => value.Length == 0 ? "not told" : value))}");
        }

        if (match.HasSession is { } session) parts.Add(session ? "with a session" : "without a session");
        if (match.Streaming is { } streaming) parts.Add(streaming ? "streams" : "no streams");
        if (match.MinPromptBytes is not null || match.MaxPromptBytes is not null) parts.Add($"{match.MinPromptBytes ?? 0} to {match.MaxPromptBytes?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "any"} bytes");
        return string.Join(", ", parts);
    }
}
