using FinOps.Analytics.Audit;
using FinOps.Analytics.Currencies;
using FinOps.Analytics.Prices;
using FinOps.Analytics.Stores;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Analytics.Tests.Accounts;
using FinOps.Domain.Currencies;
using FinOps.Domain.Pricing;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;

namespace FinOps.Analytics.Tests.Prices;

/// <summary>A migrated database with the shipped list; each test takes a tenant of its own.</summary>
public sealed class OwnPricesFixture(PriceBookFixture postgres) : IAsyncLifetime
{
    public ServiceProvider Services { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Services = await postgres.CreateAsync();
        await new ImportPrices(Services.GetRequiredService<FinOpsDatabase>(), TimeProvider.System, NullLogger<ImportPrices>.Instance).RunAsync(TestContext.Current.CancellationToken);
    }

    public ValueTask DisposeAsync() => Services.DisposeAsync();
}

public sealed class EditPricesTests(OwnPricesFixture fixture) : IClassFixture<OwnPricesFixture>
{
    private static readonly DateTimeOffset March = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset June = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly FinOpsDatabase _database = fixture.Services.GetRequiredService<FinOpsDatabase>();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AddPrice_IsANewVersionWithAuthorReasonAndAuditEntry_AndTheNextSnapshotRatesWithIt()
    {
        var tenant = await TenantAsync();
        var made = await Edit().AddPriceAsync(tenant, Price(1m), Say("our contract"), Token);

        Assert.Equal(PriceEditOutcome.Done, made.Outcome);
        var change = await _database.RunAsync(tenant, context => context.Set<PriceChange>().SingleAsync(c => c.TenantId == tenant.Value, Token), Token);
        Assert.Equal((made.BookVersion, "lead@acme.example", "our contract", 1, 0), (change.Id, change.Author, change.Reason, change.RowsAdded, change.RowsSuperseded));
        var entry = (await fixture.Services.GetRequiredService<AuditReader>().AskAsync(new AuditQuestion(tenant), Token)).Entries[0];
        Assert.Equal((AuditActs.PriceAdded, "openai gpt-4o", "our contract", null), (entry.Act, entry.SubjectName, entry.Why, entry.Before));
        Assert.Contains("1 USD for 1,000,000 tokens (Input)", entry.After, StringComparison.Ordinal);
        Assert.Equal((0.011m, 0.0125m), (await CostAsync(tenant), await CostAsync(await TenantAsync())));
    }

    [Fact]
    public async Task AddPrice_InAnotherCurrency_KeepsTheRateThatItWasMadeWith_WhateverRatesComeLater()
    {
        var tenant = await TenantAsync();
        var currencies = new BillingCurrencies(_database, TimeProvider.System);
        var by = Say().Actor;
        var wanted = Price(1m) with { Agreed = new AgreedPrice("EUR", 1m, 0, default), ValidFrom = March };
        var refused = await Edit().AddPriceAsync(tenant, wanted, Say(), Token);
        Assert.Equal((PriceEditOutcome.Refused, "There is no rate of EUR for 2026-03-01 among your exchange rates: give what 1 USD is, or import rates first."), (refused.Outcome, refused.Problem));

        // Of another tenant it would be no rate of this one's.
        await currencies.ImportAsync(await TenantAsync(), "EUR", [new DailyRate(new DateOnly(2026, 3, 1), 0.5m)], "bank", by, Token);
        Assert.False((await Edit().AddPriceAsync(tenant, wanted, Say(), Token)).IsDone);
        await currencies.ImportAsync(tenant, "EUR", [new DailyRate(new DateOnly(2026, 2, 27), 0.8m), new DailyRate(new DateOnly(2026, 3, 2), 0.9m)], "bank", by, Token);
        var made = await Edit().AddPriceAsync(tenant, wanted, Say(), Token);
        var row = Assert.Single(made.Added);
        // The last rate before the day from which it holds.
        Assert.Equal((1.25m, "EUR", 1m, 0.8m, new DateOnly(2026, 2, 27)), (row.Price, row.Currency, row.AgreedAmount, row.ExchangeRate, row.RateDay));
        Assert.Contains("1.25 USD for 1,000,000 tokens (Input), agreed as 1 EUR at 0.8 of 2026-02-27", PriceWords.Told(row), StringComparison.Ordinal);
        Assert.Equal(0.01125m, await CostAsync(tenant));

        await currencies.ImportAsync(tenant, "EUR", [new DailyRate(new DateOnly(2026, 2, 27), 0.7m)], "bank", by, Token);
        Assert.Equal(0.01125m, await CostAsync(tenant));

        // A new rate is a new price; the old one keeps the time before.
        var changed = await Edit().ChangePriceAsync(tenant, row.Seen, 1m, new DailyRate(new DateOnly(2026, 6, 1), 0.5m), June, Say("rate of June"), Token);
        Assert.Equal([(1.25m, 0.8m), (2m, 0.5m)], changed.Added.OrderBy(one => one.ValidFrom).Select(one => (one.Price, one.ExchangeRate!.Value)));
        Assert.Equal(0.012m, await CostAsync(tenant));
        var again = await Edit().ChangePriceAsync(tenant, changed.Added.Single(one => one.Price == 2m).Seen, 1m, null, Say(), Token);
        Assert.Equal("That is the price already.", again.Problem);
    }

