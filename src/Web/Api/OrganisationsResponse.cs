using System.ComponentModel;
using System.Text.Json.Serialization;
using FinOps.Analytics.Installation;
using FinOps.Analytics.Tenancy;

namespace FinOps.Web.Api;

/// <summary>An organisation as it shall be.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record OrganisationPutRequest
{
    [Description("E-mail address of the first administrator. Needed where the organisation is made, else left alone.")]
    public string? Administrator { get; init; }

    [Description("The reason why it is suspended, which its members read; null or left out: it is not.")]
    public string? Suspended { get; init; }
}

/// <summary>Organisations of the installation.</summary>
/// <param name="Organisations">By name.</param>
/// <param name="NextPage">Null on the last page.</param>
public sealed record OrganisationsResponse(IReadOnlyList<InstalledOrganisation> Organisations, int? NextPage);

/// <summary>An organisation that is being removed.</summary>
/// <param name="Id">The organisation's.</param>
/// <param name="Name">As it was called.</param>
/// <param name="RequestedAt">When it was asked for.</param>
/// <param name="Step">How far it is.</param>
/// <param name="Rows">Rows that go, by store and table, as far as they are counted.</param>
public sealed record OrganisationDeletionResponse(Guid Id, string Name, DateTimeOffset RequestedAt, string Step, IReadOnlyDictionary<string, long> Rows);

/// <summary>An organisation as whoever runs the installation sees it: counts, and nothing of what it sends.</summary>
public sealed record InstalledOrganisation
{
    public required Guid Id { get; init; }

    public required string Name { get; init; }

    [Description("Never changes, and is in addresses.")]
    public required string ShortName { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    [Description("The reason; null while it is not suspended.")]
    public required string? Suspended { get; init; }

    public required long Members { get; init; }

    public required long Administrators { get; init; }

    public required long Projects { get; init; }

    [Description("Keys that are neither revoked nor expired.")]
    public required long LiveKeys { get; init; }

    internal static InstalledOrganisation Of(TenantRow row) => new()
    {
        Id = row.Id.Value,
        Name = row.Name,
        ShortName = row.Slug,
        CreatedAt = row.CreatedAt,
        Suspended = row.Suspension?.Reason,
        Members = row.Members,
        Administrators = row.Admins,
        Projects = row.Projects,
        LiveKeys = row.LiveKeys,
    };
}

/// <summary>An organisation with what it uses.</summary>
public sealed record OrganisationUsageResponse(InstalledOrganisation Organisation, OrganisationUsage Usage);

/// <summary>What an organisation uses.</summary>
public sealed record OrganisationUsage
{
    [Description("USD of the last 30 days, priced calls only.")]
    public required decimal Cost { get; init; }

    [Description("Of the last 30 days.")]
    public required long Calls { get; init; }

    [Description("Of the last 30 days: no price is known for them.")]
    public required long UnpricedCalls { get; init; }

    [Description("When the latest call became visible; null for one that never sent.")]
    public required DateTimeOffset? LastReceivedAt { get; init; }

    [Description("Of the request bodies of the last 30 days.")]
    public required long TelemetryBytes { get; init; }

    [Description("Requests and items that were refused in the last 24 hours.")]
    public required long RefusedLastDay { get; init; }

    public required long StoredRows { get; init; }

    [Description("An estimate by rows; null where the server of ClickHouse does not tell sizes.")]
    public required long? StoredBytes { get; init; }

    internal static OrganisationUsage Of(TenantUsageAnswer used) => new()
    {
        Cost = used.LastThirtyDays.Cost,
        Calls = used.LastThirtyDays.Calls,
        UnpricedCalls = used.LastThirtyDays.UnpricedCalls,
        LastReceivedAt = used.LastReceivedAt,
        TelemetryBytes = used.TelemetryBytes,
        RefusedLastDay = used.RefusedLastDay,
        StoredRows = used.StoredRows,
        StoredBytes = used.StoredBytes,
    };
}

/// <summary>What became of an organisation that was put.</summary>
/// <param name="Organisation">As it is now.</param>
/// <param name="FirstPassword">Of the administrator's account, where it was made just now. It is not shown again.</param>
public sealed record OrganisationPutResponse(InstalledOrganisation Organisation, string? FirstPassword);
