namespace FinOps.Web.Roles;

/// <summary>What this process does. One executable, so that a laptop runs one process and a cluster runs each part by itself.</summary>
public enum ServerRole
{
    /// <summary>Everything below, with embedded engines where no connection string is given.</summary>
    All,

    /// <summary>Pages and the REST API.</summary>
    Web,

    /// <summary>The OTLP endpoints.</summary>
    Ingest,

    /// <summary>Settling, roll-ups and imports.</summary>
    Jobs,

    /// <summary>Brings both stores up to date, then ends.</summary>
    Migrate,
}

internal static class ServerRoles
{
    public static bool ServesPages(this ServerRole role) => role is ServerRole.All or ServerRole.Web;

    public static bool TakesTelemetry(this ServerRole role) => role is ServerRole.All or ServerRole.Ingest;

    public static bool RunsJobs(this ServerRole role) => role is ServerRole.All or ServerRole.Jobs;

    public static bool Migrates(this ServerRole role) => role is ServerRole.All or ServerRole.Migrate;
}
