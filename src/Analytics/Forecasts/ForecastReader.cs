using FinOps.Analytics.Spend;
using FinOps.Domain.Calendar;
using FinOps.Domain.Forecasting;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Forecasts;

/// <summary>What the month that is going on in a time zone will cost, of the calls of a filter.</summary>
public sealed record ForecastQuestion(ReadScope Scope, DateTimeOffset Now)
{
    /// <summary>Cuts days and months.</summary>
    public TimeZoneInfo TimeZone { get; init; } = TimeZoneInfo.Utc;

    public SpendFilter Filter { get; init; } = SpendFilter.None;
}

/// <summary>Forecasts from the same sums by day as every page shows.</summary>
public sealed class ForecastReader(SpendReader spend)
{
    public async Task<MonthForecast> AskAsync(ForecastQuestion question, CancellationToken cancellationToken)
    {
        var zone = question.TimeZone;
        var today = TimeZoneInfo.ConvertTime(question.Now, zone).Date;
        var first = today.AddDays(-SpendForecast.MaxDays);
        var range = new TimeRange(LocalDay.FirstInstant(first, zone), question.Now);
        var answer = await spend.AskAsync(new SpendQuestion(question.Scope, range) { Granularity = Granularity.Day, TimeZone = zone, Filter = question.Filter }, cancellationToken);
        var days = new decimal[SpendForecast.MaxDays + 1];
        foreach (var row in answer.Rows) days[(row.Period.Date - first).Days] = row.Figures.Cost;
        var month = LocalDay.FirstInstant(new DateTime(today.Year, today.Month, 1), zone);
        var next = LocalDay.FirstInstant(new DateTime(today.Year, today.Month, 1).AddMonths(1), zone);
        return MonthForecast.Of(days[..^1], DateOnly.FromDateTime(today), days[^1], (decimal)((question.Now - month) / (next - month)));
    }
}
