using System.Collections;
using System.Reflection;
using System.Text.RegularExpressions;
using FinOps.Analytics.Tenancy;
using FinOps.Integration.Tests.Wire;
using FinOps.Testing;
using Microsoft.AspNetCore.Components;

namespace FinOps.Integration.Tests.Isolation;

/// <summary>Everything else through which one tenant might meet another: routes, pages, jobs and what is remembered between requests. What is new fails until it stands here.</summary>
public sealed partial class SurfaceTests(Installation installation)
{
    /// <summary>Every route that the sources register, with the reason why no tenant meets another there.</summary>
    private static readonly Dictionary<string, string> Routes = new(StringComparer.Ordinal)
    {
        ["DocumentPath"] = "the API's description, the same for everyone",
        ["ReferencePath"] = "the page of that description",
        ["/api/v1"] = "the group of the next ones",
        ["/costs"] = "RestIsolationTests",
        ["/costs/changes"] = "RestIsolationTests",
        ["/forecast"] = "RestIsolationTests",
        ["/calls"] = "RestIsolationTests",
        ["/calls/{id}"] = "RestIsolationTests",
        ["/calls/{id}/sample"] = "RestIsolationTests",
        ["/samples"] = "RestIsolationTests",
        ["/sampling"] = "SamplesTests",
        ["/sampling/{project:guid}"] = "SamplesTests",
        ["/unit-costs"] = "RestIsolationTests",
        ["/outcomes"] = "OutcomesTests",
        ["/outcome-definitions"] = "OutcomesTests",
        ["/outcome-definitions/{id:guid}"] = "OutcomesTests",
        ["/prices/unpriced"] = "ReratingsApiTests",
        ["/reratings"] = "ReratingsApiTests",
        ["/reratings/{id:guid}"] = "ReratingsApiTests",
        ["/reratings/{id:guid}/apply"] = "ReratingsApiTests",
        ["/reratings/{id:guid}/revert"] = "ReratingsApiTests",
        ["/reratings/{id:guid}/cancel"] = "ReratingsApiTests",
        ["/audit"] = "RestIsolationTests",
        ["/audit/verify"] = "RestIsolationTests",
        ["/currency"] = "CostsApiTests",
        ["/currency-rates"] = "CostsApiTests",
        ["/exports/focus"] = "RestIsolationTests",
        ["Path"] = "the same file for the person who looks at Settings, whose organisation comes from the session, tried below",
        ["/keys"] = "RestIsolationTests",
        ["/keys/{name}"] = "RestIsolationTests",
        ["/keys/{name}/rotate"] = "RestIsolationTests",
        ["/organisation"] = "OrganisationApiTests",
        ["/projects"] = "OrganisationApiTests",
        ["/projects/{name}"] = "OrganisationApiTests",
        ["/members"] = "OrganisationApiTests",
        ["/members/{email}"] = "OrganisationApiTests",
        ["/members/{email}/digest"] = "OrganisationApiTests",
        ["/invitations"] = "OrganisationApiTests",
        ["/invitations/{email}"] = "OrganisationApiTests",
        ["/organisations"] = "any organisation, for keys that only whoever runs the installation can make: OrganisationApiTests",
        ["/organisations/{name}"] = "the same",
        ["/people/{email}"] = "any account, for the same keys: AccountDeletionTests",
        ["/quotas"] = "QuotasTests",
        ["/organisations/{name}/quotas"] = "any organisation's, for keys that only whoever runs the installation can make: QuotasTests",
        ["/erasures"] = "RestIsolationTests",
        ["/erasures/{id:guid}"] = "RestIsolationTests",
        ["/prices"] = "PricesApiTests, as all of the next ones",
        ["/prices/{id}"] = "own prices alone can be changed",
        ["/prices/history"] = "the public list and own prices",
        ["/prices/changes"] = "imports of the public list and own changes",
        ["/prices/changes/{id}"] = "the same",
        ["/prices/changes/{id}/undo"] = "own changes alone",
        ["/prices/cross-check"] = "public facts, the same for everyone; who runs the installation alone starts it",
        ["/prices/aliases"] = "own aliases",
        ["/prices/aliases/{id}"] = "own aliases alone can be ended",
        ["/resources/gpus"] = "rows of the key's own tenant, behind its row policy: RebuildDeviceCostsTests, ResourcesApiTests",
        ["/resources/gpus/costs"] = "the same",
        ["/resources/vectors"] = "rows of the key's own tenant, behind its row policy: RebuildDataStoreCostsTests, VectorsApiTests",
        ["/resources/vectors/costs"] = "the same",
        ["/commitments"] = "CommitmentsApiTests",
        ["/commitments/{id:guid}"] = "CommitmentsApiTests",
        ["/commitments/{id:guid}/history"] = "CommitmentsApiTests",
        ["/commitments/{id:guid}/undo"] = "CommitmentsApiTests",
        ["/commitments/use"] = "CommitmentsApiTests, CommitmentsTests",
        ["/commitments/preview"] = "CommitmentsApiTests",
        ["/data-store-prices"] = "VectorsApiTests",
        ["/data-store-prices/{id:guid}"] = "VectorsApiTests",
        ["/resource-prices"] = "ResourcesApiTests",
        ["/resource-prices/{id:guid}"] = "ResourcesApiTests",
        ["/retention"] = "RestIsolationTests",
        ["/budgets"] = "BudgetsApiTests, as all of the next ones",
        ["/budgets/preview"] = "the key's own calls",
        ["/budgets/{id:guid}"] = "own budgets alone",
        ["/budgets/{id:guid}/history"] = "the same",
        ["/budgets/{id:guid}/undo"] = "the same",
        ["/budgets/{id:guid}/restore"] = "the same",
        ["/budgets/{id:guid}/evaluation"] = "the same",
        ["/budgets/{id:guid}/leases"] = "own budgets alone: PoliciesApiTests",
        ["/alerts"] = "BudgetsApiTests, as all of the next ones",
        ["/alerts/{id:guid}"] = "own alerts alone",
        ["/alerts/{id:guid}/acknowledge"] = "the same",
        ["/alerts/{id:guid}/resolve"] = "the same",
        ["/alerts/{id:guid}/reopen"] = "the same",
        ["/alerts/{id:guid}/judgement"] = "the same",
        ["/alerts/{id:guid}/snooze"] = "the same",
        ["/channels"] = "ChannelsApiTests, as all of the next ones",
        ["/channels/{id:guid}"] = "own channels alone",
        ["/channels/{id:guid}/test"] = "the same",
        ["/alert-routes"] = "own routes, which lead to own channels alone",
        ["/alert-routes/{id:guid}"] = "the same",
        ["/deliveries"] = "the log of own channels",
        ["/deliveries/messages"] = "messages to own channels",
        ["/deliveries/messages/{id:guid}/resend"] = "the same",
        ["/deliveries/messages/{id:guid}"] = "the same",
        ["/policies"] = "PoliciesApiTests, as all of the next ones",
        ["/policies/{id}"] = "own policies alone",
        ["/policies/{id}/truncation"] = "own calls, under the tenant's row policy: TruncationTests",
        ["/policies/preview"] = "own calls, by the sums of every page",
        ["/policies/{id}/{version:int}/submit"] = "the same",
        ["/policies/{id}/{version:int}/approve"] = "the same",
        ["/policies/{id}/{version:int}/refuse"] = "the same",
        ["/policies/{id}/{version:int}/withdraw"] = "the same",
        ["/agents"] = "own agents",
        ["/agents/enrolments"] = "own agents, of own projects",
        ["/agents/{id:guid}"] = "own agents alone",
        ["/gateway-keys"] = "GatewayKeysApiTests, as the next one",
        ["/gateway-keys/{id}"] = "own keys alone",
        ["/agent/v1"] = "the group of the next ones, whose tenant comes from the agent's key alone: PoliciesApiTests",
        ["/enrol"] = "the tenant whose one-time token it is",
        ["/bundle"] = "the bundle of the key's own tenant",
        ["/acknowledge"] = "the agent whose key it is",
        ["/heartbeat"] = "the same",
        ["/leases/reserve"] = "own budgets, for the agent whose key it is: PoliciesApiTests, LeaseLedgerTests",
        ["/leases/settle"] = "leases of the agent whose key it is",
        ["/leases/return"] = "the same",
        ["/metrics"] = "RestIsolationTests, MetricsApiTests",
        ["/detection"] = "DetectionApiTests",
        ["/bills"] = "BillsApiTests",
        ["/bills/{id:guid}"] = "BillsApiTests",
        ["/bills/{id:guid}/adjustments"] = "BillsApiTests",
        ["/bill-mappings"] = "BillsApiTests",
        ["/bill-mappings/{name}"] = "BillsApiTests",
        ["/bill-words"] = "BillsApiTests",
        ["/adjustments"] = "BillsApiTests",
        ["/adjustments/{id:guid}"] = "BillsApiTests",
        ["/months"] = "BillsApiTests",
        ["/months/{month}"] = "BillsApiTests",
        ["/months/{month}/corrections"] = "BillsApiTests",
        ["/api/{**path}"] = "says only that there is no such path",
        ["ExportPath"] = "the audit record of the caller's own organisation, tried below",
        ["StartPath"] = "sends the browser to the OpenID provider; knows no tenant",
        ["DonePath"] = "memberships come from the provider's groups and the person's own invitations: OidcTests",
        ["UnsubscribePath"] = "one recipient of one channel, whom the link names encrypted: DeliveryTests, MessageOutboxTests",
        ["DigestUnsubscribePath"] = "one member of one organisation, whom the link names encrypted: DigestMailTests, DigestsTests",
        ["InteractionsPath"] = "the alerts of the organisation whose channel's own secret signed the request: SlackInteractionsTests",
        ["SignOutPath"] = "ends the caller's own session",
        ["OrganisationPath"] = "another of the caller's own organisations: PlacesTests",
        ["DashboardPath"] = "all tenants' jobs: for whoever runs the installation, tried below",
        ["/healthz"] = "says that the process lives",
        ["/readyz"] = "says which store is away",
    };

