using FinOps.Domain.Tenancy;
using Microsoft.Extensions.Logging;

namespace FinOps.Analytics.Policies;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "Which bundles of policies are new could not be read; agents keep what they have until it can")]
    public static partial void HeadsNotRead(ILogger logger, Exception failure);

    [LoggerMessage(Level = LogLevel.Information, Message = "Tenant {Tenant}: bundle {Version} with {Policies} policies was sent out")]
    public static partial void Published(ILogger logger, TenantId tenant, long version, int policies);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Tenant {Tenant}: the agent {Agent} refused bundle {Version} ({Refusal})")]
    public static partial void Refused(ILogger logger, TenantId tenant, Guid agent, long version, string refusal);

    [LoggerMessage(Level = LogLevel.Error, Message = "Tenant {Tenant}: new prices were not sent to its gateways")]
    public static partial void PricesNotSent(ILogger logger, Exception failure, TenantId tenant);

    [LoggerMessage(Level = LogLevel.Error, Message = "Tenant {Tenant}: which agents are silent could not be found out")]
    public static partial void NotWatched(ILogger logger, Exception failure, TenantId tenant);
}
