using System.Globalization;
using System.Text;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Bills;
using FinOps.Analytics.Commitments;
using FinOps.Analytics.Currencies;
using FinOps.Analytics.Focus;
using FinOps.Analytics.Lines;
using FinOps.Analytics.Prices;
using FinOps.Analytics.Retention;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Stores.ClickHouse.Native;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Analytics.Tests.Accounts;
using FinOps.Analytics.Tests.Isolation;
using FinOps.Analytics.Tests.Prices;
using FinOps.Analytics.Tests.Spend;
using FinOps.Domain.Bills;
using FinOps.Domain.Currencies;
using FinOps.Domain.Pricing;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using Microsoft.Extensions.DependencyInjection;
using FinOps.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Tests.Bills;

/// <summary>Bills and the close of books on both real stores, with a second tenant that nothing may reach.</summary>
public sealed class BillsTests(PriceBookFixture postgres, ClickHouseFixture clickHouse)
{
    private static readonly DateTimeOffset October = new(2026, 10, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateOnly Month = new(2026, 10, 1);
    private static readonly Actor Ada = new(ActorKind.User, "ada", "ada@example.test", null);
    private static readonly PriceSnapshot Book = PriceSnapshot.Create(PublicCatalogue.Shipped.Catalogue);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Bill_ImportedReconciledAndAccepted_StandsBesideTheFigures()
    {
        await using var place = await OpenAsync();
        await place.CallAsync(place.Mine, October.AddHours(30), "gpt-4o", 1_000_000);
        await place.CallAsync(place.Theirs, October.AddHours(30), "gpt-4o", 9_000_000);

        var bill = (await place.ImportAsync(place.Mine, "2026-10-02,\"gpt-4o, input\",1000000,2.25\n2026-10-02,mystery pack,1,3\n")).Bill!;
        var dossier = (await place.Reconcile.OpenAsync(place.Mine, bill.Id, Token))!;

        // The list price is 2.50: a negotiated price, and words that nobody mapped yet.
        Assert.Equal((5.25m, 2.5m, 0m), (dossier.Reconciled.Billed, dossier.Reconciled.Ours, dossier.Reconciled.Rest));
        Assert.Equal([(ResidualCause.Unmapped, 3m), (ResidualCause.PriceDiffers, -0.25m)], dossier.Reconciled.Causes.Select(cause => (cause.Cause, cause.Amount)));

        await place.Bills.MapWordsAsync(place.Mine, "openai", "mystery pack", new SkuReading("GPT-4o", Meter.WebSearch, "", false), Ada, Token);
        dossier = (await place.Reconcile.OpenAsync(place.Mine, bill.Id, Token))!;
        Assert.Contains(dossier.Reconciled.Rows, row => row is { Model: "gpt-4o", Meter: Meter.WebSearch, Billed: 3m });

        IReadOnlyList<ResidualCause?> wanted = [ResidualCause.PriceDiffers];
        var added = await place.Adjustments.AcceptAsync(place.Mine, bill.Id, dossier.Reconciled, wanted, "our contract", Ada, Token);
        Assert.Equal([(new DateOnly(2026, 10, 2), -0.25m, "gpt-4o", false)], added.Select(line => (line.Date, line.Amount, line.Model, line.IsCorrection)));
        // Once is once.
        Assert.Empty(await place.Adjustments.AcceptAsync(place.Mine, bill.Id, dossier.Reconciled, wanted, "our contract", Ada, Token));
        var range = new TimeRange(October, October.AddMonths(1));
        Assert.Equal(new AdjustmentSum(-0.25m, 1, 1, 1, "october.csv"), await place.Adjustments.SumAsync(place.Mine, range, Token));
        Assert.Equal(AdjustmentSum.None, await place.Adjustments.SumAsync(place.Theirs, range, Token));

        var back = await place.Adjustments.WithdrawAsync(place.Mine, added[0].Id, "not yet", Ada, Token);
        Assert.Equal((0.25m, added[0].Id), (back!.Amount, back.Reverses!.Value));
        Assert.Null(await place.Adjustments.WithdrawAsync(place.Mine, added[0].Id, "again", Ada, Token));
        Assert.Equal(AdjustmentSum.None, await place.Adjustments.SumAsync(place.Mine, range, Token));

        // The other tenant sees and changes nothing of it.
        Assert.Null(await place.Bills.FindAsync(place.Theirs, bill.Id, Token));
        Assert.Null(await place.Reconcile.OpenAsync(place.Theirs, bill.Id, Token));
        Assert.False(await place.Bills.WithdrawAsync(place.Theirs, bill.Id, "mine now", Ada, Token));
        await Assert.ThrowsAsync<TenancyException>(() => place.Adjustments.AcceptAsync(place.Theirs, bill.Id, dossier.Reconciled, wanted, "mine now", Ada, Token));
    }

    [Fact]
    public async Task Bill_InAnotherCurrency_BecomesUsdAtTheTenantsRateOfEachDay()
    {
        await using var place = await OpenAsync();
        await place.Currencies.ImportAsync(place.Mine, "EUR", [new DailyRate(new DateOnly(2026, 10, 2), 0.8m), new DailyRate(new DateOnly(2026, 10, 3), 0.5m)], "ours", Ada, Token);
        await place.Currencies.ImportAsync(place.Theirs, "EUR", [new DailyRate(new DateOnly(2026, 10, 20), 0.1m)], "theirs", Ada, Token);
        var mapping = Mapping with { Currency = "EUR" };

        var mine = await place.Foreign.ReadAsync(place.Mine, File("2026-10-02,gpt-4o,1,8\n2026-10-03,gpt-4o,1,8\n"), mapping, Token);
        var late = await place.Foreign.ReadAsync(place.Mine, File("2026-10-02,gpt-4o,1,8\n2026-10-20,gpt-4o,1,8\n"), mapping, Token);

        Assert.Equal([10m, 16m], mine.Lines.Select(line => line.Cost));
        Assert.Equal("EUR", mine.Currency);
        // Seventeen days after the last rate nothing is guessed, and the other tenant's rate is no rate.
        var error = Assert.Single(late.Errors);
        Assert.Equal(3, error.Line);
        Assert.Contains("2026-10-20", error.Expected, StringComparison.Ordinal);
        Assert.Empty(late.Lines);
    }

    [Fact]
    public async Task Bill_ImportedAgain_IsRefusedOrTakesThePlaceOnPurpose()
    {
        await using var place = await OpenAsync();
        const string first = "2026-10-02,\"gpt-4o, input\",1000000,2.25\n", second = "2026-10-02,\"gpt-4o, input\",1000000,2.4\n";
        var bill = (await place.ImportAsync(place.Mine, first)).Bill!;
        var dossier = (await place.Reconcile.OpenAsync(place.Mine, bill.Id, Token))!;
        await place.Adjustments.AcceptAsync(place.Mine, bill.Id, dossier.Reconciled, [ResidualCause.NotSeen], "late", Ada, Token);

        var same = await place.ImportAsync(place.Mine, first, replaces: true);
        Assert.Equal((null, bill.Id, true), (same.Bill, same.Earlier!.Id, same.IsSameFile));
        var refused = await place.ImportAsync(place.Mine, second);
        Assert.Equal((null, bill.Id, false), (refused.Bill, refused.Earlier!.Id, refused.IsSameFile));
        // Of another tenant it stands in nobody's way.
        Assert.NotNull((await place.ImportAsync(place.Theirs, first)).Bill);

        var replaced = await place.ImportAsync(place.Mine, second, replaces: true);
        var old = (await place.Bills.FindAsync(place.Mine, bill.Id, Token))!;
        Assert.Equal(replaced.Bill!.Id, old.ReplacedBy);
        // What was accepted from the old version is taken back with it.
        Assert.Equal(AdjustmentSum.None, await place.Adjustments.SumAsync(place.Mine, new TimeRange(October, October.AddMonths(1)), Token));
        await Assert.ThrowsAsync<TenancyException>(() => place.Adjustments.AcceptAsync(place.Mine, bill.Id, dossier.Reconciled, [ResidualCause.NotSeen], "late", Ada, Token));
        Assert.Equal(2, (await place.Bills.ListAsync(place.Mine, Token)).Count);
    }

    /// <summary>Pitfall 41: spans that arrive after a month was closed change no figure of it; they are corrections of the month in which they came.</summary>
    [Fact]
    [CostPitfall(41, "FOCUS: ChargeClass Correction")]
    public async Task Pitfall41_LateSpansAfterTheClose_AreCorrections()
    {
        await using var place = await OpenAsync();
        await place.CallAsync(place.Mine, October.AddHours(30), "gpt-4o", 1_000_000);
        await place.CallAsync(place.Theirs, October.AddHours(30), "gpt-4o", 1_000_000);

        Assert.Contains("still arriving", (await place.Months(quietMinutes: 60).FindProblemAsync(place.Mine, Month, Token))!, StringComparison.Ordinal);
        Assert.Contains("not over", (await place.Months().FindProblemAsync(place.Mine, new DateOnly(2099, 1, 1), Token))!, StringComparison.Ordinal);
        Assert.Contains("not summed up", (await place.Months().FindProblemAsync(place.Mine, Month, Token))!, StringComparison.Ordinal);
        await StoredCalls.RollUpAsync(place.Store, 1);
        await place.Months().RequestAsync(place.Mine, Month, Ada, Token);
        await place.Close.CompareAsync(place.Mine, Token);
        var closed = (await place.Months().FindAsync(place.Mine, Month, Token))!;
        Assert.Equal((MonthState.Closed, 2.5m, 1), (closed.State, closed.Cost!.Value, closed.Lines!.Value));

        await place.CallAsync(place.Mine, October.AddHours(31), "gpt-4o", 2_000_000);
        await place.CallAsync(place.Mine, October.AddHours(90), "gpt-4o-mini", 1_000_000);
        var before = Today();
        await place.Close.CompareAsync(place.Mine, Token);
        await place.Close.CompareAsync(place.Mine, Token);

        var after = (await place.Months().FindAsync(place.Mine, Month, Token))!;
        Assert.Equal((2.5m, 5.15m), (after.Cost!.Value, after.Corrections));
        var corrections = await place.Months().CorrectionsAsync(place.Mine, Month, Token);
        Assert.Equal(
            [(new DateOnly(2026, 10, 4), "gpt-4o-mini", 1_000_000m, 0.15m), (new DateOnly(2026, 10, 2), "gpt-4o", 2_000_000m, 5m)],
            corrections.Select(line => (line.Day, line.Model, line.Quantity, line.Cost)));
        Assert.All(corrections, line => Assert.InRange(line.BookedOn, before, Today()));
        Assert.Null(await place.Months().FindAsync(place.Theirs, Month, Token));
        Assert.Empty(await place.Months().CorrectionsAsync(place.Theirs, Month, Token));

        // Which closes a range touches: the whole month, a part of it, none.
        Assert.Equal([Month], (await place.Months().StandingAsync(place.Mine, new TimeRange(October.AddDays(20), October.AddDays(90)), Token)).Select(close => close.Month));
        Assert.Empty(await place.Months().StandingAsync(place.Mine, new TimeRange(October.AddMonths(1), October.AddMonths(2)), Token));
        Assert.Empty(await place.Months().StandingAsync(place.Theirs, new TimeRange(October, October.AddMonths(1)), Token));

        // What a bill changes about it counts in the open month, too.
        var bill = (await place.ImportAsync(place.Mine, "2026-10-02,\"gpt-4o, input\",3000000,6.75\n")).Bill!;
        var dossier = (await place.Reconcile.OpenAsync(place.Mine, bill.Id, Token))!;
        Assert.True((await place.Adjustments.AcceptAsync(place.Mine, bill.Id, dossier.Reconciled, [ResidualCause.PriceDiffers], "contract", Ada, Token))[0].IsCorrection);

        // The books as a FOCUS file: a closed month as it was closed, and what came later as rows of the day that it was booked on. Together they are what the calls say.
        var october = new TimeRange(October, October.AddMonths(1));
        var since = new TimeRange(October, TimeProvider.System.GetUtcNow().AddDays(1));
        Assert.Equal([(FocusRowKind.Usage, 2.5m)], Sums(await place.FocusAsync(place.Mine, october, FocusRowKind.Usage, FocusRowKind.Corrections)));
        Assert.Equal([(FocusRowKind.Usage, 7.65m)], Sums(await place.FocusAsync(place.Mine, october, FocusRowKind.Usage)));
        var rows = await place.FocusAsync(place.Mine, since, Enum.GetValues<FocusRowKind>());
        Assert.Equal([(FocusRowKind.Usage, 2.5m), (FocusRowKind.Adjustments, -0.75m), (FocusRowKind.Corrections, 5.15m), (FocusRowKind.Billed, 0m)], Sums(rows));
        Assert.Equal((6.75m, after.Corrections), (rows.Sum(row => row.BilledCost), rows.Where(row => row.Kind == FocusRowKind.Corrections).Sum(row => row.Cost)));
        Assert.Equal((await place.Adjustments.SumAsync(place.Mine, since, Token)).Amount, rows.Where(row => row.Kind == FocusRowKind.Adjustments).Sum(row => row.Cost));
        Assert.Equal([(FocusRowKind.Usage, 2.5m)], Sums(await place.FocusAsync(place.Theirs, since, Enum.GetValues<FocusRowKind>())));
        // Whoever sees some teams alone has nothing of the whole organisation's.
        Assert.Empty(await place.FocusAsync(ReadScope.OfTeams(place.Mine, ["search"]), since, Enum.GetValues<FocusRowKind>()));

        Assert.False(await place.Months().ReopenAsync(place.Theirs, Month, "mine now", Ada, Token));
        await Assert.ThrowsAsync<TenancyException>(() => place.Months().ReopenAsync(place.Mine, Month, " ", Ada, Token));
        Assert.True(await place.Months().ReopenAsync(place.Mine, Month, "wrong prices", Ada, Token));
        Assert.Empty(await place.Months().CorrectionsAsync(place.Mine, Month, Token));
        Assert.Equal([(FocusRowKind.Usage, 7.65m)], Sums(await place.FocusAsync(place.Mine, october, FocusRowKind.Usage, FocusRowKind.Corrections)));
    }

    private static DateOnly Today() => DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);

