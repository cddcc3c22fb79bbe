namespace FinOps.Analytics.Spend;

/// <summary>Which roll-ups answer. The narrowest that knows all dimensions of a question wins.</summary>
internal enum SpendTable
{
    /// <summary>What belongs together and stays few.</summary>
    Spend,
    /// <summary>Customers without their users.</summary>
    Customers,
    /// <summary>Users, and what is asked together with them.</summary>
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

    private static readonly HashSet<Dimension> InCustomers = [Dimension.Project, Dimension.Team, Dimension.Customer];

    private static readonly HashSet<Dimension> InPeople = [.. InCustomers, Dimension.User];

    public static SpendTable For(IEnumerable<Dimension> dimensions)
    {
        var needed = dimensions.ToHashSet();
        if (needed.IsSubsetOf(InSpend)) return SpendTable.Spend;
        if (needed.IsSubsetOf(InCustomers)) return SpendTable.Customers;
        return needed.IsSubsetOf(InPeople) ? SpendTable.People : SpendTable.Calls;
    }

    /// <summary>What a day's sums keep apart: a period that begins within one of these is cut from cells.</summary>
    public static long DayGrainMicros(this SpendTable table) => table == SpendTable.People ? CellRanges.DayMicros : CellRanges.HourMicros;
}
