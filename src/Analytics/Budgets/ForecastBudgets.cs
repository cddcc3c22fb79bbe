using System.Diagnostics.Metrics;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Domain.Budgets;
using FinOps.Domain.Calendar;
using FinOps.Domain.Forecasting;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Budgets;

/// <summary>
/// Every five minutes: foretells what the periods of all budgets end with, of each budget once on each of its days, from the whole days of up to half a year; a job of Hangfire (docs/adr/0029). Done twice it stores the same again.
/// </summary>
public sealed class ForecastBudgets(FinOpsDatabase database, BudgetSpendReader spends, TimeProvider clock, IOptions<BudgetOptions> options, ILogger<ForecastBudgets> logger)
{
    private static readonly Meter Meter = new("FinOps.Analytics.Budgets");
    private static readonly Counter<long> Forecast = Meter.CreateCounter<long>("finops.budgets.forecast", description: "Forecasts of budgets that were made");
    private static readonly Counter<long> LeftForLater = Meter.CreateCounter<long>("finops.budgets.forecasts_left_for_later", description: "Forecasts of budgets beyond those that one run makes");

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        Exception? first = null;
        var tenants = await database.RunAsync(StoreScope.Budgets, context =>
            context.Set<RecordedBudget>().IgnoreQueryFilters().Where(row => row.ArchivedAt == null).Select(row => row.TenantId).Distinct().ToListAsync(cancellationToken), cancellationToken);
        foreach (var tenant in tenants)
        {
            try
            {
                await RunTenantAsync(new TenantId(tenant), null, cancellationToken);
            }
            catch (Exception failure) when (failure is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                // One tenant's trouble holds up nobody else's forecasts; the next run tries again.
                Log.NotForecast(logger, failure, new TenantId(tenant));
                first ??= failure;
            }
        }

