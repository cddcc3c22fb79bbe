namespace FinOps.Web.Api;

/// <summary>Limits of the REST API, section <c>FinOps:Api</c>.</summary>
public sealed class ApiOptions
{
    public const string Section = "FinOps:Api";

    /// <summary>Requests of one key that are worked on at once. Default 8.</summary>
    public int ConcurrentRequestsPerKey { get; set; } = 8;

    /// <summary>Further requests of one key that wait; those beyond are refused with 429. Default 32.</summary>
    public int WaitingRequestsPerKey { get; set; } = 32;
}
