using FinOps.Analytics.Audit;
using FinOps.Analytics.Outcomes;
using FinOps.Analytics.Stores;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Analytics.Tests.Accounts;
using FinOps.Analytics.Tests.Prices;
using FinOps.Domain.Outcomes;
using FinOps.Domain.Tenancy;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Tests.Outcomes;

/// <summary>Definitions of outcomes on the real PostgreSQL, and how the front door follows them.</summary>
public sealed class OutcomeDefinitionsTests(PriceBookFixture postgres)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Definition_OfATenant_IsFollowedForItAlone_AuditedAndEnded()
    {
        await using var services = await postgres.CreateAsync();
        var (mine, theirs) = (await TenantAsync(services, "Mine"), await TenantAsync(services, "Theirs"));
        var database = services.GetRequiredService<FinOpsDatabase>();
        var definitions = new OutcomeDefinitions(database, TimeProvider.System);
        using var book = new OutcomeBook(database, new StoresReady(), Options.Create(new OutcomeOptions()), TimeProvider.System, NullLogger<OutcomeBook>.Instance);
        await book.RefreshAsync(Token);
        Assert.Null(book.Current(mine));

        var rule = Rule("resolved") with { SuccessValues = ["yes"], ValidFrom = DateTimeOffset.UnixEpoch };
        var made = await definitions.AddAsync(mine, rule, ["support"], Actor.Start, Token);
        // Told by REST alone: nothing to look for in spans.
        await definitions.AddAsync(theirs, new OutcomeRule(Guid.NewGuid(), "resolved", OutcomeSource.Told), [], Actor.Start, Token);
        await book.RefreshAsync(Token);

        var followed = Assert.Single(book.Current(mine)!.Attributes).Rule;
        Assert.Equal((rule.Id, "resolved", "ticket.resolved", true, DateTimeOffset.UnixEpoch, null), (followed.Id, followed.Name, followed.Key, followed.Judge("yes"), followed.ValidFrom, followed.ValidTo));
        Assert.Null(book.Current(theirs));
        Assert.Equal(["support"], Assert.Single(await definitions.ListAsync(mine, Token)).Features);
        Assert.Equal(OutcomeSource.Told, Assert.Single(await definitions.ListAsync(theirs, Token)).Source);

        // Another tenant's definition is none; the same ended twice is ended once.
        Assert.False(await definitions.EndAsync(theirs, made.Id, Actor.Start, Token));
        Assert.True(await definitions.EndAsync(mine, made.Id, Actor.Start, Token));
        Assert.True(await definitions.EndAsync(mine, made.Id, Actor.OfJob("again"), Token));
        var ended = Assert.Single(await definitions.ListAsync(mine, Token));
        Assert.Equal(Actor.Start.Name, ended.EndedBy);
        // Spans of before its end come late, so it is looked for a while longer, for what happened before.
        await book.RefreshAsync(Token);
        Assert.Equal(ended.EndedAt, Assert.Single(book.Current(mine)!.Attributes).Rule.ValidTo);
        var audit = new AuditReader(database);
        Assert.Single((await audit.AskAsync(new AuditQuestion(mine) { Act = AuditActs.OutcomeDefined }, Token)).Entries);
        Assert.Single((await audit.AskAsync(new AuditQuestion(mine) { Act = AuditActs.OutcomeEnded }, Token)).Entries);
        // The name is free again.
        await definitions.AddAsync(mine, Rule("resolved"), [], Actor.Start, Token);
    }

    [Fact]
    public async Task Definitions_ThatCannotBe_AreRefusedWithTheReason()
    {
        await using var services = await postgres.CreateAsync();
        var tenant = await TenantAsync(services, "Mine");
        var definitions = new OutcomeDefinitions(services.GetRequiredService<FinOpsDatabase>(), TimeProvider.System);
        await definitions.AddAsync(tenant, Rule("one"), [], Actor.Start, Token);

        Assert.Contains("defined already", await RefusalAsync(Rule("one"), []), StringComparison.Ordinal);
        Assert.Contains("Name the attribute", await RefusalAsync(Rule("two") with { Key = "" }, []), StringComparison.Ordinal);
        Assert.Contains("Features have", await RefusalAsync(Rule("two"), [""]), StringComparison.Ordinal);
        // Two at once of one name: one of them is refused, none is lost.
        var both = await Task.WhenAll(Enumerable.Range(0, 2).Select(async _ => await TryAsync(Rule("both"))));
        Assert.Equal([false, true], both.Order());
        for (var i = 2; i < OutcomeDefinitions.MaxGoingOn; i++) await definitions.AddAsync(tenant, Rule($"more {i}"), [], Actor.Start, Token);
        Assert.Contains("at most 50", await RefusalAsync(Rule("too many"), []), StringComparison.Ordinal);
        Assert.Equal(OutcomeDefinitions.MaxGoingOn, (await definitions.ListAsync(tenant, Token)).Count);

        async Task<string> RefusalAsync(OutcomeRule rule, string[] features) =>
            (await Assert.ThrowsAsync<TenancyException>(() => definitions.AddAsync(tenant, rule, features, Actor.Start, Token))).Message;

        async Task<bool> TryAsync(OutcomeRule rule)
        {
            try
            {
                await definitions.AddAsync(tenant, rule, [], Actor.Start, Token);
                return true;
            }
            catch (TenancyException)
            {
                return false;
            }
        }
    }

    private static async Task<TenantId> TenantAsync(ServiceProvider services, string name) => (await services.GetRequiredService<Tenants>().EnsureAsync(name, Token)).Id;

    private static OutcomeRule Rule(string name) => new(Guid.NewGuid(), name, OutcomeSource.SpanAttribute) { Key = "ticket.resolved" };
}
