using FinOps.Analytics.Audit;
using FinOps.Analytics.Tenancy;
using FinOps.Analytics.Tests.Accounts;
using FinOps.Analytics.Tests.Prices;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using Microsoft.Extensions.DependencyInjection;

namespace FinOps.Analytics.Tests.Tenancy;

/// <summary>The life of a key on the real engine.</summary>
public sealed class AccessKeysTests(PriceBookFixture fixture)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Ensure_TheSameAgain_ChangesAndRecordsNothing()
    {
        await using var services = await fixture.CreateAsync();
        var (keys, audit, tenant) = await OpenAsync(services);
        var wanted = new NewAccessKey(tenant.DefaultProject, KeyKind.Ingest, "checkout")
        {
            BoundTags = new Dictionary<Tag, string> { [Tag.Team] = "web", [Tag.Feature] = "checkout" },
            ExpiresAt = TimeProvider.System.GetUtcNow().AddDays(30),
        };

        var (made, token) = await keys.EnsureAsync(tenant.Id, wanted, _ => true, Actor.Start, Token);
        var (again, none) = await keys.EnsureAsync(tenant.Id, wanted, _ => true, Actor.Start, Token);

        Assert.NotNull(token);
        Assert.Null(none);
        Assert.Equal(made.Id, again.Id);
        Assert.Single((await audit.AskAsync(new AuditQuestion(tenant.Id) { Act = "key" }, Token)).Entries);

        var (changed, _) = await keys.EnsureAsync(tenant.Id, wanted with { ExpiresAt = null, BoundTags = new Dictionary<Tag, string> { [Tag.Team] = "web" } }, _ => true, Actor.Start, Token);
        Assert.Equal((made.Id, null, 1), (changed.Id, changed.ExpiresAt, changed.BoundTags.Count));
        Assert.Equal(AuditActs.KeyChanged, (await audit.AskAsync(new AuditQuestion(tenant.Id) { Act = "key" }, Token)).Entries[0].Act);
        var found = await keys.FindAsync(AccessKeyToken.Hash(token), Token);
        Assert.Equal(("checkout", "web", null), (found!.Name, found.Tags[Tag.Team], found.Tags[Tag.Feature]));
    }

    [Fact]
    public async Task Ensure_ManyAtOnce_MakesOneKey()
    {
        await using var services = await fixture.CreateAsync();
        var (keys, _, tenant) = await OpenAsync(services);

        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ =>
            keys.EnsureAsync(tenant.Id, new NewAccessKey(tenant.DefaultProject, KeyKind.Api, "one"), _ => true, Actor.Start, Token)));

        Assert.Single(answers, answer => answer.Token is not null);
        Assert.Single(answers.Select(answer => answer.Key.Id).Distinct());
    }

    [Fact]
    public async Task Rotate_ALiveKey_LeavesBothValidForTheOverlap()
    {
        await using var services = await fixture.CreateAsync();
        var (keys, audit, tenant) = await OpenAsync(services);
        var old = await keys.CreateAsync(tenant.Id, new NewAccessKey(tenant.DefaultProject, KeyKind.Api, "reports") { Scopes = [KeyScopes.ReadCosts] }, Actor.Start, Token);

        var successor = await keys.RotateAsync(tenant.Id, old.Id, TimeSpan.FromHours(1), _ => true, Actor.Start, Token);

        var now = TimeProvider.System.GetUtcNow();
        var before = await keys.FindAsync(AccessKeyToken.Hash(old.Token), Token);
        var after = await keys.FindAsync(AccessKeyToken.Hash(successor!.Token), Token);
        Assert.InRange(before!.ExpiresAt!.Value, now.AddMinutes(59), now.AddMinutes(61));
        Assert.Equal(("reports", null), (after!.Name, after.ExpiresAt));
        Assert.Equal([KeyScopes.ReadCosts], after.Scopes);
        Assert.Equal([KeyState.Active, KeyState.Rotated], (await keys.ListAsync(tenant.Id, Token)).Select(key => key.State(now)));
        // The name means the successor now; the old key has no second one.
        Assert.Null(await keys.RotateAsync(tenant.Id, old.Id, TimeSpan.FromHours(1), _ => true, Actor.Start, Token));
        Assert.Equal(successor.Id, (await keys.EnsureAsync(tenant.Id, new NewAccessKey(tenant.DefaultProject, KeyKind.Api, "reports") { Scopes = [KeyScopes.ReadCosts] }, _ => true, Actor.Start, Token)).Key.Id);
        var entry = (await audit.AskAsync(new AuditQuestion(tenant.Id) { Act = AuditActs.KeyRotated }, Token)).Entries.Single();
        Assert.Contains(successor.Id.ToString(), entry.After, StringComparison.Ordinal);
        Assert.DoesNotContain(successor.Token, entry.After, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Caller_WithFewerScopes_CannotGiveTakeOrRotateMore()
    {
        await using var services = await fixture.CreateAsync();
        var (keys, _, tenant) = await OpenAsync(services);
        var strong = await keys.CreateAsync(tenant.Id, new NewAccessKey(tenant.DefaultProject, KeyKind.Api, "strong") { Scopes = [KeyScopes.ReadAudit] }, Actor.Start, Token);
        static bool May(IReadOnlyList<string> scopes) => scopes.All(scope => scope is KeyScopes.ManageKeys or KeyScopes.ReadCosts);

        await Assert.ThrowsAsync<TenancyException>(() => keys.EnsureAsync(tenant.Id, new NewAccessKey(tenant.DefaultProject, KeyKind.Api, "mine") { Scopes = [KeyScopes.ReadAudit] }, May, Actor.Start, Token));
        await Assert.ThrowsAsync<TenancyException>(() => keys.EnsureAsync(tenant.Id, new NewAccessKey(tenant.DefaultProject, KeyKind.Api, "strong") { Scopes = [KeyScopes.ReadCosts] }, May, Actor.Start, Token));
        await Assert.ThrowsAsync<TenancyException>(() => keys.RotateAsync(tenant.Id, strong.Id, TimeSpan.FromHours(1), May, Actor.Start, Token));
        Assert.NotNull((await keys.EnsureAsync(tenant.Id, new NewAccessKey(tenant.DefaultProject, KeyKind.Api, "mine") { Scopes = [KeyScopes.ReadCosts] }, May, Actor.Start, Token)).Token);
    }

    [Theory]
    [MemberData(nameof(Impossible))]
    public async Task Create_WhatCannotBe_IsRefused(string what)
    {
        await using var services = await fixture.CreateAsync();
        var (keys, _, tenant) = await OpenAsync(services);
        var wanted = new NewAccessKey(tenant.DefaultProject, KeyKind.Api, "one");
        await keys.CreateAsync(tenant.Id, wanted, Actor.Start, Token);

        await Assert.ThrowsAsync<TenancyException>(() => keys.CreateAsync(tenant.Id, what switch
        {
            "the name of a live key" => wanted,
            "no name" => wanted with { Name = " " },
            "an unknown scope" => wanted with { Name = "two", Scopes = ["all"] },
            "no scope" => wanted with { Name = "two", Scopes = [] },
            "an end in the past" => wanted with { Name = "two", ExpiresAt = TimeProvider.System.GetUtcNow() },
            "tags of an API key" => wanted with { Name = "two", BoundTags = new Dictionary<Tag, string> { [Tag.Team] = "web" } },
            "a bound user" => new NewAccessKey(tenant.DefaultProject, KeyKind.Ingest, "two") { BoundTags = new Dictionary<Tag, string> { [Tag.User] = "ann" } },
            "scopes of an ingest key" => new NewAccessKey(tenant.DefaultProject, KeyKind.Ingest, "two") { Scopes = [KeyScopes.ReadCosts] },
            _ => new NewAccessKey(new ProjectId(Guid.NewGuid()), KeyKind.Ingest, "two"),
        }, Actor.Start, Token));
    }

    public static TheoryData<string> Impossible() =>
        ["the name of a live key", "no name", "an unknown scope", "no scope", "an end in the past", "tags of an API key", "a bound user", "scopes of an ingest key", "another's project"];

    private static async Task<(AccessKeys Keys, AuditReader Audit, TenantHandle Tenant)> OpenAsync(IServiceProvider services) => (
        services.GetRequiredService<AccessKeys>(), services.GetRequiredService<AuditReader>(), await services.GetRequiredService<Tenants>().EnsureAsync("Acme", Token));
}
