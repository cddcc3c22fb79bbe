namespace FinOps.Analytics.Spend;

/// <summary>What spend can be divided by. <see cref="Session"/> and <see cref="Project"/> are filters in the API; pages may also list their values.</summary>
public enum Dimension
{
    Feature,
    User,
    Team,
    Customer,
    /// <summary>The served model exactly as reported, else the requested one.</summary>
    Model,
    RequestedModel,
    Provider,
    Service,
    Environment,
    Endpoint,
    Operation,
    Session,
    /// <summary>A project's id, in its canonical form with hyphens.</summary>
    Project,
    /// <summary>The id of the virtual key that a call came to a gateway with. Policies ask for it; it is no name of the API's.</summary>
    GatewayKey,
}

/// <summary>The dimensions by their public names, and the only place where one becomes a column.</summary>
public static class Dimensions
{
    /// <summary>All that a caller of the API may group by, in the order in which they are documented.</summary>
    public static IReadOnlyList<Dimension> Groupable { get; } =
    [
        Dimension.Feature, Dimension.User, Dimension.Team, Dimension.Customer, Dimension.Model, Dimension.RequestedModel,
        Dimension.Provider, Dimension.Service, Dimension.Environment, Dimension.Endpoint, Dimension.Operation,
    ];

    /// <summary>All that a caller may filter by: not <see cref="Dimension.GatewayKey"/>.</summary>
    public static IReadOnlyList<Dimension> Filterable { get; } = [.. Groupable, Dimension.Session, Dimension.Project];

    /// <summary>The name in addresses, in JSON and on pages: camelCase.</summary>
    public static string Name(this Dimension dimension) => dimension switch
    {
        Dimension.Feature => "feature",
        Dimension.User => "user",
        Dimension.Team => "team",
        Dimension.Customer => "customer",
        Dimension.Model => "model",
        Dimension.RequestedModel => "requestedModel",
        Dimension.Provider => "provider",
        Dimension.Service => "service",
        Dimension.Environment => "environment",
        Dimension.Endpoint => "endpoint",
        Dimension.Operation => "operation",
        Dimension.Session => "session",
        Dimension.Project => "project",
        Dimension.GatewayKey => "gatewayKey",
        _ => throw new ArgumentOutOfRangeException(nameof(dimension), dimension, null),
    };

    public static bool TryParse(ReadOnlySpan<char> name, out Dimension dimension)
    {
        foreach (var candidate in Filterable)
        {
            if (!name.SequenceEqual(candidate.Name())) continue;
            dimension = candidate;
            return true;
        }

        dimension = default;
        return false;
    }

    internal static string Column(this Dimension dimension) => dimension switch
    {
        Dimension.RequestedModel => "requested_model",
        Dimension.Project => "project_id",
        Dimension.GatewayKey => "gateway_key",
        _ => dimension.Name(),
    };
}
