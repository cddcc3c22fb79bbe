using FinOps.Analytics.IngestHealth;
using FinOps.Analytics.Tests.Spend;
using static FinOps.Analytics.Tests.Spend.PeriodsTests;

namespace FinOps.Analytics.Tests.IngestHealth;

public sealed class IngestHealthReaderTests(ClickHouseFixture clickHouse)
{
    [Fact]
    public async Task Events_OfADay_AreSummedByPeriodAndReasonOfTheTenantAlone()
    {
        using var store = await clickHouse.CreateStoreAsync();
        var (tenant, other) = (SpendReaderTests.NewTenant(), SpendReaderTests.NewTenant());
        // The rows would be past their time to live.
        await StoredCalls.RunAsync(store, "SYSTEM STOP MERGES ingest_events");
        await StoredCalls.RunAsync(store, $"""
            INSERT INTO ingest_events VALUES
            ('{tenant}', '2026-11-20 10:01:00', 'http', 'traces', 'accepted', 1, 10, 100), ('{tenant}', '2026-11-20 10:05:00', 'http', 'traces', 'accepted', 2, 20, 200),
            ('{tenant}', '2026-11-20 10:05:00', 'grpc', 'traces', 'start_too_old', 0, 3, 0), ('{other}', '2026-11-20 10:05:00', 'http', 'traces', 'accepted', 9, 9, 9)
            """);

        var answer = await new IngestHealthReader(store).AskAsync(
            new IngestEventsQuestion(tenant, Range("2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z")), TestContext.Current.CancellationToken);

        Assert.Equal(TimeSpan.FromMinutes(8), answer.PeriodLength);
        Assert.Equal(
            [(Instant("2026-11-20T10:00:00Z"), "start_too_old", 3L), (Instant("2026-11-20T10:00:00Z"), "accepted", 30L)],
            answer.Rows.Select(row => (row.Period, row.Reason, row.Items)));
    }

    [Fact]
    public async Task QuarantinedSpans_OverTheLimit_AreCounted()
    {
        using var store = await clickHouse.CreateStoreAsync();
        var tenant = SpendReaderTests.NewTenant();
        await StoredCalls.RunAsync(store, "SYSTEM STOP MERGES quarantined_spans");
        await StoredCalls.RunAsync(store, $"""
            INSERT INTO quarantined_spans (tenant_id, trace_id, span_id, start_time, reason, detail, ingested_at) VALUES
            ('{tenant}', unhex('000000000000000000000000000000ab'), 255, '2026-11-20 10:00:00', 'negative_tokens', 'gen_ai.usage.input_tokens = -5', '2026-11-20 10:00:01'),
            ('{tenant}', unhex('000000000000000000000000000000ac'), 2, '2026-11-20 10:00:00', 'negative_tokens', '', '2026-11-20 10:00:00')
            """);

        var answer = await new IngestHealthReader(store).AskAsync(
            new QuarantinedSpansQuestion(tenant, Range("2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z")) { Limit = 1 }, TestContext.Current.CancellationToken);

        var row = Assert.Single(answer.Rows);
        Assert.Equal(2, answer.Count);
        Assert.Equal(("000000000000000000000000000000ab", "00000000000000ff", "gen_ai.usage.input_tokens = -5"), (row.TraceId, row.SpanId, row.Detail));
    }
}