    private static IEnumerable<(FocusRowKind Kind, decimal Cost)> Sums(IEnumerable<FocusRow> rows) => rows.GroupBy(row => row.Kind).Select(kind => (kind.Key, kind.Sum(row => row.Cost)));

    private async Task<Place> OpenAsync() => new(await PostgresWallsTests.Walls.OpenAsync(postgres, emptyBills: true), await clickHouse.CreateStoreAsync());

    private static readonly BillMapping Mapping = new()
    {
        Columns = new Dictionary<BillColumn, string> { [BillColumn.From] = "date", [BillColumn.Sku] = "item", [BillColumn.Quantity] = "tokens", [BillColumn.Cost] = "cost" },
        Provider = "OpenAI",
    };

    private static MemoryStream File(string lines) => new(Encoding.UTF8.GetBytes("date,item,tokens,cost\n" + lines));

    private sealed class Place(PostgresWallsTests.Walls walls, ClickHouseStore store) : IAsyncDisposable, IPriceHistory
    {
        private ulong _span;

        public ClickHouseStore Store => store;
        public TenantId Mine => walls.Mine;
        public TenantId Theirs => walls.Theirs;
        public Analytics.Bills.Bills Bills { get; } = new(walls.Database, TimeProvider.System);
        public BillingCurrencies Currencies { get; } = new(walls.Database, TimeProvider.System);
        public Analytics.Commitments.Commitments Commitments => new(walls.Database, TimeProvider.System, Options.Create(new CommitmentOptions()), Currencies);
        public CommitmentReader Use => new(Commitments, new SpendReader(store), TimeProvider.System);
        public ReadForeignBill Foreign => new(new ReadBill(Options.Create(new BillOptions())), Currencies, TimeProvider.System);
        public Adjustments Adjustments { get; } = new(walls.Database, TimeProvider.System);
        public ReconcileBill Reconcile => new(walls.Database, new ReadOurLines(new LineReader(store, this), Options.Create(new BillOptions())), Adjustments, TimeProvider.System);
        public CloseMonth Close => new(walls.Database, store, new ClosedBook(store, new LineReader(store, this), Options.Create(new BillOptions())), TimeProvider.System, NullLogger<CloseMonth>.Instance);

