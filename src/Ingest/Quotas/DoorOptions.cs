namespace FinOps.Ingest.Quotas;

/// <summary>How the front door keeps tenants within their quotas. Section <c>FinOps:Ingest:Quotas</c>.</summary>
public sealed class DoorOptions
{
    public const string Section = "FinOps:Ingest:Quotas";

    /// <summary>Seconds of its rate that a tenant may save up for a burst. Default 10.</summary>
    public int BurstSeconds { get; set; } = 10;

    /// <summary>Seconds between two looks at how much a tenant that sends keeps. Default 60: so late is a storage limit noticed.</summary>
    public int StorageRefreshSeconds { get; set; } = 60;

    /// <summary>Seconds between two looks at the values of tags in the store. Default 300: so long may replicas not know of each other's new values.</summary>
    public int ValuesRefreshSeconds { get; set; } = 300;
}