    /// <summary>Every page; the browser tests visit each of them as another tenant (EndToEnd.Tests, IsolationTests).</summary>
    internal static readonly string[] Pages =
    [
        "/", "/account", "/account/delete", "/account/password", "/account/second-factor", "/agents", "/alerts", "/audit", "/bills", "/bills/{Id:guid}", "/budgets", "/budgets/new", "/budgets/{Id:guid}", "/calls", "/calls/{Id}", "/channels",
        "/denied", "/explore", "/gateway-keys", "/gpus", "/ingest", "/installation", "/installation/mail", "/invitation/{Token}", "/not-found", "/policies", "/prices", "/prices/changes",
        "/prices/changes/{Id:long}", "/prices/commitments", "/prices/cross-check", "/prices/currency", "/prices/model", "/prices/rerating", "/prices/rerating/{Id:guid}", "/prices/resources",
        "/prices/unpriced", "/refused", "/settings", "/sign-in", "/sign-in/code", "/sign-in/no-access", "/units", "/vectors", "/why",
    ];

    /// <summary>Every job of Hangfire, with the proof that it keeps tenants apart.</summary>
    private static readonly Dictionary<string, string> Jobs = new(StringComparer.Ordinal)
    {
        ["RebuildCells"] = "one tenant's cells, under that tenant's row policy: JobIsolationTests",
        ["RebuildAllCells"] = "finds tenants, then RebuildCells for each",
        ["RemoveOldGenerations"] = "deletes by tenant, cell and generation: RebuildCellsTests",
        ["RerateCalls"] = "one tenant's calls, under that tenant's row policy: RerateCallsTests",
        ["ResumeReratings"] = "finds re-ratings whose worker is gone, then RerateCalls for each",
        ["RebuildDeviceCosts"] = "one tenant's quarter hours, under that tenant's row policy: RebuildDeviceCostsTests",
        ["RebuildAllDeviceCosts"] = "finds tenants, then RebuildDeviceCosts for each",
        ["RemoveOldDeviceCosts"] = "deletes by tenant, cell and generation: RebuildDeviceCostsTests",
        ["RebuildDataStoreCosts"] = "one tenant's quarter hours, under that tenant's row policy: RebuildDataStoreCostsTests",
        ["RebuildAllDataStoreCosts"] = "finds tenants, then RebuildDataStoreCosts for each",
        ["RemoveOldDataStoreCosts"] = "deletes by tenant, cell and generation: RebuildDataStoreCostsTests",
        ["ApplyRetention"] = "deletes by tenant, each with a cut-off of its own: ApplyRetentionTests",
        ["DeleteTenant"] = "one tenant whose deletion was asked for: DeleteTenantTests",
        ["FinishDeletions"] = "DeleteTenant for each",
        ["EraseUser"] = "one tenant's rows, under that tenant's row policy: EraseUserTests",
        ["FinishErasures"] = "finds those that are not done, then EraseUser for each: FollowingJobsTests",
        ["RemoveExpiredSessions"] = "sessions are people's, not tenants'; deletes those past their time",
        ["CloseMonth"] = "one tenant's month, under that tenant's row policy: BillsTests",
        ["EvaluateBudgets"] = "one tenant after the other, each under its row policy and row-level security: EvaluateBudgetsTests",
        ["ForecastBudgets"] = "one tenant after the other, each under its row policy and row-level security: ForecastBudgetsTests",
        ["SendPrices"] = "finds tenants, then each behind its row-level security: SendPricesTests",
        ["WatchAgents"] = "finds tenants, then each behind its row-level security: AgentAlertTests",
        ["JudgeSpend"] = "one tenant after the other, each under its row policy and row-level security: JudgeSpendTests",
        ["RemoveOldAlerts"] = "one tenant after the other, each behind its row-level security: EvaluateBudgetsTests",
        ["RemoveOldMessages"] = "one tenant after the other, each behind its row-level security: EvaluateBudgetsTests, of the same shape",
        ["WriteDigests"] = "one member after the other, each within their own reach, behind their tenant's row policy and row-level security: DigestsTests",
        ["FindCorrections"] = "CloseMonth for each tenant",
        ["CrossCheckPrices"] = "public prices alone, of no tenant: CrossCheckPricesTests",
        ["ImportPrices"] = "public prices alone; a policy refuses all others",
    };

