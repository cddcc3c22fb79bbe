namespace FinOps.Analytics.Retention;

/// <summary>A table of ClickHouse whose rows go with their class, by the time in one column.</summary>
internal sealed record RetainedTable(string Name, string Time, RetentionClass Class)
{
    /// <summary>Every table of tenants' rows but those of <see cref="Kept"/>; a test finds one that is in neither.</summary>
    public static readonly IReadOnlyList<RetainedTable> All =
    [
        new("calls", "start_time", RetentionClass.Calls),
        new("call_reratings", "start_time", RetentionClass.Calls),
        new("vector_operations", "start_time", RetentionClass.Calls),
        new("outcomes", "time", RetentionClass.Calls),
        new("links", "ingested_at", RetentionClass.Links),
        new("long_spans", "ingested_at", RetentionClass.Links),
        new("ingest_events", "minute", RetentionClass.IngestEvents),
        new("quarantined_spans", "ingested_at", RetentionClass.IngestEvents),
        new("resource_samples", "time", RetentionClass.ResourceSamples),
        new("call_samples", "start_time", RetentionClass.CallSamples),
        new("cell_changes", "cell", RetentionClass.Sums),
        new("device_cell_changes", "cell", RetentionClass.Sums),
        new("device_cells", "cell", RetentionClass.Sums),
        new("device_intervals", "cell", RetentionClass.Sums),
        new("device_costs", "cell", RetentionClass.Sums),
        new("device_models", "cell", RetentionClass.Sums),
        new("data_store_cell_changes", "cell", RetentionClass.Sums),
        new("data_store_cells", "cell", RetentionClass.Sums),
        new("data_store_meters", "cell", RetentionClass.Sums),
        new("data_store_costs", "cell", RetentionClass.Sums),
        new("data_store_sizes", "cell", RetentionClass.Sums),
        new("roll_up_cells", "cell", RetentionClass.Sums),
        new("roll_up_spend", "cell", RetentionClass.Sums),
        new("roll_up_people", "cell", RetentionClass.Sums),
        new("roll_up_days", "day", RetentionClass.Sums),
        new("roll_up_spend_hours", "day", RetentionClass.Sums),
        new("roll_up_customer_hours", "day", RetentionClass.Sums),
        new("roll_up_people_days", "day", RetentionClass.Sums),
        new("roll_up_spend_days", "day", RetentionClass.Sums),
        new("roll_up_customer_days", "day", RetentionClass.Sums),
        new("roll_up_user_days", "day", RetentionClass.Sums),
    ];

    /// <summary>Tables whose rows retention leaves, with the reason.</summary>
    public static readonly IReadOnlyDictionary<string, string> Kept = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["closed_lines"] = "the books of closed months stand for good, and go with the tenant",
        ["closed_cells"] = "says up to where sums stand for good, and goes with the tenant",
        ["touched_traces"] = "gone after a day by the table's TTL",
    };

    /// <summary>Whose rows a class is counted by, for people.</summary>
    public static RetainedTable Of(RetentionClass kept) => kept switch
    {
        RetentionClass.Sums => All.Single(table => table.Name == "roll_up_spend"),
        _ => All.First(table => table.Class == kept),
    };
}
