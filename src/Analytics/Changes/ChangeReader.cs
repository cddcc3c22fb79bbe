using System.Diagnostics.Metrics;
using FinOps.Analytics.Gpus;
using FinOps.Analytics.Spend;
using FinOps.Domain.Allocation;
using FinOps.Domain.Changes;
using FinOps.Domain.Pricing;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;

namespace FinOps.Analytics.Changes;

/// <summary>Answers why a bill changed: sums both periods from the roll-ups by day, feature, model and service tier, and takes their difference apart (docs/adr/0027).</summary>
public sealed class ChangeReader(SpendReader spend, GpuReader gpus, IPriceSource prices)
{
    /// <summary>Rows of one period that an answer is made from: days (or hours) × projects × features × models × tiers. Default 200,000.</summary>
    public const int MaxRows = 200_000;

    /// <summary>Up to this length a period is summed by the hour, so that a price that changed within a day is told from the one before.</summary>
    private static readonly TimeSpan ByHour = TimeSpan.FromDays(3);

    private static readonly System.Diagnostics.Metrics.Meter Counters = new("FinOps.Changes");
    private static readonly Counter<long> TooWide = Counters.CreateCounter<long>("finops.changes.too_wide", description: "Questions why a bill changed that had more rows than an answer is made from");

    // Asked by a job: no tenant's quota pays for it.
    private bool _isUnmetered;

    /// <summary>A reader for questions that are asked at once: see <see cref="SpendReader.Together"/>.</summary>
    public ChangeReader Together() => new(spend.Together(), gpus, prices);

    /// <summary>The same for a job: what calls cost is told whatever the tenant's people have asked. GPUs are not (<see cref="ChangeQuestion.WithGpus"/>).</summary>
    internal ChangeReader TogetherForJob() => new(spend.TogetherForJob(), gpus, prices) { _isUnmetered = true };

    public async Task<ChangeAnswer> AskAsync(ChangeQuestion question, CancellationToken cancellationToken)
    {
        var (before, after) = (ReadAsync(question, question.Before, cancellationToken), ReadAsync(question, question.After, cancellationToken));
        var money = question.TellsGpus ? GpusAsync(question, cancellationToken) : Task.FromResult<GpuDifference?>(null);
        await Task.WhenAll(before, after, money);
        var isSampled = (await before).IsSampled || (await after).IsSampled;
        if ((await before).Rows.Count > MaxRows || (await after).Rows.Count > MaxRows)
        {
            TooWide.Add(1);
            return new ChangeAnswer(new CostDifference([]), null, isSampled, IsTooWide: true);
        }

        var book = prices.Current(question.Scope.Tenant);
        var difference = ExplainDifference.Between(Priced((await before).Rows, book, question, question.Before), Priced((await after).Rows, book, question, question.After));
        return new ChangeAnswer(difference, await money, isSampled, IsTooWide: false);
    }

    private async Task<(List<UsageRow> Rows, bool IsSampled)> ReadAsync(ChangeQuestion question, TimeRange range, CancellationToken cancellationToken)
    {
        var length = range.Length <= ByHour ? TimeSpan.FromHours(1) : TimeSpan.FromDays(1);
        // Sums of days tell hours apart only where a period begins within them.
        IReadOnlyList<DateTimeOffset> cuts = range.Length <= ByHour ? Periods.Of(range, Granularity.Hour, TimeZoneInfo.Utc) : [];
        var (source, rows) = await spend.RowsAsync(
            new SpendQuestion(question.Scope, range) { GroupBy = UsageByDay.Dimensions, Filter = question.Filter }, cuts, source => new UsageByDay(source, length, MaxRows + 1, _isUnmetered), cancellationToken);
        return (rows, source.IsSampled);
    }

    /// <summary>Beside each row what a token cost at its time, by the book of today: a price that was corrected afterwards, and not rated anew, shows as its correction.</summary>
    private static IEnumerable<PeriodUsage> Priced(List<UsageRow> rows, PriceSnapshot book, ChangeQuestion question, TimeRange range)
    {
        var call = new CallReport { Tenant = question.Scope.Tenant };
        var known = new Dictionary<(string Project, string Provider, string Model, string Tier, long At), TokenPrices>();
        foreach (var row in rows)
        {
            var at = Math.Max(row.StartSeconds * 1_000_000, CellRanges.Micros(range.From));
            var key = (row.Project, row.Provider, row.Model, row.Tier, at);
            if (!known.TryGetValue(key, out var each))
            {
                call.Project = Guid.TryParse(row.Project, out var project) ? new ProjectId(project) : default;
                (call.Provider, call.ServedModel, call.ServedTier, call.StartUnixMicros) = (row.Provider, row.Model, row.Tier, at);
                known.Add(key, each = TokenPrices.Of(book, call));
            }

            yield return new PeriodUsage(row.Feature, row.Provider, row.Model, row.Tier, row.Calls, row.Cost, row.Tokens, each);
        }
    }

    private async Task<GpuDifference?> GpusAsync(ChangeQuestion question, CancellationToken cancellationToken)
    {
        var (before, after) = (SumAsync(question.Before), SumAsync(question.After));
        await Task.WhenAll(before, after);
        return new GpuDifference((await before).Use, (await after).Use, (await before).Idle, (await after).Idle);

        async Task<(decimal Use, decimal Idle)> SumAsync(TimeRange range)
        {
            var rows = (await gpus.CostsAsync(new GpuQuestion(question.Scope.Tenant, range), GpuDimension.Host, cancellationToken)).Rows;
            var idle = rows.Where(row => row.Kind == CostLineKind.Idle).Sum(row => row.UsageCost);
            return (rows.Sum(row => row.UsageCost) - idle, idle);
        }
    }
}
