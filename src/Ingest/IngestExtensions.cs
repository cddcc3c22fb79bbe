using FinOps.Domain.Outcomes;
using FinOps.Domain.Quotas;
using FinOps.Domain.Samples;
using FinOps.Ingest.Authentication;
using FinOps.Ingest.Health;
using FinOps.Ingest.Mapping;
using FinOps.Ingest.Otlp;
using FinOps.Ingest.Otlp.Bodies;
using FinOps.Ingest.Pipeline;
using FinOps.Ingest.Quotas;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace FinOps.Ingest;

public static class IngestExtensions
{
    /// <summary>
    /// The front door: transports, keys, limits, mapping and counters. Needs an <see cref="Domain.Tenancy.IKeyDirectory"/>, an
    /// <see cref="Domain.Pricing.IPriceSource"/>, an <see cref="IRowWriter"/> (AddPipeline) and the ClickHouse store (AddClickHouse).
    /// </summary>
    public static IServiceCollection AddIngest(this IServiceCollection services)
    {
        services.AddOptions<OtlpOptions>().BindConfiguration(OtlpOptions.Section).ValidateOnStart();
        services.AddOptions<KeyRingOptions>().BindConfiguration(KeyRingOptions.Section).ValidateOnStart();
        services.AddOptions<IngestEventsOptions>().BindConfiguration(IngestEventsOptions.Section).ValidateOnStart();
        services.AddOptions<MappingLimits>().BindConfiguration(MappingLimits.Section).ValidateOnStart();
        services.AddSingleton<ValidateIngestOptions>();
        services.AddSingleton<IValidateOptions<OtlpOptions>>(provider => provider.GetRequiredService<ValidateIngestOptions>());
        services.AddSingleton<IValidateOptions<KeyRingOptions>>(provider => provider.GetRequiredService<ValidateIngestOptions>());
        services.AddSingleton<IValidateOptions<IngestEventsOptions>>(provider => provider.GetRequiredService<ValidateIngestOptions>());
        services.AddSingleton<IValidateOptions<MappingLimits>>(provider => provider.GetRequiredService<ValidateIngestOptions>());

        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<RowBatchPool>();
        services.TryAddSingleton<TelemetryMapper>();
        services.AddMetrics();
        services.AddSingleton<IngestMetrics>();
        services.AddSingleton<IngestEvents>();
        services.TryAddSingleton<IIngestEventStore, ClickHouseIngestEvents>();
        services.AddSingleton<KeyRing>();
        services.AddSingleton<MemoryBudget>();
        services.AddOptions<DoorOptions>().BindConfiguration(DoorOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<DoorOptions>>(provider => provider.GetRequiredService<ValidateIngestOptions>());
        services.TryAddSingleton<IQuotaSource, NoQuotas>();
        services.TryAddSingleton<ISampleSource, NoSamples>();
        services.TryAddSingleton<IOutcomeSource, NoOutcomes>();
        services.AddSingleton<TenantDoors>();
        services.AddSingleton<IMemoryPoolFactory<byte>, ReceiveBlocks.Factory>();
        services.AddSingleton<Admission>();
        services.AddSingleton<ExportReceiver>();
        services.AddSingleton<HttpTransport>();
        services.AddSingleton<GrpcTransport>();
        services.AddSingleton<OtlpDoor>();
        services.AddHostedService<FlushIngestEvents>();
        services.AddHostedService<RecordKeyUse>();
        return services;
    }

    /// <summary>Looks in ClickHouse for what limits the tenants that send. Needs <c>AddClickHouse</c> and <c>AddQuotas</c>.</summary>
    public static IServiceCollection FollowTenants(this IServiceCollection services) => services.AddHostedService<FollowTenants>();

    /// <summary>Serves OTLP. Call it first: these requests pass no other middleware, and nothing else is served on the OTLP ports.</summary>
    public static IApplicationBuilder MapIngest(this IApplicationBuilder app)
    {
        var door = app.ApplicationServices.GetRequiredService<OtlpDoor>();
        return app.Use(next => context => door.InvokeAsync(context, next));
    }
}
