using FinOps.Analytics.Anomalies;
using FinOps.Analytics.Bills;
using FinOps.Analytics.Budgets;
using FinOps.Analytics.Channels;
using FinOps.Analytics.Deletion;
using FinOps.Analytics.Digests;
using FinOps.Analytics.Gpus;
using FinOps.Analytics.Policies;
using FinOps.Analytics.PriceChecks;
using FinOps.Analytics.Reratings;
using FinOps.Analytics.Retention;
using FinOps.Analytics.Tenancy;
using FinOps.Analytics.Vectors;
using Hangfire;

namespace FinOps.Analytics.Spend;

/// <summary>The recurring jobs of this project.</summary>
public static class AnalyticsJobs
{
    public static void Schedule(IRecurringJobManager jobs)
    {
        jobs.AddOrUpdate<RebuildAllCells>("rebuild-cells", job => job.RunAsync(CancellationToken.None), Cron.Minutely());
        jobs.AddOrUpdate<RemoveOldGenerations>("remove-old-roll-ups", job => job.RunAsync(CancellationToken.None), "*/10 * * * *");
        jobs.AddOrUpdate<RebuildAllDeviceCosts>("rate-gpus", job => job.RunAsync(CancellationToken.None), Cron.Minutely());
        jobs.AddOrUpdate<RemoveOldDeviceCosts>("remove-old-gpu-costs", job => job.RunAsync(CancellationToken.None), "*/10 * * * *");
        jobs.AddOrUpdate<RebuildAllDataStoreCosts>("rate-data-stores", job => job.RunAsync(CancellationToken.None), Cron.Minutely());
        jobs.AddOrUpdate<RemoveOldDataStoreCosts>("remove-old-data-store-costs", job => job.RunAsync(CancellationToken.None), "*/10 * * * *");
        jobs.AddOrUpdate<ResumeReratings>("resume-reratings", job => job.RunAsync(CancellationToken.None), Cron.Minutely());
        // Twice a minute: of a call that arrives right after a look people hear within a minute, too.
        jobs.AddOrUpdate<EvaluateBudgets>("evaluate-budgets", job => job.RunAsync(CancellationToken.None), "*/30 * * * * *");
        jobs.AddOrUpdate<ForecastBudgets>("forecast-budgets", job => job.RunAsync(CancellationToken.None), "*/5 * * * *");
        jobs.AddOrUpdate<WatchAgents>("watch-agents", job => job.RunAsync(CancellationToken.None), Cron.Minutely());
        jobs.AddOrUpdate<SendPrices>("send-prices", job => job.RunAsync(CancellationToken.None), Cron.Minutely());
        jobs.AddOrUpdate<JudgeSpend>("judge-spend", job => job.RunAsync(CancellationToken.None), Cron.Hourly(10));
        jobs.AddOrUpdate<RemoveOldAlerts>("remove-old-alerts", job => job.RunAsync(CancellationToken.None), Cron.Hourly(15));
        jobs.AddOrUpdate<WriteDigests>("write-digests", job => job.RunAsync(CancellationToken.None), "*/5 * * * *");
        jobs.AddOrUpdate<RemoveOldMessages>("remove-old-messages", job => job.RunAsync(CancellationToken.None), Cron.Hourly(25));
        jobs.AddOrUpdate<ApplyRetention>("apply-retention", job => job.RunAsync(CancellationToken.None), Cron.Hourly());
        jobs.AddOrUpdate<FinishDeletions>("finish-deletions", job => job.RunAsync(CancellationToken.None), Cron.Hourly(30));
        jobs.AddOrUpdate<FinishErasures>("finish-erasures", job => job.RunAsync(CancellationToken.None), Cron.Hourly(35));
        jobs.AddOrUpdate<FindCorrections>("find-corrections", job => job.RunAsync(CancellationToken.None), Cron.Hourly(45));
        jobs.AddOrUpdate<CrossCheckPrices>("cross-check-prices", job => job.RunAsync(CancellationToken.None), Cron.Daily(3, 20));
        jobs.AddOrUpdate<RemoveExpiredSessions>("remove-expired-sessions", job => job.RunAsync(CancellationToken.None), Cron.Hourly());
    }
}