    /// <summary>What lives longer than a request and is found by a key, with the reason why the key cannot lead one tenant to another's value.</summary>
    private static readonly Dictionary<string, string> Memories = new(StringComparer.Ordinal)
    {
        ["FinOps.Ingest.Authentication.KeyRing._keys"] = "by the SHA-256 of a whole key, which one tenant has",
        ["FinOps.Ingest.Mapping.TelemetryMapper._idle"] = "mappers between two requests; they keep strings by their own bytes and are given key, tenant and prices anew",
        ["FinOps.Ingest.Mapping.Providers.Remembered"] = "spellings of providers' names; no tenant's data comes back out than the name that went in",
        ["FinOps.Analytics.Stores.ClickHouse.ClickHouseStore.Texts"] = "texts of statements, from the build",
        ["FinOps.Analytics.Budgets.LeaseSpends._known"] = "by tenant and budget, which is looked up behind that tenant's row-level security first: LeaseLedgerTests",
        ["FinOps.Analytics.Spend.SpendReader._shared"] = "by tenant and range, for the questions of one loading of a page: SpendReaderTests",
        ["FinOps.Analytics.Spend.RememberedCells._states"] = "by tenant and length of the range, and what it leads to is believed only where that tenant's cells say so again: ForeseenTests",
        ["FinOps.Analytics.Prices.PriceHistory._books"] = "by tenant and version of the book; each is read behind that tenant's row-level security: PriceBookTests",
        ["FinOps.Ingest.Quotas.TenantDoors._doors"] = "by tenant, who comes from the key",
        ["FinOps.Web.Authentication.ApiKeyUses._recorded"] = "by the key's id, which is unique over all tenants; holds a time",
        ["FinOps.Web.Api.ApiRateLimit._limiter"] = "by the key's id",
        ["FinOps.Web.Api.RefuseOverQuota._tenants"] = "by the SHA-256 of a whole key; it only refuses, and only when that key's own tenant is over its quota: QuotasTests",
        ["FinOps.Web.Authentication.SessionDirectory._known"] = "by the session's random id, and only for its own person; holds times",
        ["FinOps.Web.Authentication.SignInLimit._limiter"] = "by the network that a sign-in comes from; no tenant is known yet",
    };