        public CloseMonths Months(int quietMinutes = 0) => new(walls.Database, store, TimeProvider.System, Options.Create(new BillOptions { QuietMinutes = quietMinutes }), walls.Services);

        public Task<PriceSnapshot> AsOfAsync(TenantId tenant, long bookVersion, CancellationToken cancellationToken) => Task.FromResult(Book);

        public Task<List<FocusRow>> FocusAsync(TenantId tenant, TimeRange range, params FocusRowKind[] rows) => FocusAsync(ReadScope.Whole(tenant), range, rows);

        public async Task<List<FocusRow>> FocusAsync(ReadScope scope, TimeRange range, params FocusRowKind[] rows)
        {
            var (lines, book) = (new LineReader(store, this), new ClosedBook(store, new LineReader(store, this), Options.Create(new BillOptions())));
            var reader = new FocusReader(
                [new BilledRows(walls.Database), new UsageRows(lines, Months(), book, Use), new CommitmentRows(Use), new AdjustmentRows(Adjustments), new CorrectionRows(Months(), book), new GpuRows(store), new DataStoreChargeRows(store)],
                walls.Services.GetRequiredService<Tenants>(), new Retentions(walls.Database, store, TimeProvider.System, Options.Create(new RetentionOptions())), Months(), TimeProvider.System);
            var found = new List<FocusRow>();
            await foreach (var row in reader.ReadAsync(new FocusQuestion(scope, range) { Rows = rows }, ExchangeRates.OfUsd, Token)) found.Add(row);
            return found;
        }

        public async Task<BillImport> ImportAsync(TenantId tenant, string lines, bool replaces = false)
        {
            var file = await Foreign.ReadAsync(tenant, File(lines), Mapping, Token);
            return await Bills.ImportAsync(tenant, file, Mapping, "october.csv", replaces, Ada, Token);
        }

        public async Task CallAsync(TenantId tenant, DateTimeOffset start, string model, uint input)
        {
            var call = new CallReport
            {
                Tenant = tenant,
                Project = new ProjectId(StoredCalls.FirstProject),
                TraceId = new TraceId(41, ++_span),
                SpanId = new SpanId(_span),
                StartUnixMicros = (start - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond,
                Provider = "openai",
                ServedModel = model,
                UsageSource = UsageSource.Reported,
                Told = UsageParts.Input | UsageParts.Output,
                Usage = new UsageVector { InputFresh = input },
            };
            Book.Rate(call);
            var block = new CallBlock();
            block.Append(call);
            Assert.Equal(InsertOutcome.Stored, (await store.InsertAsync(block, Token)).Outcome);
        }

        public async ValueTask DisposeAsync()
        {
            store.Dispose();
            await walls.DisposeAsync();
        }
    }
}
