using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Stores.ClickHouse.Native;
using FinOps.Domain.Outcomes;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Outcomes;

/// <summary>What became of outcomes that were told by REST.</summary>
public enum TellResult
{
    Stored,

    /// <summary>The store does not answer: nothing is stored; the same may be told again.</summary>
    Away,
}

/// <summary>Stores outcomes that systems tell which know later how something ended.</summary>
public sealed class TellOutcomes(OutcomeDefinitions definitions, ClickHouseStore store)
{
    /// <summary>Outcomes of one request. Default 1,000.</summary>
    public const int MaxOutcomes = 1_000;

    /// <summary>The names that no definition of the tenant has which goes on: a misspelt name must not vanish.</summary>
    public async Task<IReadOnlyList<string>> FindUnknownAsync(TenantId tenant, IReadOnlyList<Outcome> outcomes, CancellationToken cancellationToken)
    {
        var known = (await definitions.ListAsync(tenant, cancellationToken)).Where(row => row.EndedAt is null).Select(row => row.Name).ToHashSet(StringComparer.Ordinal);
        return [.. outcomes.Select(outcome => outcome.Name).Distinct(StringComparer.Ordinal).Where(name => !known.Contains(name))];
    }

    /// <summary>All of them, in one block; each takes the place of what was told before under its name and id.</summary>
    public async Task<TellResult> StoreAsync(IReadOnlyList<Outcome> outcomes, CancellationToken cancellationToken)
    {
        if (outcomes.Count == 0) return TellResult.Stored;
        var block = new OutcomeBlock();
        foreach (var outcome in outcomes) block.Append(outcome);
        var result = await store.InsertAsync(block, cancellationToken);
        if (result.IsStored) return TellResult.Stored;
        return result.Outcome == InsertOutcome.Away ? TellResult.Away : throw new InvalidOperationException($"ClickHouse refused outcomes: {result.Message}");
    }
}