    [Fact]
    public void Routes_OfTheSources_AreAllListed()
    {
        var found = SourceFiles().SelectMany(text => Registration().Matches(text).Select(match => match.Groups[1].Value.Trim('"'))).Distinct();

        Assert.Equal(Routes.Keys.Order(StringComparer.Ordinal), found.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Pages_OfTheProduct_AreAllListed() => Assert.Equal(
        Pages, typeof(FinOps.Web.Roles.StartOptions).Assembly.GetTypes().SelectMany(type => type.GetCustomAttributes<RouteAttribute>()).Select(route => route.Template)
            .Order(StringComparer.Ordinal));

    [Fact]
    public void Jobs_OfTheProduct_AreAllListed() => Assert.Equal(
        Jobs.Keys.Order(StringComparer.Ordinal),
        typeof(AccessKeys).Assembly.GetTypes().Where(type => type is { IsClass: true, IsPublic: true } && type.GetMethods().Any(method => method.Name == "RunAsync" && IsJob(method)))
            .Select(type => type.Name).Order(StringComparer.Ordinal));

    [Fact]
    public void Memories_ThatOutliveARequest_AreAllListed()
    {
        var found = new[] { "FinOps.Web", "FinOps.Ingest", "FinOps.Analytics" }.SelectMany(name => Assembly.Load(name).GetTypes())
            .SelectMany(type => type.GetFields(BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Where(field => IsMemory(field.FieldType))
            .Select(field => $"{field.DeclaringType!.FullName}.{field.Name}");

        Assert.Equal(Memories.Keys.Order(StringComparer.Ordinal), found.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Pages_AskedForByAnotherTenant_HoldNothingOfTheVictim()
    {
        await using var victim = await Victim.NewAsync(installation);
        var email = await installation.Server.Tenants.NewMemberAsync((await installation.NewTenantAsync()).Id, TenantRole.Admin);
        var (client, _) = await installation.Server.Process.SignInAsync(email, TenantMaker.Password);
        using (client)
        {
            foreach (var page in Pages)
            {
                using var response = await client.GetAsync(page.Replace("{Id}", victim.CallId, StringComparison.Ordinal));
                Assert.DoesNotContain(victim.Canary, await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            }

            using (var export = await client.GetAsync("/audit/export?format=jsonl"))
                Assert.DoesNotContain(victim.Sent.Tenant.Id.ToString(), await export.Content.ReadAsStringAsync(), StringComparison.Ordinal);

            using (var export = await client.GetAsync("/exports/focus?tags=feature,user"))
            {
                var file = await export.Content.ReadAsStringAsync();
                Assert.StartsWith("AvailabilityZone,BilledCost", file, StringComparison.Ordinal);
                Assert.DoesNotContain(victim.Canary, file, StringComparison.Ordinal);
            }

            foreach (var path in (string[])["/jobs", "/jobs/jobs/succeeded", "/jobs/recurring", "/jobs/servers"])
            {
                using var response = await client.GetAsync(path);
                Assert.Equal(System.Net.HttpStatusCode.Forbidden, response.StatusCode);
            }

            // A person's session is no key: the API does not take it.
            using var api = await client.GetAsync($"/api/v1/calls/{victim.CallId}");
            Assert.Equal(System.Net.HttpStatusCode.Unauthorized, api.StatusCode);
        }
    }

    /// <summary>The key ring and the price book are warm with the victim when the intruder comes, and the other way round.</summary>
    [Fact]
    public async Task Memories_WarmWithOneTenant_ServeTheOtherTheirOwn()
    {
        await using var one = await Sent.NewAsync(installation);
        await using var two = await Sent.NewAsync(installation);
        for (var round = 0; round < 5; round++)
        {
            await one.Sender.AcceptAsync(new TraceBuilder("one").Call(new Tokens(100, 10)));
            await two.Sender.AcceptAsync(new TraceBuilder("two").Call(new Tokens(1, 1)));
        }

        await one.Api.TotalBecomesAsync(Spend.Of([.. Enumerable.Repeat(new Tokens(100, 10), 5)]));
        await two.Api.TotalBecomesAsync(Spend.Of([.. Enumerable.Repeat(new Tokens(1, 1), 5)]));
        Assert.Equal(["one"], (await one.Api.RowsAsync("service")).Keys);
        Assert.Equal(["two"], (await two.Api.RowsAsync("service")).Keys);
    }

    private static bool IsJob(MethodInfo method) => method.ReturnType.IsAssignableTo(typeof(Task)) && method.GetParameters() is [.., { } last] && last.ParameterType == typeof(CancellationToken)
        && method.GetParameters().All(parameter => parameter.ParameterType != typeof(FinOps.Analytics.Stores.Postgres.StoreScope)) && !method.IsGenericMethod;

    private static bool IsMemory(Type type) => type.IsGenericType
        && (type.GetGenericTypeDefinition().Name is "ConcurrentDictionary`2" or "PartitionedRateLimiter`1" or "ConditionalWeakTable`2" or "ConcurrentBag`1" && type.IsAssignableTo(typeof(IEnumerable))
            || type.Name.StartsWith("PartitionedRateLimiter", StringComparison.Ordinal))
        || type.Name is "IMemoryCache" or "HybridCache" or "IDistributedCache" or "IOutputCacheStore";

    private static IEnumerable<string> SourceFiles()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root!.FullName, "FinOps.sln"))) root = root.Parent;
        return Directory.EnumerateFiles(Path.Combine(root.FullName, "src", "Web"), "*.cs", SearchOption.AllDirectories)
            .Where(path => !path.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)).Select(File.ReadAllText);
    }

    [GeneratedRegex(@"\.Map(?:Get|Post|Put|Patch|Delete|Methods|Fallback|Group|Hub|OpenApi|ScalarApiReference|)\(\s*(""[^""]*""|\w+)(?=[,\s)+])")]
    private static partial Regex Registration();
}