    [Fact]
    public async Task AddPrice_OverAnotherOne_IsRefusedWithBothRowsShown_AndByTheTableItself()
    {
        var tenant = await TenantAsync();
        await Edit().AddPriceAsync(tenant, Price(1m) with { ValidFrom = March }, Say(), Token);

        var refused = await Edit().AddPriceAsync(tenant, Price(2m) with { ValidTo = June }, Say(), Token);

        Assert.Equal(PriceEditOutcome.Overlaps, refused.Outcome);
        Assert.Equal((2m, 1m), (refused.Overlap!.Value.Wanted.Price, refused.Overlap.Value.There.Price));
        Assert.Contains("2 USD", refused.Problem, StringComparison.Ordinal);
        Assert.Contains("from 2026-03-01", refused.Problem, StringComparison.Ordinal);
        // Beside it in time, or under another condition, it is no overlap.
        Assert.True((await Edit().AddPriceAsync(tenant, Price(2m) with { ValidTo = March }, Say(), Token)).IsDone);
        Assert.True((await Edit().AddPriceAsync(tenant, Price(2m) with { Region = "eu" }, Say(), Token)).IsDone);
        Assert.True((await Edit().AddPriceAsync(tenant, Price(2m) with { DayStart = new TimeOnly(1, 0), DayEnd = new TimeOnly(5, 0) }, Say(), Token)).IsDone);

        // Whoever writes past the program meets the constraint.
        var row = RecordedPrice.From(OwnPriceRules.Normal(Price(3m) with { Tenant = tenant, ValidFrom = June }), TimeProvider.System.GetUtcNow(), null);
        var thrown = await Assert.ThrowsAsync<DbUpdateException>(() => _database.RunAsync(tenant, context => { context.Add(row); return context.SaveChangesAsync(Token); }, Token));
        Assert.Equal("ex_price_rows_overlap", Assert.IsType<PostgresException>(thrown.InnerException).ConstraintName);
    }

    [Fact]
    public async Task ChangePrice_FromADayOn_KeepsTheTimeBefore_AndACorrectionReplacesIt()
    {
        var tenant = await TenantAsync();
        var first = (await Edit().AddPriceAsync(tenant, Price(1m), Say(), Token)).Added[0];

        var later = await Edit().ChangePriceAsync(tenant, first.Seen, 2m, March, Say(), Token);
        Assert.Equal([(1m, null, (DateTimeOffset?)March), (2m, March, null)], (await BelievedAsync(tenant)).Select(r => (r.Price, r.ValidFrom, r.ValidTo)));
        Assert.Equal((0.011m, 0.012m), (await CostAsync(tenant, March.AddSeconds(-1)), await CostAsync(tenant, March)));

        var corrected = await Edit().ChangePriceAsync(tenant, later.Added.Single(r => r.Price == 2m).Seen, 3m, null, Say(), Token);
        Assert.True(corrected.IsDone);
        Assert.Equal([(1m, null, (DateTimeOffset?)March), (3m, March, null)], (await BelievedAsync(tenant)).Select(r => (r.Price, r.ValidFrom, r.ValidTo)));
        // What was believed before stays readable.
        Assert.Equal(4, await _database.RunAsync(tenant, context => context.Set<RecordedPrice>().CountAsync(r => r.TenantId == tenant.Value, Token), Token));

        var ended = await Edit().EndPriceAsync(tenant, corrected.Added[0].Seen, June, Say(), Token);
        Assert.Equal(June, Assert.Single(ended.Added).ValidTo);
        Assert.Equal(0.0125m, await CostAsync(tenant, June));
        Assert.True((await Edit().EndPriceAsync(tenant, ended.Added[0].Seen, null, Say(), Token)).IsDone);
        Assert.Equal(0.0125m, await CostAsync(tenant, March));
    }

