using CsCheck;
using FinOps.Analytics.Lines;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Stores.ClickHouse.Native;
using FinOps.Analytics.Tests.Spend;
using FinOps.Domain.Pricing;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using static FinOps.Analytics.Tests.Spend.PeriodsTests;

namespace FinOps.Analytics.Tests.Lines;

public sealed class LineReaderTests(ClickHouseFixture clickHouse)
{
    private static readonly TimeRange Days = Range("2026-11-03T00:00:00Z", "2026-11-06T00:00:00Z");

    private static readonly (string Provider, string Model)[] Models =
        [("openai", "gpt-4o-mini"), ("openai", "gpt-5"), ("anthropic", "claude-haiku-4-5"), ("google", "gemini-2.5-pro"), ("openai", "nobody-knows-it")];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static readonly Gen<CallReport> Calls =
        from model in Gen.Int[0, Models.Length - 1]
        from second in Gen.Int[0, (3 * 86_400) - 1]
        from tokens in Gen.UInt[0, 300_000].Array[6]
        from rare in Gen.UInt[0, 3].Array[3]
        from tag in Gen.Int[0, 2]
        from how in Gen.Int[0, 19]
        select new CallReport
        {
            Project = new ProjectId(StoredCalls.FirstProject),
            StartUnixMicros = (Days.From.AddSeconds(second) - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond,
            Provider = Models[model].Provider,
            ServedModel = Models[model].Model,
            ServedTier = how == 1 ? "flex" : "",
            Batch = how == 2,
            Status = how == 3 ? CallStatus.Failed : CallStatus.Answered,
            Flags = how == 4 ? CallFlags.CacheHit : how == 5 ? CallFlags.Capacity : CallFlags.None,
            UsageSource = how is 3 or 6 ? UsageSource.Missing : how == 7 ? UsageSource.Estimated : UsageSource.Reported,
            Told = UsageParts.Input | UsageParts.Output | UsageParts.CacheRead | UsageParts.CacheWrite,
            Usage = how is 3 or 6 ? default : new UsageVector
            {
                InputFresh = tokens[0],
                CacheRead = tokens[1],
                CacheWrite5m = tokens[2],
                CacheWrite1h = tokens[3],
                OutputText = tokens[4],
                OutputReasoning = tokens[5],
                WebSearches = rare[0],
                CodeSessions = rare[1],
                CacheReadAudio = rare[2],
            },
            Tags = Tagged(tag),
        };

    [Fact]
    public async Task Lines_OfCallsRatedBeforeAndAfterAChangeOfPrices_SumToTheStoredCosts()
    {
        using var store = await clickHouse.CreateStoreAsync();
        var (tenant, other) = (SpendReaderTests.NewTenant(), SpendReaderTests.NewTenant());
        var books = new TwoBooks(tenant);
        var calls = Calls.Array[600].Single(_ => true, "0N0XIzNsQ0O2").Select((call, i) => books.Rated(1 + (i % 2), call)).ToList();
        // One that an older release rated with prices that nobody keeps.
        calls[0].Cost += 0.000000000007m;
        await InsertAsync(store, tenant, calls);
        await InsertAsync(store, other, [.. calls.Take(5).Select(call => call.Clone())]);
        var reader = new LineReader(store, books);

        foreach (var question in new LineQuestion[]
        {
            new(ReadScope.Whole(tenant), Days),
            new(ReadScope.Whole(tenant), Days) { Period = LinePeriod.Hour, Tags = [Tag.Feature, Tag.Team] },
            new(ReadScope.OfTeams(tenant, ["t1"]), new TimeRange(Days.From.AddMinutes(7), Days.To.AddMinutes(-100))) { Tags = [Tag.Feature] },
        })
        {
            var lines = await ReadAsync(reader, question);
            var length = question.Period == LinePeriod.Hour ? TimeSpan.FromHours(1) : TimeSpan.FromDays(1);
            var asked = calls.Where(call => question.Scope.Includes(call.Tags[Tag.Team]) && At(call) >= question.Range.From && At(call) < question.Range.To).ToList();

            Assert.NotEmpty(lines);
            Assert.Equal(asked.Sum(call => call.Cost), lines.Sum(line => line.Cost));
            Assert.Equal(
                asked.Where(call => call.Cost != 0).GroupBy(call => Key(Floor(At(call), length), call.Model, question.Tags.Contains(Tag.Feature) ? call.Tags[Tag.Feature] : ""))
                    .Select(group => (group.Key, group.Sum(call => call.Cost))).Order(),
                lines.GroupBy(line => Key(line.From, line.Model, line.Tags[Tag.Feature])).Select(group => (group.Key, Cost: group.Sum(line => line.Cost))).Where(group => group.Cost != 0).Order());
            Assert.Equal(asked.Sum(call => (decimal)call.Usage.InputFresh), lines.Where(line => line.Meter == Meter.Input).Sum(line => line.Quantity));
            Assert.All(lines, line => Assert.Equal(length, line.To - line.From));
            Assert.All(lines.Where(line => line.IsUnpriced), line => Assert.Equal(0m, line.Cost));
            Assert.Contains(lines, line => line.IsUnpriced && line.Model == "nobody-knows-it");
        }

        var whole = await ReadAsync(reader, new LineQuestion(ReadScope.Whole(tenant), Days));
        Assert.Equal(0.000000000007m, Assert.Single(whole, line => line.Label is null).Cost);
        Assert.Equal(calls.Count(call => call.UsageSource == UsageSource.Missing && call.Status == CallStatus.Answered && call.Flags.HasFlag(CallFlags.Unpriced)),
            whole.Where(line => line.Meter is null && line.IsUnpriced).Sum(line => line.Quantity));
        // What the list alone would have cost, told beside the own price and the discount.
        var own = whole.Where(line => line.Source == "contract" && line.Meter == Meter.Input && line.Cost != 0).ToList();
        Assert.NotEmpty(own);
        Assert.All(own, line => Assert.NotEqual(line.Cost, line.ListCost));
        Assert.All(whole.Where(line => line.Meter == Meter.Discount), line => Assert.True(line is { Cost: < 0, ListCost: 0 }));
        Assert.All(whole.Where(line => line.Meter == Meter.CodeSession && line.Source == "contract"), line => Assert.Null(line.ListCost));
        Assert.Empty(await ReadAsync(reader, new LineQuestion(ReadScope.Whole(SpendReaderTests.NewTenant()), Days)));
    }

    [Fact]
    public void Lines_OfCallsInAnyOrder_AreTheSame()
    {
        var books = new TwoBooks(SpendReaderTests.NewTenant());
        Calls.Array[1, 60].Sample(
            calls =>
            {
                var rated = calls.Select((call, i) => books.Rated(1 + (i % 2), call)).ToList();
                return Sums(books, rated).SequenceEqual(Sums(books, Enumerable.Reverse(rated)));
            },
            iter: 100);
    }

    [Fact]
    public void Lines_OfADeployment_TellTheListPriceOfTheModelBehindIt()
    {
        var tenant = SpendReaderTests.NewTenant();
        PriceRow[] rows = [Row("p", "listed", Meter.Input, 2m), Row("p", "listed", Meter.Output, 10m), Row("p", "listed", Meter.Input, 1m) with { Tenant = tenant, Match = ModelMatch.OfEntry("listed") }];
        var alias = new PriceAlias { Match = ModelMatch.Exactly("prod-chat"), Provider = "p", Model = "listed" };
        var book = PriceSnapshot.Create([new PriceProvider("p", "P", null, null, [])], rows, "test", 3, [alias]);
        var call = new CallReport
        {
            Tenant = tenant,
            Provider = "azure.ai.openai",
            ServedModel = "prod-chat",
            Usage = new UsageVector { InputFresh = 1000, OutputText = 100 },
            UsageSource = UsageSource.Reported,
            StartUnixMicros = Days.From.ToUnixTimeMilliseconds() * 1000,
        };
        book.Rate(call);

        var sums = new LineSums(Days.From, Days.To);
        sums.Add(call, book, book.Listed);

        Assert.Equal([(Meter.Input, 0.001m, 0.002m), (Meter.Output, 0.001m, 0.001m)], sums.Take().Select(line => (line.Meter!.Value, line.Cost, line.ListCost!.Value)));
        Assert.Same(book.Listed, book.Listed.Listed);
    }

    private static PriceRow Row(string provider, string model, Meter meter, decimal price) => new()
    {
        Provider = provider,
        Model = model,
        Match = ModelMatch.Exactly(model),
        Meter = meter,
        UnitSize = 1_000_000m,
        Price = price,
    };

    private static List<UsageLine> Sums(TwoBooks books, IEnumerable<CallReport> calls)
    {
        var sums = new LineSums(Days.From, Days.To);
        foreach (var call in calls) sums.Add(call, books[call.BookVersion], books[1]);
        return [.. sums.Take()];
    }

    private static async Task<List<UsageLine>> ReadAsync(LineReader reader, LineQuestion question)
    {
        List<UsageLine> lines = [];
        await foreach (var line in reader.ReadAsync(question, Token)) lines.Add(line);
        return lines;
    }

    private static async Task InsertAsync(ClickHouseStore store, TenantId tenant, List<CallReport> calls)
    {
        var block = new CallBlock();
        for (var i = 0; i < calls.Count; i++)
        {
            calls[i].Tenant = tenant;
            (calls[i].TraceId, calls[i].SpanId) = (new TraceId(7, (ulong)i), new SpanId((ulong)i + 1));
            block.Append(calls[i]);
        }

        Assert.Equal(InsertOutcome.Stored, (await store.InsertAsync(block, Token)).Outcome);
    }

    private static TagSet Tagged(int tag)
    {
        var tags = default(TagSet);
        tags.Set(Tag.Feature, $"f{tag}", TagLevel.Span);
        tags.Set(Tag.Team, $"t{tag % 2}", TagLevel.Span);
        return tags;
    }

    private static DateTimeOffset At(CallReport call) => DateTimeOffset.UnixEpoch.AddMicroseconds(call.StartUnixMicros);

    private static DateTimeOffset Floor(DateTimeOffset instant, TimeSpan length) => new(instant.Ticks - (instant.Ticks % length.Ticks), TimeSpan.Zero);

    private static string Key(DateTimeOffset period, string model, string feature) => $"{period:O} {model} {feature}";
}
