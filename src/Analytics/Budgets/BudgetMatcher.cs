using FinOps.Domain.Usage;

namespace FinOps.Analytics.Budgets;

/// <summary>Finds the budgets that a row of an answer counts for, among budgets that are limited by the same dimensions. Pure.</summary>
internal sealed class BudgetMatcher
{
    private readonly IReadOnlyList<ScopeDimension> _dimensions;
    private readonly List<HashSet<string>[]> _scopes;

    // By the values of the dimension that tells most of them apart.
    private readonly int _by;
    private readonly Dictionary<string, List<int>> _index = new(StringComparer.Ordinal);

    /// <param name="dimensions">Of all scopes, in the order of the rows.</param>
    /// <param name="scopes">Each with all of the dimensions.</param>
    public BudgetMatcher(IReadOnlyList<ScopeDimension> dimensions, IReadOnlyList<SpendScope> scopes)
    {
        _dimensions = dimensions;
        _scopes = [.. scopes.Select(scope => dimensions.Select(dimension => scope.Find(dimension)!.ToHashSet(StringComparer.Ordinal)).ToArray())];
        if (dimensions.Count == 0) return;
        _by = Enumerable.Range(0, dimensions.Count).MaxBy(at => _scopes.SelectMany(scope => scope[at]).Distinct(StringComparer.Ordinal).Count());
        for (var i = 0; i < _scopes.Count; i++)
        {
            foreach (var value in _scopes[i][_by])
            {
                if (!_index.TryGetValue(value, out var having)) _index[value] = having = [];
                having.Add(i);
            }
        }
    }

    /// <summary>Places in the list of scopes.</summary>
    public IEnumerable<int> Find(IReadOnlyList<string> values)
    {
        if (_dimensions.Count == 0) return Enumerable.Range(0, _scopes.Count);
        return _index.TryGetValue(values[_by], out var having)
            ? having.Where(i => Enumerable.Range(0, _dimensions.Count).All(at => _scopes[i][at].Contains(values[at])))
            : [];
    }
}