    [Fact]
    public async Task TwoPeople_EditingOnePrice_TheSecondGetsAConflictWithTheFirstOnesChange()
    {
        var tenant = await TenantAsync();
        var seen = (await Edit().AddPriceAsync(tenant, Price(1m), Say(), Token)).Added[0].Seen;

        var both = await Task.WhenAll(
            Edit().ChangePriceAsync(tenant, seen, 2m, null, Say("first"), Token), Edit().ChangePriceAsync(tenant, seen, 3m, null, Say("second"), Token));

        var (won, lost) = (both.Single(r => r.IsDone), both.Single(r => r.Outcome == PriceEditOutcome.Conflict));
        Assert.Equal(won.BookVersion, lost.Theirs!.Id);
        Assert.Contains($"lead@acme.example changed it on", lost.Problem, StringComparison.Ordinal);
        Assert.Equal(won.Added[0].Price, Assert.Single(await BelievedAsync(tenant)).Price);
        Assert.Equal(PriceEditOutcome.Conflict, (await Edit().EndPriceAsync(tenant, seen, null, Say(), Token)).Outcome);
    }

    [Fact]
    public async Task Undo_BringsBackWhatWasBelieved_AndAgainTheChange()
    {
        var tenant = await TenantAsync();
        var first = await Edit().AddPricesAsync(tenant, [Price(1m), Price(5m) with { Meter = Meter.Output }], Say(), Token);
        var second = await Edit().ChangePriceAsync(tenant, first.Added[0].Seen, 2m, March, Say(), Token);

        Assert.Equal(PriceEditOutcome.Conflict, (await Edit().UndoAsync(tenant, first.BookVersion, Say(), Token)).Outcome);
        var undone = await Edit().UndoAsync(tenant, second.BookVersion, Say("a mistake"), Token);
        Assert.Equal([1m, 5m], (await BelievedAsync(tenant)).Select(r => r.Price));
        Assert.Equal(first.Added[0].Id, undone.Added.Single().Id);

        await Edit().UndoAsync(tenant, undone.BookVersion, Say("no mistake"), Token);
        Assert.Equal([1m, 2m, 5m], (await BelievedAsync(tenant)).Select(r => r.Price));
    }

    [Fact]
    public async Task Edits_OfAnotherTenant_FindNothing()
    {
        var (mine, theirs) = (await TenantAsync(), await TenantAsync());
        var made = await Edit().AddPriceAsync(theirs, Price(1m), Say(), Token);
        var alias = await Edit().AddAliasAsync(theirs, Alias("chat", "gpt-4o"), Say(), Token);

        Assert.Equal(PriceEditOutcome.NotFound, (await Edit().ChangePriceAsync(mine, made.Added[0].Seen, 2m, null, Say(), Token)).Outcome);
        Assert.Equal(PriceEditOutcome.NotFound, (await Edit().EndPriceAsync(mine, made.Added[0].Seen, null, Say(), Token)).Outcome);
        Assert.Equal(PriceEditOutcome.NotFound, (await Edit().EndAliasAsync(mine, alias.AliasesAdded[0].Seen, null, Say(), Token)).Outcome);
        Assert.Equal(PriceEditOutcome.NotFound, (await Edit().UndoAsync(mine, alias.BookVersion, Say(), Token)).Outcome);
        Assert.Equal(PriceEditOutcome.Refused, (await Edit().AddPriceAsync(mine, Price(1m) with { Project = await ProjectAsync(theirs) }, Say(), Token)).Outcome);
        // Nor one of the list.
        var listed = await _database.RunAsync(mine, context => context.Set<RecordedPrice>().FirstAsync(r => r.TenantId == null && r.SupersededAt == null, Token), Token);
        Assert.Equal(PriceEditOutcome.NotFound, (await Edit().EndPriceAsync(mine, listed.Seen, null, Say(), Token)).Outcome);
    }

    [Fact]
    public async Task Alias_OfADeployment_PricesItsCalls_AndAnEndKeepsTheTimeBefore()
    {
        var tenant = await TenantAsync();
        Assert.Null(await CostAsync(tenant, March, "chat-prod"));

        var made = await Edit().AddAliasAsync(tenant, Alias("chat-prod", "gpt-4o"), Say("our deployment"), Token);
        Assert.Equal(0.0125m, await CostAsync(tenant, March, "chat-prod"));
        Assert.Equal(PriceEditOutcome.Overlaps, (await Edit().AddAliasAsync(tenant, Alias("chat-prod", "gpt-4o-mini"), Say(), Token)).Outcome);

        var ended = await Edit().EndAliasAsync(tenant, made.AliasesAdded[0].Seen, March, Say("renamed"), Token);
        Assert.Equal(made.AliasesAdded[0].Id, Assert.Single(ended.AliasesAdded).Id);
        Assert.Equal((0.0125m, null), (await CostAsync(tenant, March.AddSeconds(-1), "chat-prod"), await CostAsync(tenant, March, "chat-prod")));
        Assert.Equal(PriceEditOutcome.Conflict, (await Edit().EndAliasAsync(tenant, made.AliasesAdded[0].Seen, null, Say(), Token)).Outcome);
        Assert.True((await Edit().UndoAsync(tenant, ended.BookVersion, Say(), Token)).IsDone);
        Assert.Equal(0.0125m, await CostAsync(tenant, March, "chat-prod"));
    }

