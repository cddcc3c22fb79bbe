using FinOps.Domain.Usage;

namespace FinOps.Domain.Quotas;

/// <summary>What is limited for each tenant, so that none can slow down or spend for another.</summary>
public enum Quota : byte
{
    IngestItemsPerSecond,
    IngestBytesPerSecond,
    StorageBytes,
    QuerySecondsPerMinute,
    ConcurrentQueries,
    ConcurrentExports,
    DistinctFeatures,
    DistinctUsers,
    DistinctTeams,
    DistinctCustomers,
    DistinctEnvironments,
    DistinctServices,
    DistinctEndpoints,
}

/// <summary>A quota in words.</summary>
/// <param name="Name">In JSON, in configuration and in the store: <c>ingestItemsPerSecond</c>.</param>
/// <param name="Title">For people.</param>
/// <param name="What">What is counted, and what happens beyond it.</param>
public sealed record QuotaText(Quota Quota, string Name, string Title, string What)
{
    /// <summary>Counted in bytes.</summary>
    public bool IsBytes => Quota is Quota.IngestBytesPerSecond or Quota.StorageBytes;
}

public static class QuotaTable
{
    /// <summary>Stands for "no limit".</summary>
    public const long Unlimited = 0;

    /// <summary>The largest limit that can be set.</summary>
    public const long MaxLimit = 1L << 50;

    private const string Fold = " A further value is stored as \"other\", and counted.";

    /// <summary>Every quota, in the order in which people see them.</summary>
    public static readonly IReadOnlyList<QuotaText> All =
    [
        new(Quota.IngestItemsPerSecond, "ingestItemsPerSecond", "Items a second", "Spans, data points and log records taken a second, over a few seconds. Beyond it: 429, the sender tries again."),
        new(Quota.IngestBytesPerSecond, "ingestBytesPerSecond", "Bytes a second", "Bytes of request bodies taken a second, as sent, over a few seconds. Beyond it: 429, the sender tries again."),
        new(Quota.StorageBytes, "storageBytes", "Storage", "Bytes that the rows take in the analytics store. Beyond it: 429, the sender tries again."),
        new(Quota.QuerySecondsPerMinute, "querySecondsPerMinute", "Query seconds a minute", "Seconds that questions of pages and API take together in a minute, in each process. Beyond it: a page says so and tries again, the API answers 429."),
        new(Quota.ConcurrentQueries, "concurrentQueries", "Queries at once", "Questions under way at once, in each process. Further ones wait their turn."),
        new(Quota.ConcurrentExports, "concurrentExports", "Exports at once", "Files being exported at once, in each process. Beyond it: 429."),
        new(Quota.DistinctFeatures, "distinctFeatures", "Features", "Different features in 30 days." + Fold),
        new(Quota.DistinctUsers, "distinctUsers", "Users", "Different users in 30 days." + Fold),
        new(Quota.DistinctTeams, "distinctTeams", "Teams", "Different teams in 30 days." + Fold),
        new(Quota.DistinctCustomers, "distinctCustomers", "Customers", "Different customers in 30 days." + Fold),
        new(Quota.DistinctEnvironments, "distinctEnvironments", "Environments", "Different environments in 30 days." + Fold),
        new(Quota.DistinctServices, "distinctServices", "Services", "Different services in 30 days." + Fold),
        new(Quota.DistinctEndpoints, "distinctEndpoints", "Endpoints", "Different endpoints in 30 days." + Fold),
    ];

    public static QuotaText Text(this Quota quota) => All[(int)quota];

    public static QuotaText? Find(string name) => All.FirstOrDefault(text => text.Name == name);

    /// <summary>How many values of the tag a tenant may have; null for sessions, which are meant to be new each time.</summary>
    public static Quota? OfTag(Tag tag) => tag switch
    {
        Tag.Feature => Quota.DistinctFeatures,
        Tag.User => Quota.DistinctUsers,
        Tag.Team => Quota.DistinctTeams,
        Tag.Customer => Quota.DistinctCustomers,
        Tag.Environment => Quota.DistinctEnvironments,
        Tag.Service => Quota.DistinctServices,
        Tag.Endpoint => Quota.DistinctEndpoints,
        _ => null,
    };
}
