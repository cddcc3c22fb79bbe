namespace FinOps.Analytics.Spend;

/// <summary>Where whole cells are read from. The narrower table that knows all dimensions of a question wins.</summary>
internal enum SpendTable
{
    /// <summary><c>roll_up_spend</c>: what belongs together and stays few.</summary>
    Spend,
    /// <summary><c>roll_up_people</c>: users and customers.</summary>
    People,
    /// <summary><c>calls</c>: no roll-up knows this combination.</summary>
    Calls,
}

internal static class SpendTables
{
    private static readonly HashSet<Dimension> InSpend =
    [
        Dimension.Project, Dimension.Feature, Dimension.Team, Dimension.Environment, Dimension.Service, Dimension.Endpoint,
        Dimension.Operation, Dimension.Provider, Dimension.Model, Dimension.RequestedModel,
    ];

    private static readonly HashSet<Dimension> InPeople = [Dimension.Project, Dimension.Team, Dimension.Customer, Dimension.User];

    public static SpendTable For(IEnumerable<Dimension> dimensions)
    {
        var needed = dimensions.ToHashSet();
        if (needed.IsSubsetOf(InSpend)) return SpendTable.Spend;
        return needed.IsSubsetOf(InPeople) ? SpendTable.People : SpendTable.Calls;
    }
}
