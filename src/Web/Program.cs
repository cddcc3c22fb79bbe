using FinOps.Analytics.Anomalies;
using FinOps.Analytics.Bills;
using FinOps.Analytics.Budgets;
using FinOps.Analytics.Channels;
using FinOps.Analytics.Commitments;
using FinOps.Analytics.Deletion;
using FinOps.Analytics.Digests;
using FinOps.Analytics.Gpus;
using FinOps.Analytics.Outcomes;
using FinOps.Analytics.Policies;
using FinOps.Analytics.PriceChecks;
using FinOps.Analytics.Prices;
using FinOps.Analytics.Quotas;
using FinOps.Analytics.Reratings;
using FinOps.Analytics.Retention;
using FinOps.Analytics.Runaways;
using FinOps.Analytics.Samples;
using FinOps.Analytics.Settlement;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Analytics.Vectors;
using FinOps.Embedded;
using FinOps.Ingest;
using FinOps.Ingest.Pipeline;
using FinOps.Web.Api;
using FinOps.Web.Authentication;
using FinOps.Web.Bootstrap;
using FinOps.Web.Channels;
using FinOps.Web.Digests;
using FinOps.Web.Features.Audit;
using FinOps.Web.Features.Backups;
using FinOps.Web.Features.Exports;
using FinOps.Web.Jobs;
using FinOps.Web.Mail;
using FinOps.Web.Parts;
using FinOps.Web.Roles;
using FinOps.Web.Shell;
using Microsoft.Extensions.Options;
using MudBlazor.Services;

if (args is ["audit", ..])
{
    using var stopped = new StopSignal();
    return await VerifyCommand.RunAsync(args, Environment.GetEnvironmentVariable, stopped.Token);
}

if (args is ["backup" or "restore", ..])
{
    using var stopped = new StopSignal();
    return await BackupCommand.RunAsync(args, Environment.GetEnvironmentVariable, stopped.Token);
}

// 1. What the operator asked for.
var (start, problems) = StartOptions.Read(args, Environment.GetEnvironmentVariable);
if (start is null)
{
    foreach (var problem in problems) Console.Error.WriteLine(problem);
    return 2;
}

var progress = new StartProgress(TimeProvider.System, Console.Out);
using var stop = new StopSignal();
try
{
    // 2. What this process needs around it. The engines are opened first and closed last.
    Listeners.RequireFreePorts(start);
    using var startLog = QuietLogging.ForTheStart();
    await using var stores = await StoreAddresses.OpenAsync(start, progress, startLog, stop.Token);
    Directory.CreateDirectory(start.DataFolder);
    using var pid = PidFile.Write(start.DataFolder);

    // 3. What it is made of.
    var builder = WebApplication.CreateBuilder(new WebApplicationOptions
    {
        Args = ["--hostBuilder:reloadConfigOnChange=false"],
        ContentRootPath = AppContext.BaseDirectory,
    });
    builder.LogQuietly();
    builder.ListenFor(start);
    builder.AddServer(start, stores, progress);
    builder.Services.AddPostgres(stores.Postgres);
    builder.Services.AddClickHouse(
        builder.Configuration, clickHouse => (clickHouse.ConnectionString, clickHouse.AppConnectionString) = (stores.ClickHouse ?? "", stores.ClickHouseApp ?? ""));
    builder.Services.AddSignIn(builder.Configuration, start);
    builder.Services.AddMail(start.Role);
    builder.Services.AddJobs(start.Role, stores.Postgres);
    builder.Services.AddPrices(builder.Configuration);
    builder.Services.AddPriceChecks(builder.Configuration);
    builder.Services.AddGpus(builder.Configuration);
    builder.Services.AddVectors(builder.Configuration);
    builder.Services.AddReratings(builder.Configuration);
    builder.Services.AddSettlement(builder.Configuration, start.Role.RunsJobs());
    builder.Services.AddRetention(builder.Configuration);
    builder.Services.AddDeletion(builder.Configuration);
    builder.Services.AddSpend();
    builder.Services.AddCommitments(builder.Configuration);
    builder.Services.AddBills(builder.Configuration);
    builder.Services.AddBudgets(builder.Configuration);
    builder.Services.AddChannels(builder.Configuration);
    builder.Services.AddChannelDelivery(start.Role);
    builder.Services.AddDigests(builder.Configuration);
    builder.Services.AddDigestMail();
    builder.Services.AddRunaways(builder.Configuration, start.Role.RunsJobs());
    builder.Services.AddAnomalies(builder.Configuration);
    builder.Services.AddSamples(builder.Configuration, start.Role.TakesTelemetry());
    builder.Services.AddOutcomes(builder.Configuration, start.Role.TakesTelemetry());
    builder.Services.AddQuotas(builder.Configuration);
    builder.Services.AddPolicies(builder.Configuration, start.Role.ServesPages());
    if (start.Role.ServesPages()) builder.Services.AddFinOpsApi();
    if (start.Role.TakesTelemetry()) builder.Services.AddPipeline(builder.Configuration, Path.Combine(start.DataFolder, "spool")).AddIngest().FollowTenants();
    if (start.Role.ServesPages()) builder.Services.AddMudServices().AddAttendance().AddRazorComponents().AddInteractiveServerComponents();
    await using var app = builder.Build();

    // 4. What it answers.
    app.UseTrustedProxies(start);
    if (start.Role.TakesTelemetry()) app.MapIngest();
    app.UseExceptionHandler();
    app.UseSecurityHeaders();
    app.UseNotFoundPage();
    app.UseMiddleware<RefuseOverQuota>();
    app.UseAuthentication();
    app.UseAuthorization();
    app.UseAntiforgery();
    app.MapHealth();
    if (start.Role.ServesPages())
    {
        app.MapStaticAssets().AllowAnonymous();
        app.MapSignOut();
        app.MapOrganisationChoice();
        app.MapOidc();
        app.MapUnsubscribe();
        app.MapDigestUnsubscribe();
        app.MapSlackInteractions();
        app.MapJobsDashboard();
        app.MapFinOpsApi();
        app.MapAuditExport();
        app.MapFocusExport();
        app.MapRazorComponents<App>().AddInteractiveServerRenderMode(SecurityHeaders.LeaveFraming).RequireMemberElsewhere();
    }

    app.RequirePolicies();

    // 5. Until it is told to stop.
    return await ServerRun.RunAsync(app, start, stop.Token);
}
catch (Exception failure) when (failure is StartException or EngineException or TenancyException or OptionsValidationException)
{
    Console.Error.WriteLine(failure.Message);
    return 1;
}
catch (OperationCanceledException) when (stop.Token.IsCancellationRequested)
{
    return 0;
}
