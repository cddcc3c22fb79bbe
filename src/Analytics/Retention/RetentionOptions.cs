namespace FinOps.Analytics.Retention;

/// <summary>How long data is kept where a tenant says nothing, and how it goes. Section <c>FinOps:Retention</c>.</summary>
public sealed class RetentionOptions
{
    public const string Section = "FinOps:Retention";

    /// <summary>Days for which calls and operations on vector databases are kept. Default 400: a year can be compared with the one before it.</summary>
    public int CallDays { get; set; } = 400;

    /// <summary>Days for which the places of other spans in their traces are kept. Default 3, which is also the most.</summary>
    public int LinkDays { get; set; } = 3;

    /// <summary>Days for which it is kept what the front door took and refused. Default 90, which is also the most.</summary>
    public int IngestEventDays { get; set; } = 90;

    /// <summary>Days for which samples of GPUs, inference servers and vector databases are kept. Default 400, which is also the most.</summary>
    public int ResourceSampleDays { get; set; } = 400;

    /// <summary>Days for which sums of calls are kept, by feature, team, model, customer, user. Default 1,100: three years.</summary>
    public int SumDays { get; set; } = 1_100;

    /// <summary>Days for which prompts and answers are kept, where a project has opted in, and not longer than calls. Default 30; 90 is the most.</summary>
    public int CallSampleDays { get; set; } = 30;

    /// <summary>Hours after a tenant's change before anything is removed by it: until then setting it back loses nothing. Default 24.</summary>
    public int UndoHours { get; set; } = 24;

    /// <summary>Minutes between closing cells and deleting their calls, longer than any rebuild that looked at them before may go on. Default 30.</summary>
    public int ClosedMinutes { get; set; } = 30;

    /// <summary>Tenants whose rows one statement deletes. Default 500.</summary>
    public int MaxTenantsPerStatement { get; set; } = 500;

    /// <summary>Seconds for which a run waits until ClickHouse has removed what a statement deletes; the next run goes on. Default 300.</summary>
    public int WaitSeconds { get; set; } = 300;

    internal RetentionDays Defaults => new(CallDays, LinkDays, IngestEventDays, ResourceSampleDays, SumDays, CallSampleDays);
}
