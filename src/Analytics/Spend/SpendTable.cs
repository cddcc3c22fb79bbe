namespace FinOps.Analytics.Spend;

/// <summary>Which roll-ups answer. The narrowest that knows all dimensions of a question wins.</summary>
internal enum SpendTable
{
    /// <summary>What belongs together and stays few.</summary>
    Spend,
    /// <summary>Customers without their users.</summary>
    Customers,
    /// <summary>Users and their customers, of all teams.</summary>
    Users,
    /// <summary>Users of one team or by team, and what is asked together with them.</summary>
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

    private static readonly HashSet<Dimension> InUsers = [Dimension.Project, Dimension.Customer, Dimension.User];

    private static readonly HashSet<Dimension> InPeople = [.. InCustomers, Dimension.User];

    public static SpendTable For(IEnumerable<Dimension> dimensions)
    {
        var needed = dimensions.ToHashSet();
        if (needed.IsSubsetOf(InSpend)) return SpendTable.Spend;
        if (needed.IsSubsetOf(InCustomers)) return SpendTable.Customers;
        if (needed.IsSubsetOf(InUsers)) return SpendTable.Users;
        return needed.IsSubsetOf(InPeople) ? SpendTable.People : SpendTable.Calls;
    }

    /// <summary>What the finest of a day's sums keep apart: a period that begins within one of these is cut from cells.</summary>
    public static long DayGrainMicros(this SpendTable table) => table is SpendTable.Spend or SpendTable.Customers ? CellRanges.HourMicros : CellRanges.DayMicros;

    /// <summary>The sums of days, by their hours where a period begins within a day.</summary>
    public static (string Table, string Cell) Days(this SpendTable table, bool byHours) => (table, byHours) switch
    {
        (SpendTable.Spend, true) => (DayTable.SpendHours, "hour"),
        (SpendTable.Spend, false) => (DayTable.Spend.Name, "day"),
        (SpendTable.Customers, true) => (DayTable.CustomerHours, "hour"),
        (SpendTable.Customers, false) => (DayTable.Customers.Name, "day"),
        (SpendTable.Users, _) => (DayTable.Users.Name, "day"),
        _ => (DayTable.PeopleDays, "day"),
    };
}
