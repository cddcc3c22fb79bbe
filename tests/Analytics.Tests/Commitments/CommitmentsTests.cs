using FinOps.Analytics.Audit;
using FinOps.Analytics.Commitments;
using FinOps.Analytics.Currencies;
using FinOps.Analytics.PriceTimelines;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Analytics.Tests.Accounts;
using FinOps.Analytics.Tests.Prices;
using FinOps.Analytics.Tests.Spend;
using FinOps.Domain.Commitments;
using FinOps.Domain.Currencies;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;

namespace FinOps.Analytics.Tests.Commitments;

/// <summary>Commitments in both real stores: who made and changed them, and what calls draw of them. The arithmetic is tested with the domain.</summary>
public sealed class CommitmentsTests(PriceBookFixture postgres, ClickHouseFixture clickHouse)
{
    private static readonly DateTimeOffset October = new(2026, 10, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeRange Year = new(October.AddMonths(-6), October.AddMonths(6));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Edits_OfACommitment_KeepWhoDidWhatAndAreUndone()
    {
        await using var services = await postgres.CreateAsync();
        var (tenant, other) = (await TenantAsync(services), await TenantAsync(services));
        var commitments = Make(services);
        var made = (await commitments.AddAsync(tenant, Spend(1_000), Say("signed"), Token)).Row!;

        // Some of its models, at the same time: refused with both shown.
        var overlap = await commitments.AddAsync(tenant, Spend(50) with { Name = "Mini", Models = ["gpt-4o-mini"] }, Say("again"), Token);
        Assert.Equal(ResourcePriceOutcome.Overlaps, overlap.Outcome);
        Assert.Contains("Mini, openai, gpt-4o-mini from 1 Oct 2026, 00:00 UTC (50 USD a month) overlaps what holds from 1 Oct 2026, 00:00 UTC (1,000 USD a month)", overlap.Problem, StringComparison.Ordinal);
        Assert.Equal(ResourcePriceOutcome.Done, (await commitments.AddAsync(other, Spend(50), Say("another organisation"), Token)).Outcome);
        Assert.Equal(ResourcePriceOutcome.Done, (await commitments.AddAsync(tenant, Spend(2) with { Kind = CommitmentKind.Provisioned }, Say("another kind"), Token)).Outcome);

        // More from November on; a day inside of a month is refused, whoever looked at an older state gets a conflict.
        var seen = new SeenResourcePrice(made.Id, made.Change);
        Assert.Contains("whole month", (await commitments.ChangeAsync(tenant, seen, Spend(2_000), October.AddDays(40), Say("more"), Token)).Problem, StringComparison.Ordinal);
        var changed = (await commitments.ChangeAsync(tenant, seen, Spend(2_000), October.AddMonths(1), Say("more"), Token)).Row!;
        Assert.Equal(ResourcePriceOutcome.Conflict, (await commitments.EndAsync(tenant, seen, null, Say("late"), Token)).Outcome);
        Assert.Equal([(2_000m, October.AddMonths(1)), (1_000m, October)], (await ListAsync(made.Id)).Select(row => (row.Amount, row.ValidFrom)));

        // Taken back: as before. And once more: as changed.
        Assert.Equal(ResourcePriceOutcome.Conflict, (await commitments.UndoAsync(tenant, seen, Say("late"), Token)).Outcome);
        Assert.Equal(ResourcePriceOutcome.NotFound, (await commitments.UndoAsync(other, seen with { Change = changed.Change }, Say("theirs"), Token)).Outcome);
        var undone = (await commitments.UndoAsync(tenant, seen with { Change = changed.Change }, Say("not signed yet"), Token)).Row!;
        Assert.Equal([(1_000m, October, (DateTimeOffset?)null)], (await ListAsync(made.Id)).Select(row => (row.Amount, row.ValidFrom, row.ValidTo)));
        Assert.Equal(ResourcePriceOutcome.Done, (await commitments.UndoAsync(tenant, seen with { Change = undone.Change }, Say("signed after all"), Token)).Outcome);
        Assert.Equal([2_000m, 1_000m], (await ListAsync(made.Id)).Select(row => row.Amount));
        Assert.Equal(6, (await commitments.HistoryAsync(tenant, made.Id, Token)).Count);

        var entries = (await services.GetRequiredService<AuditReader>().AskAsync(new AuditQuestion(tenant), Token)).Entries;
        Assert.Equal(
            [AuditActs.CommitmentChangeUndone, AuditActs.CommitmentChangeUndone, AuditActs.CommitmentChanged, AuditActs.CommitmentMade, AuditActs.CommitmentMade],
            entries.Select(entry => entry.Act).Where(act => act.StartsWith("commitment", StringComparison.Ordinal)));
        Assert.Equal("OpenAI 2026, openai, all models", entries[0].SubjectName);

        async Task<List<RecordedCommitment>> ListAsync(Guid id) => [.. (await commitments.ListAsync(tenant, Token)).Where(row => row.Id == id)];
    }

    [Fact]
    public async Task Rate_OfACommitmentInAnotherCurrency_IsTheOrganisationsOrRefused()
    {
        await using var services = await postgres.CreateAsync();
        var tenant = await TenantAsync(services);
        var currencies = new BillingCurrencies(services.GetRequiredService<FinOpsDatabase>(), TimeProvider.System);
        var commitments = Make(services);
        var euro = Spend(900) with { Currency = "EUR", Rate = 0 };

        Assert.Contains("no rate of EUR for 2026-10-01", (await commitments.WithRateAsync(tenant, euro, Token)).Problem, StringComparison.Ordinal);
        await currencies.ImportAsync(tenant, "EUR", [new DailyRate(new DateOnly(2026, 9, 30), 0.9m)], "bank", Actor.OfJob("test"), Token);
        var (rated, _) = await commitments.WithRateAsync(tenant, euro, Token);

        Assert.Equal((1_000m, new DateOnly(2026, 9, 30)), (rated!.AmountUsd, rated.RateDay));
        Assert.Equal(1_000m, (await commitments.AddAsync(tenant, rated, Say("signed"), Token)).Row!.ToCommitment().AmountUsd);
    }

    [Fact]
    public async Task Overlap_OfEqualScopes_IsRefusedByTheTableItself()
    {
        await using var services = await postgres.CreateAsync();
        var tenant = await TenantAsync(services);
        var row = (await Make(services).AddAsync(tenant, Spend(1), Say("signed"), Token)).Row!;

        var refused = await Assert.ThrowsAsync<DbUpdateException>(() => services.GetRequiredService<FinOpsDatabase>().RunAsync(tenant, async context =>
        {
            context.Add(new RecordedCommitment
            {
                TenantId = tenant.Value,
                Id = Guid.NewGuid(),
                Change = 9,
                RecordedAt = TimeProvider.System.GetUtcNow(),
                Name = "twice",
                Kind = row.Kind,
                Seller = row.Seller,
                HostPlatform = row.HostPlatform,
                Models = row.Models,
                Period = row.Period,
                Amount = 1,
                Currency = "USD",
                Rate = 1,
                RateDay = row.RateDay,
                ValidFrom = October.AddMonths(3),
                Author = "a",
                Reason = "r",
            });
            return await context.SaveChangesAsync(Token);
        }, Token));
        Assert.Equal(PostgresErrorCodes.ExclusionViolation, Assert.IsType<PostgresException>(refused.InnerException).SqlState);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Use_OfCallsInScope_IsTheSameFromRollUpsAndRawRows(bool rolledUp)
    {
        await using var services = await postgres.CreateAsync();
        using var store = await clickHouse.CreateStoreAsync();
        var (tenant, other) = (await TenantAsync(services), await TenantAsync(services));
        var commitments = Make(services);
        await StoredCalls.InsertAsync(store,
        [
            Call(tenant, 1, October.AddDays(1), "openai", "gpt-4o-2024-11-20", 30), Call(tenant, 2, October.AddDays(1).AddHours(5), "openai", "gpt-4o-mini", 12.5m),
            Call(tenant, 3, October.AddDays(20), "openai", "o3", 7), Call(tenant, 4, October.AddMonths(1), "openai", "gpt-4o", 500), Call(tenant, 5, October.AddDays(2), "azure.ai.openai", "gpt-4o", 90),
            Call(tenant, 6, October.AddDays(2), "azure.ai.openai", "gpt-4o", 0), Call(tenant, 7, October.AddDays(2).AddMinutes(30), "azure.ai.inference", "gpt-4o", 0), Call(tenant, 8, October.AddDays(3), "", "gpt-4o", 3),
            Call(other, 9, October.AddDays(2), "openai", "gpt-4o", 1_000_000),
        ]);
        if (rolledUp) await StoredCalls.RollUpAsync(store, 1);
        await commitments.AddAsync(tenant, Spend(100) with { Models = ["gpt-4o*", "o3-mini"], ValidTo = October.AddMonths(2) }, Say("signed"), Token);
        await commitments.AddAsync(tenant, Spend(2) with { Name = "PTU", Kind = CommitmentKind.Provisioned, Seller = "azure", ValidTo = October.AddMonths(1) }, Say("signed"), Token);
        await commitments.AddAsync(other, Spend(5), Say("theirs"), Token);
        var reader = new CommitmentReader(commitments, new SpendReader(store), new At(October.AddMonths(1).AddDays(10)));

        var uses = await reader.UseAsync(tenant, Year, Token);

        var spend = uses.Single(use => use.Row.Kind == CommitmentKind.Spend);
        Assert.Equal([(42.5m, 42.5m, 57.5m, true), (500m, 100m, 0m, false)], spend.Periods.Select(period => (period.Eligible, period.Used, period.Unused, period.IsOver)));
        // Two calls of one hour, at two platforms, are one hour.
        var hours = Assert.Single(uses.Single(use => use.Row.Kind == CommitmentKind.Provisioned).Periods);
        Assert.Equal((2m, 743 * 2m, 90m), (hours.Used, hours.Unused, hours.Eligible));
        Assert.Empty(await reader.UseAsync(tenant, new TimeRange(Year.From, October), Token));

        // Of the last whole month, October: all of openai's calls.
        var preview = await reader.PreviewAsync(tenant, Spend(40), Token);
        Assert.Equal((October, 49.5m, 40m, 0m), (preview.From, preview.Eligible, preview.Used, preview.Unused));
    }

    private static Analytics.Commitments.Commitments Make(ServiceProvider services)
    {
        var database = services.GetRequiredService<FinOpsDatabase>();
        return new(database, TimeProvider.System, Options.Create(new CommitmentOptions()), new BillingCurrencies(database, TimeProvider.System));
    }

    private static Commitment Spend(decimal amount) => new() { Name = "OpenAI 2026", Kind = CommitmentKind.Spend, Seller = "openai", Amount = amount, ValidFrom = October };

    private static StoredCall Call(TenantId tenant, ulong span, DateTimeOffset start, string provider, string model, decimal cost) =>
        new(tenant, start) { Trace = new TraceId(71, span), Span = span, Provider = provider, ServedModel = model, Cost = cost };

    private static ResourcePriceEdit Say(string reason) => new(Actor.OfUser(Guid.Empty, "lead@acme.example"), reason);

    private static async Task<TenantId> TenantAsync(ServiceProvider services) => (await services.GetRequiredService<Tenants>().EnsureAsync("T " + Guid.NewGuid().ToString("N"), Token)).Id;

    private sealed class At(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
