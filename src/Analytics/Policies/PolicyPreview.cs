using FinOps.Analytics.Spend;
using FinOps.Domain.Policies;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Policies;

/// <summary>What a policy would have touched in the last seven days.</summary>
/// <param name="Range">Which days.</param>
/// <param name="Figures">Calls that its match fits, with their tokens and cost: what is concerned, not what would have been saved.</param>
/// <param name="All">All calls of these days.</param>
/// <param name="NotAsked">Parts of the match that stored calls do not tell; the figures are an upper bound where there are any.</param>
public sealed record PolicyPreview(TimeRange Range, SpendFigures Figures, SpendFigures All, IReadOnlyList<string> NotAsked);

/// <summary>Finds what a policy would have touched, by the same sums that every page shows.</summary>
public sealed class PolicyPreviewReader(SpendReader spend, TimeProvider clock)
{
    /// <summary>Default a week: each day of it once.</summary>
    private static readonly TimeSpan Length = TimeSpan.FromDays(7);

    private static readonly string[] TextOperations = ["chat", "text_completion", "generate_content"];

    public async Task<PolicyPreview> ReadAsync(TenantId tenant, PolicyMatch match, CancellationToken cancellationToken)
    {
        var (scope, range, reader) = (ReadScope.Whole(tenant), TimeRange.Ending(clock.GetUtcNow(), Length), spend.Together());
        var filter = Tags(match);
        filter = await NamesAsync(Dimension.Provider, match.Providers, filter);
        filter = await NamesAsync(Dimension.RequestedModel, match.Models, filter);
        var all = await reader.SumAsync(new SpendQuestion(scope, range), cancellationToken);
        var figures = filter.Conditions.Count == 0 ? all : await reader.SumAsync(new SpendQuestion(scope, range) { Filter = filter }, cancellationToken);
        return new PolicyPreview(range, figures, all, [.. NotAsked(match)]);

        // What calls tell is found among their names, since patterns, and letters of any case, are no conditions of a sum.
        async Task<SpendFilter> NamesAsync(Dimension dimension, IReadOnlyList<string> wanted, SpendFilter sofar)
        {
            if (wanted.Count == 0) return sofar;
            NamePattern[] patterns = [.. wanted.Select(name => new NamePattern(name))];
            var told = await reader.AskAsync(new TopQuestion(scope, range, dimension) { Limit = TopQuestion.MaxLimit }, cancellationToken);
            string[] names = [.. told.Members.Select(member => member.Value).Where(name => NamePattern.AnyMatches(patterns, name))];
            return sofar.And(dimension, names.Length > 0 ? names : [wanted[0]]);
        }
    }

    /// <summary>The parts that calls tell word for word; an operation as far as they tell it.</summary>
    internal static SpendFilter Tags(PolicyMatch match)
    {
        var filter = SpendFilter.None;
        foreach (var (dimension, values) in ((Dimension, IReadOnlyList<string>)[])
            [
                (Dimension.Feature, match.Features), (Dimension.User, match.Users), (Dimension.Team, match.Teams), (Dimension.Customer, match.Customers),
                (Dimension.Environment, match.Environments), (Dimension.Service, match.Services), (Dimension.GatewayKey, match.Keys),
            ])
        {
            if (values.Count > 0) filter = filter.And(dimension, values);
        }

        if (match.Operations.Count == 0) return filter;
        // Calls tell that they were a chat, not by which address.
        List<string> operations = [];
        if (match.Operations.Contains(RequestOperation.Embeddings)) operations.Add("embeddings");
        if (match.Operations.Any(operation => operation != RequestOperation.Embeddings)) operations.AddRange(TextOperations);
        return filter.And(Dimension.Operation, operations);
    }

    private static IEnumerable<string> NotAsked(PolicyMatch match)
    {
        if (match.Tasks.Count > 0) yield return "task";
        if (match.HasSession is not null) yield return "session";
        if (match.Streaming is not null) yield return "streaming";
        if (match.MinPromptBytes is not null || match.MaxPromptBytes is not null) yield return "prompt_bytes";
        if (match.Operations.Count > 0 && !match.Operations.SequenceEqual([RequestOperation.Embeddings])) yield return "operation";
    }
}
