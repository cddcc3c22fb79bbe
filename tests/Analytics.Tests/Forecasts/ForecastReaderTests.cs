using FinOps.Analytics.Forecasts;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Tests.Spend;
using FinOps.Domain.Forecasting;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;

namespace FinOps.Analytics.Tests.Forecasts;

public sealed class ForecastReaderTests(ClickHouseFixture clickHouse)
{
    /// <summary>Days are cut in the zone, the filter holds, and what was spent is what the calls cost.</summary>
    [Fact]
    public async Task Ask_FromStoredCalls_TellsTheMonthOfTheZone()
    {
        using var store = await clickHouse.CreateStoreAsync();
        var (mine, theirs) = (new TenantId(Guid.NewGuid()), new TenantId(Guid.NewGuid()));
        var zone = TimeZoneInfo.FindSystemTimeZoneById("Asia/Tokyo");
        // Noon of the twentieth in Tokyo; each call is at one in the morning there, the day before in UTC.
        var now = new DateTimeOffset(2026, 11, 20, 3, 0, 0, TimeSpan.Zero);
        var number = 0ul;
        StoredCall Call(TenantId tenant, int day, string feature, decimal cost) =>
            new(tenant, new DateTimeOffset(2026, 11, 20, 1, 0, 0, TimeSpan.FromHours(9)).AddDays(-day)) { Trace = new TraceId(4, ++number), Span = number, Feature = feature, Cost = cost };
        await StoredCalls.InsertAsync(store, Enumerable.Range(0, 40).SelectMany(day => (StoredCall[])[Call(mine, day, "rag", 10), Call(mine, day, "chat", 1), Call(theirs, day, "rag", 500)]));

        var forecast = await new ForecastReader(new SpendReader(store)).AskAsync(
            new ForecastQuestion(ReadScope.Whole(mine), now) { TimeZone = zone, Filter = SpendFilter.Where(Dimension.Feature, "rag") }, TestContext.Current.CancellationToken);

        Assert.Equal((ForecastMethod.Model, new DateOnly(2026, 11, 1), 200m, 300m, 39), (forecast.Method, forecast.Begin, forecast.Spent, forecast.Point!.Value, forecast.HistoryDays));
        Assert.Equal(11, forecast.Days.Count);
    }
}
