using FinOps.Analytics.Audit;
using FinOps.Analytics.Quotas;
using FinOps.Analytics.Stores;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Analytics.Tests.Accounts;
using FinOps.Analytics.Tests.Prices;
using FinOps.Domain.Quotas;
using FinOps.Domain.Tenancy;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Tests.Quotas;

/// <summary>Limits of tenants on the real PostgreSQL.</summary>
public sealed class TenantQuotasTests(PriceBookFixture fixture)
{
    private static readonly IOptions<QuotaOptions> Defaults = Options.Create(new QuotaOptions());

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SetAsync_TheSameAgain_RecordsNothing()
    {
        await using var services = await fixture.CreateAsync();
        var quotas = Open(services);
        var tenant = (await services.GetRequiredService<Tenants>().EnsureAsync("One", Token)).Id;
        var wanted = new Dictionary<Quota, long> { [Quota.DistinctUsers] = 7 };

        await quotas.SetAsync(tenant, wanted, Actor.Start, "trial", Token);
        await quotas.SetAsync(tenant, wanted, Actor.Start, "trial", Token);
        var settings = await quotas.FindAsync(tenant, Token);

        Assert.Equal((7, new QuotaOptions().StorageBytes), (settings!.Limits[Quota.DistinctUsers], settings.Limits[Quota.StorageBytes]));
        var entry = Assert.Single((await services.GetRequiredService<AuditReader>().AskAsync(new AuditQuestion(tenant) { Act = AuditActs.QuotasChanged }, Token)).Entries);
        Assert.Equal(("trial", """{"distinctUsers":7}"""), (entry.Why, entry.After));
    }

    [Fact]
    public async Task SetAsync_WithoutATenantOrWithAnImpossibleLimit_ChangesNothing()
    {
        await using var services = await fixture.CreateAsync();
        var quotas = Open(services);
        var tenant = (await services.GetRequiredService<Tenants>().EnsureAsync("One", Token)).Id;

        Assert.Null(await quotas.SetAsync(new TenantId(Guid.NewGuid()), new Dictionary<Quota, long>(), Actor.Start, null, Token));
        await Assert.ThrowsAsync<TenancyException>(() => quotas.SetAsync(tenant, new Dictionary<Quota, long> { [Quota.StorageBytes] = -1 }, Actor.Start, null, Token));
    }

    [Fact]
    public async Task Book_AfterALook_KnowsWhatIsSetForEachTenantAndDefaultsForTheRest()
    {
        await using var services = await fixture.CreateAsync();
        var tenants = services.GetRequiredService<Tenants>();
        var (one, two) = ((await tenants.EnsureAsync("One", Token)).Id, (await tenants.EnsureAsync("Two", Token)).Id);
        using var book = new QuotaBook(
            services.GetRequiredService<FinOpsDatabase>(), services.GetRequiredService<StoresReady>(), Defaults, TimeProvider.System, NullLogger<QuotaBook>.Instance);

        await Open(services).SetAsync(one, new Dictionary<Quota, long> { [Quota.DistinctUsers] = 7 }, Actor.Start, null, Token);
        await book.RefreshAsync(Token);

        Assert.Equal((7, new QuotaOptions().DistinctUsers), (book.Current(one)[Quota.DistinctUsers], book.Current(two)[Quota.DistinctUsers]));
        await Open(services).SetAsync(one, new Dictionary<Quota, long>(), Actor.Start, null, Token);
        await book.RefreshAsync(Token);
        Assert.Equal(new QuotaOptions().DistinctUsers, book.Current(one)[Quota.DistinctUsers]);
    }

    private static TenantQuotas Open(IServiceProvider services) => new(services.GetRequiredService<FinOpsDatabase>(), Defaults, TimeProvider.System);
}