        if (first is not null) throw new InvalidOperationException($"Not all budgets were forecast: {first.Message}", first);
    }

    /// <summary>Of one budget, or of all, what was not foretold today. How many were.</summary>
    internal async Task<int> RunTenantAsync(TenantId tenant, Guid? only, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var due = await DueAsync(tenant, only, now, cancellationToken);
        LeftForLater.Add(Math.Max(0, due.Count - options.Value.ForecastsPerRun));
        var works = due.Take(options.Value.ForecastsPerRun).ToList();
        var together = spends.Together();
        foreach (var group in works.GroupBy(GroupOf))
        {
            var few = group.ToList();
            var zone = TimeZoneInfo.FindSystemTimeZoneById(few[0].Budget.TimeZone);
            var histories = await spends.HistoryAsync(tenant, together, few[0].Today, zone, few.ConvertAll(work => work.Budget), cancellationToken);
            var rows = few.Select((work, i) => RowOf(tenant, work, histories[i], zone, now)).ToList();
            await database.RunAsync(tenant, context => StoreAsync(context, rows, cancellationToken), cancellationToken);
            Forecast.Add(rows.Count);
        }

        return works.Count;
    }

    /// <summary>Those first that have none of this period.</summary>
    private Task<List<Work>> DueAsync(TenantId tenant, Guid? only, DateTimeOffset now, CancellationToken cancellationToken) => database.RunAsync(tenant, async context =>
    {
        var rows = await context.Set<RecordedBudget>().AsNoTracking().Where(row => row.TenantId == tenant.Value && row.ArchivedAt == null && (only == null || row.Id == only))
            .OrderBy(row => row.Id).Take(options.Value.MaxBudgets).ToListAsync(cancellationToken);
        var made = await context.Set<RecordedForecast>().AsNoTracking().Where(row => row.TenantId == tenant.Value && (only == null || row.BudgetId == only))
            .Select(row => new { row.BudgetId, row.Version, row.StartsAt, row.EndsAt, row.DayEndsAt }).ToDictionaryAsync(row => row.BudgetId, cancellationToken);
        var due = new List<(bool IsRenewed, Work Work)>();
        foreach (var row in rows)
        {
            var budget = row.ToBudget();
            var zone = TimeZoneInfo.FindSystemTimeZoneById(budget.TimeZone);
            var period = BudgetPeriod.Of(now, budget.Cycle, zone);
            var ofPeriod = made.TryGetValue(row.Id, out var known) && known.Version == row.Version && known.StartsAt == period.Start && known.EndsAt == period.End;
            if (!ofPeriod || known!.DayEndsAt <= now) due.Add((ofPeriod, new Work(row.Id, row.Version, budget, period, TimeZoneInfo.ConvertTime(now, zone).Date)));
        }

        return due.OrderBy(one => one.IsRenewed).Select(one => one.Work).ToList();
    }, cancellationToken);

    /// <summary>Without figures where the history is too short: then the straight line stands, until tomorrow.</summary>
    private static RecordedForecast RowOf(TenantId tenant, Work work, IReadOnlyList<decimal> history, TimeZoneInfo zone, DateTimeOffset now)
    {
        var today = DateOnly.FromDateTime(work.Today);
        decimal[] days = [.. history.SkipWhile(day => day == 0)];
        var (begin, end) = (DateOnly.FromDateTime(work.Period.Start.DateTime), DateOnly.FromDateTime(work.Period.End.DateTime).AddDays(-1));
        var forecast = SpendForecast.Of(days, today.AddDays(-days.Length), begin, end);
        return new RecordedForecast
        {
            TenantId = tenant.Value,
            BudgetId = work.Id,
            Version = work.Version,
            StartsAt = work.Period.Start.ToUniversalTime(),
            EndsAt = work.Period.End.ToUniversalTime(),
            DayEndsAt = LocalDay.FirstInstant(work.Today.AddDays(1), zone).ToUniversalTime(),
            UntilAt = LocalDay.FirstInstant(work.Today.AddDays(2), zone).ToUniversalTime(),
            HistoryDays = days.Length,
            ByDayEnd = forecast?.Spent + forecast?.Days.Take(1).Sum(),
            ByUntil = forecast?.Spent + forecast?.Days.Take(2).Sum(),
            Point = forecast?.Point,
            Low = forecast?.Low,
            High = forecast?.High,
            Coverage = forecast?.BackTest?.Coverage,
            MadeAt = now.ToUniversalTime(),
        };
    }

    private static Task<int> StoreAsync(FinOpsDbContext context, List<RecordedForecast> rows, CancellationToken cancellationToken)
    {
        // In the order of their ids: two that store the same never wait for one another.
        var ordered = rows.OrderBy(row => row.BudgetId).ToList();
        var tenant = ordered[0].TenantId;
        Guid[] ids = [.. ordered.Select(row => row.BudgetId)];
        int[] versions = [.. ordered.Select(row => row.Version)];
        DateTime[] starts = [.. ordered.Select(row => row.StartsAt.UtcDateTime)];
        DateTime[] ends = [.. ordered.Select(row => row.EndsAt.UtcDateTime)];
        DateTime[] dayEnds = [.. ordered.Select(row => row.DayEndsAt.UtcDateTime)];
        DateTime[] untils = [.. ordered.Select(row => row.UntilAt.UtcDateTime)];
        int[] history = [.. ordered.Select(row => row.HistoryDays)];
        decimal?[] byDayEnd = [.. ordered.Select(row => row.ByDayEnd)];
        decimal?[] byUntil = [.. ordered.Select(row => row.ByUntil)];
        decimal?[] points = [.. ordered.Select(row => row.Point)];
        decimal?[] lows = [.. ordered.Select(row => row.Low)];
        decimal?[] highs = [.. ordered.Select(row => row.High)];
        double?[] coverages = [.. ordered.Select(row => row.Coverage)];
        var madeAt = ordered[0].MadeAt.UtcDateTime;
        // A budget that is gone meanwhile takes its forecast along.
        return context.Database.ExecuteSqlAsync($"""
            INSERT INTO finops.budget_forecasts AS kept (tenant_id, budget_id, version, starts_at, ends_at, day_ends_at, until_at, history_days, by_day_end, by_until, point, low, high, coverage, made_at)
            SELECT {tenant}, told.budget_id, told.version, told.starts_at, told.ends_at, told.day_ends_at, told.until_at, told.history_days, told.by_day_end, told.by_until, told.point, told.low, told.high, told.coverage, {madeAt}
            FROM unnest({ids}, {versions}, {starts}, {ends}, {dayEnds}, {untils}, {history}, {byDayEnd}, {byUntil}, {points}, {lows}, {highs}, {coverages})
              AS told (budget_id, version, starts_at, ends_at, day_ends_at, until_at, history_days, by_day_end, by_until, point, low, high, coverage)
            JOIN finops.budgets AS budget ON budget.tenant_id = {tenant} AND budget.id = told.budget_id
            ON CONFLICT (tenant_id, budget_id) DO UPDATE SET
              version = excluded.version, starts_at = excluded.starts_at, ends_at = excluded.ends_at, day_ends_at = excluded.day_ends_at, until_at = excluded.until_at, history_days = excluded.history_days,
              by_day_end = excluded.by_day_end, by_until = excluded.by_until, point = excluded.point, low = excluded.low, high = excluded.high, coverage = excluded.coverage, made_at = excluded.made_at
            WHERE kept.version < excluded.version OR (kept.version = excluded.version AND kept.made_at < excluded.made_at)
            """, cancellationToken);
    }

    private static (string Dimensions, string Currency, string Zone) GroupOf(Work work) =>
        (string.Join(',', work.Budget.Scope.Parts.Select(part => part.Dimension)), work.Budget.Currency, work.Budget.TimeZone);

    /// <param name="Today">The day of now in the budget's zone.</param>
    private sealed record Work(Guid Id, int Version, Budget Budget, BudgetPeriod Period, DateTime Today);
}
