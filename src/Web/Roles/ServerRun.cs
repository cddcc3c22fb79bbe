using FinOps.Analytics.Stores;
using FinOps.Demo;
using FinOps.Web.Bootstrap;

namespace FinOps.Web.Roles;

/// <summary>The life of the server process around its features.</summary>
internal static class ServerRun
{
    /// <summary>How long <c>--role migrate</c> waits for stores that are away before it gives up.</summary>
    private static readonly TimeSpan MigrateTimeout = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan MigrateRetryDelay = TimeSpan.FromSeconds(1);

    /// <summary>The whole stop, engines aside. With them it stays below the ten seconds that a container is given.</summary>
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(7);

    public static void AddServer(this WebApplicationBuilder builder, StartOptions start, StoreAddresses stores, StartProgress progress)
    {
        // From bin/ the assets of packages are found through their manifest; published ones lie in wwwroot.
        builder.WebHost.UseStaticWebAssets();
        var services = builder.Services;
        services.Configure<HostOptions>(options => options.ShutdownTimeout = ShutdownTimeout);
        services.AddSingleton(start).AddSingleton(stores).AddSingleton(progress);
        services.AddProblemDetails().AddExceptionHandler<AnswerFailures>().AddSingleton<AnswerFailures>();
        services.AddHttpContextAccessor();
        services.AddHttpClient();
        services.AddSingleton<Readiness>();
        services.AddSingleton<StartBanner>();
        services.AddSingleton<BootstrapInstallation>();
        services.AddSingleton<DemoProgress>();
        services.AddSingleton<DemoStart>();
        services.AddHostedService(provider => provider.GetRequiredService<DemoStart>());
        services.AddSingleton<PrepareStores>();
        services.AddHostedService(provider => provider.GetRequiredService<PrepareStores>());
    }

    public static async Task<int> RunAsync(WebApplication app, StartOptions start, CancellationToken stop)
    {
        var prepare = app.Services.GetRequiredService<PrepareStores>();
        if (start.Role == ServerRole.Migrate) return await MigrateAsync(app, prepare, stop);

        // Once before listening, so that a sound start is orderly; a store that is away does not hold up the server.
        await prepare.TryAsync(stop);
        await app.StartAsync(stop);
        var banner = app.Services.GetRequiredService<StartBanner>();
        if (app.Services.GetRequiredService<StoresReady>().IsOpen) banner.Print();
        else app.Services.GetRequiredService<StartProgress>().Report($"Listening at {banner.HttpAddress}, waiting for the stores");

        await using (stop.Register(app.Lifetime.StopApplication))
        {
            await app.WaitForShutdownAsync(CancellationToken.None);
        }

        if (prepare.Failure is not { } failure) return 0;
        throw new StartException(failure.Message, failure);
    }

    private static async Task<int> MigrateAsync(WebApplication app, PrepareStores prepare, CancellationToken stop)
    {
        var clock = app.Services.GetRequiredService<TimeProvider>();
        var began = clock.GetTimestamp();
        while (await prepare.TryAsync(stop) is { } problem)
        {
            if (clock.GetElapsedTime(began) > MigrateTimeout) throw new StartException(problem);
            await Task.Delay(MigrateRetryDelay, clock, stop);
        }

        return 0;
    }
}
