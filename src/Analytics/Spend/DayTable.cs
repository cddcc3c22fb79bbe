namespace FinOps.Analytics.Spend;

/// <summary>Sums of whole days of UTC, under the generations that <c>roll_up_days</c> publishes.</summary>
/// <param name="Name">The table.</param>
/// <param name="Of">The finer table that it is summed up from, of the same generation.</param>
/// <param name="Keys">What it keeps apart within a day.</param>
internal sealed record DayTable(string Name, string Of, string Keys)
{
    public static DayTable Spend { get; } = new(
        "roll_up_spend_days", SpendHours, "project_id, feature, team, environment, service, endpoint, operation, provider, model, requested_model, tier");

    public static DayTable Customers { get; } = new("roll_up_customer_days", CustomerHours, "project_id, team, customer");

    public static DayTable Users { get; } = new("roll_up_user_days", PeopleDays, "project_id, customer, user");

    public static IReadOnlyList<DayTable> All { get; } = [Spend, Customers, Users];

    public const string SpendHours = "roll_up_spend_hours";
    public const string CustomerHours = "roll_up_customer_hours";
    public const string PeopleDays = "roll_up_people_days";

    /// <summary>All tables with sums of days, the finer ones first.</summary>
    public static IReadOnlyList<string> Names { get; } = [SpendHours, CustomerHours, PeopleDays, .. All.Select(table => table.Name)];
}
