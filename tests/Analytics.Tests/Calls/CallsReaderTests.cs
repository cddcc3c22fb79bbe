using CsCheck;
using FinOps.Analytics.Calls;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Tests.Spend;
using FinOps.Domain.Policies;
using FinOps.Domain.Pricing;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using static FinOps.Analytics.Tests.Spend.PeriodsTests;

namespace FinOps.Analytics.Tests.Calls;

public sealed class CallsReaderTests(ClickHouseFixture clickHouse)
{
    private static readonly TimeRange Month = Range("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pages_OfAnySize_ListEveryCallOnceFromTheLatest()
    {
        using var store = await clickHouse.CreateStoreAsync();
        var (tenant, other) = (SpendReaderTests.NewTenant(), SpendReaderTests.NewTenant());
        // Many share a start: the order needs trace and span as well.
        var seconds = Gen.Int[0, 3_000].Array[400].Single(_ => true, "0N0XIzNsQ0O2");
        var calls = seconds.Select((second, i) => new StoredCall(tenant, Month.From.AddMinutes(second / 3))
        {
            Trace = new TraceId((ulong)(i % 3), (ulong)i),
            Span = (ulong)i + 1,
            Feature = $"f{i % 7}",
            Cost = i,
        }).ToList();
        await StoredCalls.InsertAsync(store, calls);
        await StoredCalls.InsertAsync(store, [new StoredCall(other, Month.From) { Feature = "f1" }]);
        var reader = new CallsReader(store, new EmptyBook(), new EmptyBook());

        foreach (var (limit, filter) in new[] { (1_000, SpendFilter.None), (7, SpendFilter.None), (5, SpendFilter.Where(Dimension.Feature, "f1")) })
        {
            var expected = calls.Where(call => filter == SpendFilter.None || call.Feature == "f1")
                .OrderByDescending(call => call.Start).ThenByDescending(call => call.Trace.High).ThenByDescending(call => call.Trace.Low)
                .Select(call => call.Id);
            var listed = new List<CallId>();
            CallCursor? after = null;
            do
            {
                var page = await reader.AskAsync(new CallsQuestion(ReadScope.Whole(tenant), Month) { Limit = limit, Filter = filter, After = after }, Token);
                Assert.True(page.Next is null || page.Calls.Count == limit);
                listed.AddRange(page.Calls.Select(call => call.Id));
                after = page.Next is { } next && CallCursor.TryParse(next.ToString(), out var cursor) ? cursor : null;
            }
            while (after is not null);

            Assert.Equal(expected, listed);
        }
    }

    [Fact]
    public async Task Calls_WithFilters_AreThoseAskedFor()
    {
        using var store = await clickHouse.CreateStoreAsync();
        var tenant = SpendReaderTests.NewTenant();
        var start = Instant("2026-11-20T10:00:00Z");
        await StoredCalls.InsertAsync(store,
        [
            new StoredCall(tenant, start) { Span = 1, Cost = 1m, ResponseId = "resp-1" },
            new StoredCall(tenant, start) { Span = 2, Cost = 2m, Status = CallStatus.Failed },
            new StoredCall(tenant, start) { Span = 3, Flags = CallFlags.Unpriced | CallFlags.InferredProvider, Session = "s-3" },
            new StoredCall(tenant, start) { Span = 4, Cost = 4m, Role = CallRole.Duplicate },
        ]);
        var reader = new CallsReader(store, new EmptyBook(), new EmptyBook());
        var all = new CallsQuestion(ReadScope.Whole(tenant), Month);

        Assert.Equal("321", await SpansAsync(all));
        Assert.Equal("2", await SpansAsync(all with { Status = CallStatus.Failed }));
        Assert.Equal("31", await SpansAsync(all with { Status = CallStatus.Answered }));
        Assert.Equal("3", await SpansAsync(all with { Unpriced = true }));
        Assert.Equal("21", await SpansAsync(all with { Unpriced = false }));
        Assert.Equal("3", await SpansAsync(all with { AnyFlag = CallFlags.InferredProvider }));
        Assert.Equal("2", await SpansAsync(all with { MinCost = 1.5m }));
        Assert.Equal("1", await SpansAsync(all with { Search = "resp-1" }));
        Assert.Equal("3", await SpansAsync(all with { Search = "s-3" }));
        Assert.Equal("321", await SpansAsync(all with { Search = new TraceId(1, 1).ToString() }));
        Assert.Equal("2", await SpansAsync(all with { Search = new CallId(new TraceId(1, 1), new SpanId(2)).ToString() }));
        Assert.Equal("", await SpansAsync(all with { Search = "it's not there" }));

        async Task<string> SpansAsync(CallsQuestion question) =>
            string.Concat((await reader.AskAsync(question, Token)).Calls.Select(call => call.Id.Span.Value));
    }

    [Fact]
    public async Task ACall_WithADuplicateInAnotherTrace_ShowsBothReportsAndItsTrace()
    {
        using var store = await clickHouse.CreateStoreAsync();
        var (tenant, other) = (SpendReaderTests.NewTenant(), SpendReaderTests.NewTenant());
        var start = Instant("2026-11-20T10:00:00Z");
        var call = new StoredCall(tenant, start) { Trace = new TraceId(5, 5), Span = 20, ParentSpan = 10, Cost = 0.5m, Feature = "chat", Usage = new UsageVector { InputFresh = 9 } };
        var duplicate = new StoredCall(tenant, start.AddSeconds(1)) { Trace = new TraceId(6, 6), Span = 30, Role = CallRole.Duplicate, CallOf = call.Id };
        var parent = new StoredCall(tenant, start) { Trace = new TraceId(5, 5), Span = 10, ParentSpan = 1, Role = CallRole.Aggregate };
        await StoredCalls.InsertAsync(store, [call, duplicate, parent]);
        await StoredCalls.RunAsync(store, $"INSERT INTO links (tenant_id, trace_id, span_id, start_time, name) VALUES ('{tenant}', unhex('{call.Trace}'), 1, '2026-11-20 09:59:59', 'GET /chat')");
        var reader = new CallsReader(store, new EmptyBook(), new EmptyBook());

        var detail = await reader.AskAsync(new CallQuestion(ReadScope.Whole(tenant), call.Id), Token);
        var same = await reader.AskAsync(new CallQuestion(ReadScope.Whole(tenant), duplicate.Id), Token);

        Assert.Equal((call.Id, 0.5m, "chat", 9u), (detail!.Call.Id, detail.Call.Cost, detail.Call.Feature, detail.Report.Usage.InputFresh));
        Assert.Equal([call.Id, duplicate.Id], detail.Reports.Select(report => report.Id));
        Assert.Equal([(1ul, 0), (10ul, 1), (20ul, 2)], detail.Trace.Select(node => (node.Span.Value, node.Depth)));
        Assert.False(detail.IsExplained);
        Assert.Equal(new TodaysCost(0, null), detail.Today);
        Assert.Equal(detail.Call, same!.Call);
        Assert.Null(await reader.AskAsync(new CallQuestion(ReadScope.Whole(tenant), parent.Id), Token));
        Assert.Null(await reader.AskAsync(new CallQuestion(ReadScope.Whole(other), call.Id), Token));
    }

    [Fact]
    public async Task Policies_OfACall_AreReadInTheirOrder_FilteredByTheWholeId_AndItsTenantsAlone()
    {
        using var store = await clickHouse.CreateStoreAsync();
        var (tenant, other) = (SpendReaderTests.NewTenant(), SpendReaderTests.NewTenant());
        var start = Instant("2026-11-20T10:00:00Z");
        var hit = new StoredCall(tenant, start) { Span = 1, Flags = CallFlags.CacheHit, Usage = new UsageVector { InputFresh = 9 }, Policies = "keep@2:treatment:hit,cap@1:dry_run:limited" };
        await StoredCalls.InsertAsync(store,
        [
            hit,
            new StoredCall(tenant, start) { Span = 2, Policies = "recap@1:treatment:limited" },
            new StoredCall(tenant, start) { Span = 3, Policies = "cap.x@1:control:none,keep@2:treatment:miss" },
            new StoredCall(tenant, start) { Span = 4 },
            new StoredCall(other, start) { Span = 5, Policies = "cap@1:treatment:limited" },
        ]);
        var reader = new CallsReader(store, new EmptyBook(), new EmptyBook());

        var detail = await reader.AskAsync(new CallQuestion(ReadScope.Whole(tenant), hit.Id), Token);
        Assert.Equal([new PolicyTouch("keep", 2, "treatment", "hit"), new PolicyTouch("cap", 1, "dry_run", "limited")], detail!.Policies);
        Assert.Equal((ResponseCache.Hit, null), (detail.Cache, detail.AvoidedCost));
        Assert.Null(await reader.AskAsync(new CallQuestion(ReadScope.Whole(other), hit.Id), Token));
        Assert.Equal(["1", "31", "", "2", "3"], await Task.WhenAll(((string[])["cap", "keep", "ca", "recap", "cap.x"]).Select(policy => SpansAsync(tenant, policy))));
        Assert.Equal(["5", "", ""], await Task.WhenAll(((string[])["cap", "keep", "' OR 1 = 1 --"]).Select(policy => SpansAsync(other, policy))));

        async Task<string> SpansAsync(TenantId whose, string policy) =>
            string.Concat((await reader.AskAsync(new CallsQuestion(ReadScope.Whole(whose), Month) { Policy = policy }, Token)).Calls.Select(call => call.Id.Span.Value));
    }

    [Fact]
    public async Task KeyAndCache_OfACall_AreReadBack_AndItsTenantsAlone()
    {
        using var store = await clickHouse.CreateStoreAsync();
        var (tenant, other) = (SpendReaderTests.NewTenant(), SpendReaderTests.NewTenant());
        var partial = new StoredCall(tenant, Instant("2026-11-20T10:00:00Z")) { GatewayKey = "checkout", Cache = "partial", TokensAvoided = 7, Policies = "texts@1:treatment:partial" };
        await StoredCalls.InsertAsync(store, [partial, new StoredCall(other, Month.From) { GatewayKey = "theirs", Cache = "hit" }]);
        var reader = new CallsReader(store, new EmptyBook(), new EmptyBook());

        var detail = await reader.AskAsync(new CallQuestion(ReadScope.Whole(tenant), partial.Id), Token);
        Assert.Equal(("checkout", ResponseCache.Partial, 7u), (detail!.Report.GatewayKey, detail.Cache, detail.Report.TokensAvoided));
        var theirs = await reader.AskAsync(new CallQuestion(ReadScope.Whole(other), partial.Id), Token);
        Assert.Equal("theirs", theirs!.Report.GatewayKey);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0123456789abcdef0123456789abcdef")]
    [InlineData("0123456789abcdef0123456789abcdef-0123456789abcdeg")]
    [InlineData("0123456789abcdef0123456789abcdef_0123456789abcdef")]
    public void ACallId_OfAnotherShape_IsNone(string text) => Assert.False(CallId.TryParse(text, out _));

    [Fact]
    public void ATrace_WhoseSpansAreEachOthersParents_IsStillDrawn()
    {
        TraceNode[] spans = [Node(1, 2), Node(2, 1), Node(3, 9), Node(4, 3)];

        Assert.Equal([3ul, 4, 1, 2], TraceTree.Draw(spans).Select(node => node.Span.Value));
    }

    private static TraceNode Node(ulong span, ulong parent) => new(
        new SpanId(span), new SpanId(parent), 0, "", "", Month.From.AddSeconds(span), TimeSpan.Zero, false, null, null);

    private sealed class EmptyBook : IPriceSource, IPriceHistory
    {
        public PriceSnapshot Current(TenantId tenant) => PriceSnapshot.Empty;

        public Task<PriceSnapshot> AsOfAsync(TenantId tenant, long bookVersion, CancellationToken cancellationToken) => Task.FromResult(PriceSnapshot.Empty);
    }
}