    [Theory]
    [InlineData("chat", "no-such-model", "has no price")]
    [InlineData("chat", "Chat", "leads to itself")]
    [InlineData("", "gpt-4o", "empty name")]
    public async Task Alias_ToNothingOrItself_IsRefused(string told, string model, string problem)
    {
        var tenant = await TenantAsync();
        var refused = await Edit().AddAliasAsync(tenant, Alias(told, model), Say(), Token);
        Assert.Equal(PriceEditOutcome.Refused, refused.Outcome);
        Assert.Contains(problem, refused.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Alias_ToAnAlias_IsRefused()
    {
        var tenant = await TenantAsync();
        await Edit().AddAliasAsync(tenant, Alias("b", "gpt-4o"), Say(), Token);
        Assert.Contains("never to another alias", (await Edit().AddAliasAsync(tenant, Alias("a", "b"), Say(), Token)).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Edits_BeyondTheirLimits_AreRefusedWithTheOptionsName()
    {
        var tenant = await TenantAsync();
        var narrow = Edit(new PriceOptions { MaxOwnPrices = 1, MaxAliases = 0 });
        Assert.True((await narrow.AddPriceAsync(tenant, Price(1m), Say(), Token)).IsDone);
        Assert.Contains("MaxOwnPrices", (await narrow.AddPriceAsync(tenant, Price(1m) with { Region = "eu" }, Say(), Token)).Problem, StringComparison.Ordinal);
        Assert.Contains("MaxAliases", (await narrow.AddAliasAsync(tenant, Alias("a", "gpt-4o"), Say(), Token)).Problem, StringComparison.Ordinal);
        Assert.Contains("reason", (await narrow.AddPriceAsync(tenant, Price(1m), Say(" "), Token)).Problem, StringComparison.Ordinal);
    }

    private static PriceRow Price(decimal usd) => new()
    {
        Provider = "openai",
        Model = "gpt-4o",
        Match = ModelMatch.OfEntry("gpt-4o"),
        Meter = Meter.Input,
        UnitSize = 1_000_000m,
        Price = usd,
    };

    private static PriceAlias Alias(string told, string model) => new() { Match = ModelMatch.Exactly(told), Provider = "openai", Model = model };

    private static PriceEdit Say(string reason = "a test") => new(Actor.OfUser(Guid.Empty, "lead@acme.example"), reason);

    private EditPrices Edit(PriceOptions? options = null) => new(_database, TimeProvider.System, Options.Create(options ?? new PriceOptions()));

    private async Task<TenantId> TenantAsync() => (await fixture.Services.GetRequiredService<Tenants>().EnsureAsync("T " + Guid.NewGuid().ToString("N"), Token)).Id;

    private Task<ProjectId> ProjectAsync(TenantId tenant) =>
        _database.RunAsync(tenant, async context => new ProjectId(await context.Projects.Select(p => p.Id).FirstAsync(Token)), Token);

    private Task<List<RecordedPrice>> BelievedAsync(TenantId tenant) => _database.RunAsync(
        tenant, context => context.Set<RecordedPrice>().Where(r => r.TenantId == tenant.Value && r.SupersededAt == null).OrderBy(r => r.Price).ToListAsync(Token), Token);

    /// <summary>Of 1,000 tokens in and out, as a process rates that reads the book now; null = unpriced.</summary>
    private async Task<decimal?> CostAsync(TenantId tenant, DateTimeOffset? at = null, string model = "gpt-4o")
    {
        using var source = new PostgresPriceSource(
            _database, fixture.Services.GetRequiredService<StoresReady>(), Options.Create(new PriceOptions()), TimeProvider.System, NullLogger<PostgresPriceSource>.Instance);
        await source.RefreshAsync(Token);
        var call = new CallReport
        {
            Provider = "openai",
            ServedModel = model,
            Usage = new UsageVector { InputFresh = 1000, OutputText = 1000 },
            UsageSource = UsageSource.Reported,
            StartUnixMicros = (at ?? June).ToUnixTimeMilliseconds() * 1000,
        };
        source.Current(tenant).Rate(call);
        return call.Flags.HasFlag(CallFlags.Unpriced) ? null : call.Cost;
    }
}
