using FinOps.Domain.Usage;

namespace FinOps.Domain.Tenancy;

/// <summary>
/// Whose figures a caller may see: those of a whole organisation, or of some of its teams alone. Every question about spend and calls must be given one. It
/// comes from the membership or the key, never from an address or a parameter: a filter narrows it, and nothing widens it.
/// </summary>
public sealed class ReadScope : IEquatable<ReadScope>
{
    /// <summary>Teams of one membership. Default 50: they travel with every question.</summary>
    public const int MaxTeams = 50;

    private ReadScope(TenantId tenant, IReadOnlyList<string>? teams) => (Tenant, Teams) = (tenant, teams);

    public TenantId Tenant { get; }

    /// <summary>The names of the teams, in order, as calls tell them; null for the whole organisation. Never empty.</summary>
    public IReadOnlyList<string>? Teams { get; }

    public bool IsWhole => Teams is null;

    /// <summary>Everything of the organisation, calls without a team included.</summary>
    public static ReadScope Whole(TenantId tenant) => new(tenant, null);

    /// <summary>The calls of these teams and no others: one that tells no team belongs to none of them.</summary>
    /// <exception cref="ArgumentException">There is no team: nobody may be limited to nothing and then be taken for unlimited.</exception>
    public static ReadScope OfTeams(TenantId tenant, IEnumerable<string> teams)
    {
        string[] names = [.. teams.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        if (names.Length == 0 || Array.Exists(names, string.IsNullOrEmpty)) throw new ArgumentException("A scope of teams names at least one, and none is empty.", nameof(teams));
        return new ReadScope(tenant, names);
    }

    /// <summary>Whether a call of this team belongs to it.</summary>
    public bool Includes(string team) => Teams is null || Teams.Contains(team, StringComparer.Ordinal);

    /// <summary>Whether what is told of these calls, by a budget or an alert for example, is told of nothing else than belongs to it. Of GPUs and vector databases only whoever sees the whole organisation is told.</summary>
    public bool Covers(SpendScope scope) => Teams is null || (scope.Resource is null && SpendScope.Of(ScopeDimension.Team, Teams).Covers(scope));

    public bool Equals(ReadScope? other) =>
        other is not null && Tenant == other.Tenant && IsWhole == other.IsWhole && (IsWhole || Teams!.SequenceEqual(other.Teams!, StringComparer.Ordinal));

    public override bool Equals(object? obj) => Equals(obj as ReadScope);

    public override int GetHashCode() => HashCode.Combine(Tenant, Teams?.Count);
}
