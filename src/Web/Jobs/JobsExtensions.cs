using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Web.Authentication;
using FinOps.Web.Roles;
using Hangfire;
using Hangfire.Dashboard;

namespace FinOps.Web.Jobs;

internal static class JobsExtensions
{
    public const string DashboardPath = "/jobs";

    public static IServiceCollection AddJobs(this IServiceCollection services, ServerRole role, PostgresOptions postgres)
    {
        services.AddSingleton(provider => new JobStorageSource(postgres, provider.GetRequiredService<StoresReady>()));
        // Null while PostgreSQL is away: whoever wants to start a job then leaves it to the recurring one.
        services.AddTransient<IBackgroundJobClient>(provider =>
            provider.GetRequiredService<JobStorageSource>().Current is { } storage ? new BackgroundJobClient(storage) : null!);
        services.AddSingleton(new RecurringJobs(AnalyticsJobs.Schedule));
        if (role.RunsJobs()) services.AddHostedService<RunJobs>();
        return services;
    }

    /// <summary>Hangfire's own dashboard. It shows the jobs of all tenants, so it is for whoever runs the installation and for no tenant's administrator.</summary>
    public static void MapJobsDashboard(this IEndpointRouteBuilder endpoints)
    {
        var source = endpoints.ServiceProvider.GetRequiredService<JobStorageSource>();
        RequestDelegate? dashboard = null;
        endpoints.Map(DashboardPath + "/{**path}", context =>
        {
            if (source.Current is not { } storage)
            {
                context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                return context.Response.WriteAsync("The jobs are not there yet: the stores are not ready.\n", context.RequestAborted);
            }

            // Built once; two first requests at the same time build two equal ones, which does no harm.
            dashboard ??= Build(endpoints, storage);
            return dashboard(context);
        }).RequireAuthorization(AccessPolicies.ManageJobs).ExcludeFromDescription();
    }

    private static RequestDelegate Build(IEndpointRouteBuilder endpoints, JobStorage storage)
    {
        var options = new DashboardOptions
        {
            // The endpoint's policy decides who comes in.
            Authorization = [],
            DashboardTitle = "Jobs",
            AppPath = "/",
            DisplayStorageConnectionString = false,
        };
        return endpoints.CreateApplicationBuilder()
            .UsePathBase(DashboardPath)
            .UseMiddleware<AspNetCoreDashboardMiddleware>(storage, options, DashboardRoutes.Routes)
            .Build();
    }
}
