using FinOps.Analytics.Spend;
using FinOps.Domain.Currencies;

namespace FinOps.Analytics.Currencies;

/// <summary>Spend in another currency: each day of the asked time zone at its own rate, then summed. Pure.</summary>
public static class ConvertedSpend
{
    /// <summary>As costs have.</summary>
    private const int Decimals = 12;

    /// <summary>The question by which a question is answered in another currency: no period longer than a day.</summary>
    public static SpendQuestion ByDay(SpendQuestion question, int limit) =>
        question with { Granularity = question.Granularity is Granularity.Total or Granularity.Month ? Granularity.Day : question.Granularity, Limit = limit };

    /// <summary>The days that have calls and no rate, the earliest first. Where there are any nothing is converted.</summary>
    public static IReadOnlyList<DateOnly> DaysWithoutRate(SpendAnswer byDay, ExchangeRates rates) =>
        [.. byDay.Rows.Where(row => !row.Figures.IsEmpty && rates.Find(DayOf(row)) is null).Select(DayOf).Distinct().Order()];

    /// <summary>The answer to the question itself, of an answer by day (or shorter) whose days all have a rate.</summary>
    public static SpendAnswer Convert(SpendQuestion question, SpendAnswer byDay, ExchangeRates rates)
    {
        var periods = Periods.Of(question.Range, question.Granularity, question.TimeZone);
        var rows = byDay.Rows
            .Select(row => row with
            {
                Period = question.Granularity is Granularity.Total or Granularity.Month ? PeriodOf(row.Period, periods) : row.Period,
                Figures = row.Figures.IsEmpty ? row.Figures : At(row.Figures, rates.Find(DayOf(row))!.Value.Value),
            })
            .GroupBy(row => (row.Period, Group: string.Join('\0', row.Group)))
            .Select(group => new SpendRow(group.Key.Period, group.First().Group, group.Aggregate(default(SpendFigures), (sum, row) => sum + row.Figures)))
            .OrderBy(row => row.Period).ThenByDescending(row => row.Figures.Cost).ThenBy(row => string.Join('\0', row.Group), StringComparer.Ordinal)
            .ToList();
        if (question.Granularity == Granularity.Total && question.GroupBy.Count == 0 && rows.Count == 0) rows.Add(new SpendRow(periods[0], [], default));
        return new SpendAnswer([.. rows.Take(question.Limit)], rows.Count > question.Limit);
    }

    private static SpendFigures At(in SpendFigures figures, decimal rate) =>
        figures with { Cost = decimal.Round(figures.Cost * rate, Decimals, MidpointRounding.ToEven), LeftOut = figures.LeftOut.At(rate) };

    private static DateOnly DayOf(SpendRow row) => DateOnly.FromDateTime(row.Period.DateTime);

    private static DateTimeOffset PeriodOf(DateTimeOffset at, IReadOnlyList<DateTimeOffset> periods) => periods.Last(period => period <= at || period == periods[0]);
}
