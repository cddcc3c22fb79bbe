using FinOps.Analytics.Settlement;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Stores.ClickHouse.Native;
using FinOps.Domain.Pricing;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Tests.Settlement;

/// <summary>Sends spans into a real ClickHouse as the ingest does, settles them, and reads back what stands there.</summary>
internal sealed class Arrivals : IDisposable
{
    public const long Noon = 1_780_315_200_000_000;
    public const long Minute = 60_000_000;

    private readonly SettleTraces _settle;

    public Arrivals(ClickHouseStore store)
    {
        Store = store;
        _settle = CreateSettler();
    }

    public ClickHouseStore Store { get; }

    public SettlementState State { get; } = new();

    public TenantId Tenant { get; } = new(Guid.NewGuid());

    public SettleTraces CreateSettler()
    {
        var ready = new StoresReady();
        ready.Open();
        var options = Options.Create(new SettlementOptions { SweepSeconds = 1 });
        var trigger = new RollUpTrigger(
            Store, new ServiceCollection().BuildServiceProvider(), TimeProvider.System, options, Options.Create(new RollUpOptions()));
        return new SettleTraces(
            Store, new NoPrices(), ready, new FreeLease(), trigger, TimeProvider.System, options, State, NullLogger<SettleTraces>.Instance);
    }

    public async Task SendAsync(params object[] spans)
    {
        var (calls, links) = (new CallBlock(), new LinkBlock());
        foreach (var span in spans)
        {
            if (span is CallReport call) calls.Append(call);
            else links.Append((SpanLink)span);
        }

        foreach (var block in new NativeBlock[] { calls, links })
            if (block.Rows > 0) Assert.Equal(InsertOutcome.Stored, (await Store.InsertAsync(block, TestContext.Current.CancellationToken)).Outcome);
    }

    /// <summary>Rounds until nothing is waiting.</summary>
    public async Task SettleAsync(SettleTraces? settler = null)
    {
        while (await (settler ?? _settle).RunRoundAsync(TestContext.Current.CancellationToken))
        {
        }
    }

    public async Task<List<CallReport>> ReadAsync(params TraceId[] traces)
    {
        var set = new TraceSet(Tenant, traces, Noon - (3_000 * Minute), Noon + (3_000 * Minute));
        var rows = await Store.QueryAsync(new ReportsOfTraces(set, 10_000), TestContext.Current.CancellationToken);
        return [.. rows.OrderBy(row => row.SpanId.Value)];
    }

    public CallReport Call(ulong trace, ulong span, ulong parent = 0, uint input = 100, uint output = 10, string id = "") => new()
    {
        Tenant = Tenant,
        Project = new ProjectId(Tenant.Value),
        TraceId = new TraceId(9, trace),
        SpanId = new SpanId(span),
        ParentSpanId = new SpanId(parent),
        StartUnixMicros = Noon,
        DurationMicros = 1_000_000,
        Operation = "chat",
        Provider = "openai",
        RequestedModel = "gpt-4o-mini",
        ResponseId = id,
        Usage = new UsageVector { InputFresh = input, OutputText = output },
        Told = UsageParts.Input | UsageParts.Output,
        UsageSource = UsageSource.Reported,
        Cost = 0.000_000_000_001m * (input + output),
        PriceId = 1,
    };

    public SpanLink Link(ulong trace, ulong span, ulong parent = 0)
    {
        var link = new SpanLink
        {
            Tenant = Tenant,
            Project = new ProjectId(Tenant.Value),
            TraceId = new TraceId(9, trace),
            SpanId = new SpanId(span),
            ParentSpanId = new SpanId(parent),
            StartUnixMicros = Noon,
            DurationMicros = 2_000_000,
            Kind = SpanKind.Server,
            Name = "POST /checkout",
        };
        link.Tags.Set(Tag.Feature, "checkout", TagLevel.Span);
        return link;
    }

    public void Dispose()
    {
        _settle.Dispose();
        Store.Dispose();
    }

    private sealed class NoPrices : IPriceSource
    {
        public PriceSnapshot Current(TenantId tenant) => PriceSnapshot.Empty;
    }

    private sealed class FreeLease : ISettlerLease
    {
        public Task<bool> HoldAsync(CancellationToken cancellationToken) => Task.FromResult(true);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
