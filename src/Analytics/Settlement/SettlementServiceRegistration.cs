using FinOps.Analytics.Spend;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace FinOps.Analytics.Settlement;

public static class SettlementServiceRegistration
{
    /// <summary>
    /// Registers what settling and the roll-up jobs need; <paramref name="runsJobs"/> also starts the loop (roles jobs and all).
    /// Needs <c>AddClickHouse</c>, <c>AddPostgres</c> and <c>AddPrices</c>. An <c>IBackgroundJobClient</c> in the container lets arrivals start roll-ups at once.
    /// </summary>
    public static IServiceCollection AddSettlement(this IServiceCollection services, IConfiguration configuration, bool runsJobs)
    {
        services.AddOptions<SettlementOptions>()
            .Bind(configuration.GetSection(SettlementOptions.Section))
            .Validate(o => o.PollMilliseconds is >= 50 and <= 5_000, $"{SettlementOptions.Section}:{nameof(SettlementOptions.PollMilliseconds)} must be 50 to 5000.")
            .Validate(o => o.InFlightSeconds >= 11, $"{SettlementOptions.Section}:{nameof(SettlementOptions.InFlightSeconds)} must be at least 11: inserts last up to 10.")
            .Validate(o => o.SweepSeconds is >= 1 and <= 5, $"{SettlementOptions.Section}:{nameof(SettlementOptions.SweepSeconds)} must be 1 to 5.")
            .Validate(o => o.LateParentMinutes is >= 30 and <= 1_440, $"{SettlementOptions.Section}:{nameof(SettlementOptions.LateParentMinutes)} must be 30 to 1440.")
            .Validate(o => o.TraceReachMinutes >= 30, $"{SettlementOptions.Section}:{nameof(SettlementOptions.TraceReachMinutes)} must be at least 30: shorter spans are not known by name.")
            .Validate(o => o.MaxTouches >= 1 && o.MaxTracesPerBatch is >= 1 and <= 1_000 && o.MaxSpansPerBatch >= 1_000 && o.MaxRemembered >= 0 && o.MaxRetrySeconds >= 1 && o.RollUpEverySeconds >= 1,
                $"{SettlementOptions.Section}: a limit is too small, or {nameof(SettlementOptions.MaxTracesPerBatch)} is above 1000.")
            .ValidateOnStart();
        services.AddOptions<RollUpOptions>()
            .Bind(configuration.GetSection(RollUpOptions.Section))
            .Validate(o => o.QuietSeconds >= 11, $"{RollUpOptions.Section}:{nameof(RollUpOptions.QuietSeconds)} must be at least 11: inserts last up to 10.")
            .Validate(o => o.MaxCellsPerBatch is >= 1 and <= 1_000 && o.MaxChangesPerBatch >= 1 && o.KeepOldMinutes >= 1 && o.MaxCellsPerRun >= 1 && o.MaxDaysPerRun >= 1 && o.RecentSeconds >= 60,
                $"{RollUpOptions.Section}: a limit is too small, or {nameof(RollUpOptions.MaxCellsPerBatch)} is above 1000.")
            .ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<SettlementState>();
        services.AddTransient<RebuildCells>();
        services.AddTransient<RebuildAllCells>();
        services.AddTransient<RemoveOldGenerations>();
        if (!runsJobs) return services;
        services.AddSingleton<ISettlerLease, PostgresSettlerLease>();
        services.AddSingleton<RollUpTrigger>();
        services.AddHostedService<SettleTraces>();
        return services;
    }
}
