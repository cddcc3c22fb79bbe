using FinOps.Analytics.Audit;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Npgsql;

namespace FinOps.Analytics.Stores.Postgres;

public static class PostgresExtensions
{
    /// <summary>The assembly that carries the EF Core migrations.</summary>
    public const string MigrationsAssembly = "FinOps.Migrations.Postgres";

    /// <summary>Registers the application's data source, the contexts and the tenancy services. Connects to nothing.</summary>
    public static IServiceCollection AddPostgres(this IServiceCollection services, PostgresOptions options)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.AddSingleton(_ => NpgsqlDataSource.Create(options.ForApp()));
        services.AddSingleton(provider =>
        {
            var builder = new DbContextOptionsBuilder<FinOpsDbContext>();
            builder.UseLoggerFactory(provider.GetRequiredService<Microsoft.Extensions.Logging.ILoggerFactory>());
            Use(builder, provider.GetRequiredService<NpgsqlDataSource>());
            return builder.Options;
        });
        services.AddSingleton<FinOpsDatabase>();
        // Identity's stores and Data Protection ask for a scoped context; everything else says whose rows it works on.
        services.AddScoped(provider => provider.GetRequiredService<FinOpsDatabase>().OpenWithoutTenant());
        services.AddSingleton<AuditTrail>();
        services.AddSingleton<AuditReader>();
        services.AddSingleton<AccessKeys>();
        services.AddSingleton<IKeyDirectory>(provider => provider.GetRequiredService<AccessKeys>());
        services.AddSingleton<Tenants>();
        services.AddSingleton<Members>();
        services.AddSingleton<Installations>();
        services.AddSingleton<Invitations>();
        services.AddSingleton<UserSessions>();
        services.AddSingleton<AuthenticatorSteps>();
        services.AddSingleton<GroupMemberships>();
        services.AddSingleton<PostgresMigrator>();
        services.AddSingleton<StoresReady>();
        return services;
    }

    /// <summary>The one way a context is configured: at run time, at design time and in tests.</summary>
    public static void Use(DbContextOptionsBuilder builder, NpgsqlDataSource source) => builder
        .UseNpgsql(source, npgsql => npgsql
            .MigrationsAssembly(MigrationsAssembly)
            .MigrationsHistoryTable("migrations", FinOpsDbContext.Schema))
        .UseSnakeCaseNamingConvention();
}
