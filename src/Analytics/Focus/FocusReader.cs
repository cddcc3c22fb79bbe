using System.Runtime.CompilerServices;
using FinOps.Analytics.Bills;
using FinOps.Analytics.Retention;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Currencies;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Focus;

/// <summary>Who is charged, as far as charges tell: the organisation, and its projects as sub-accounts.</summary>
public sealed record FocusAccount(string Id, string Name, IReadOnlyDictionary<ProjectId, string> ProjectNames);

/// <summary>What usage can be told of.</summary>
/// <param name="KeptFrom">From when on single calls are kept, the start of a UTC day: of earlier ones there are sums and no line items.</param>
/// <param name="Closed">Months whose books stand, whatever became of their calls.</param>
public sealed record FocusReach(DateTimeOffset KeptFrom, IReadOnlyList<DateOnly> Closed)
{
    /// <param name="range">Of whole days.</param>
    /// <param name="asClosed">Closed months are told as they were closed.</param>
    public bool Holds(TimeRange range, bool asClosed)
    {
        for (var day = range.From; day < range.To && day < KeptFrom;)
        {
            var month = new DateOnly(day.UtcDateTime.Year, day.UtcDateTime.Month, 1);
            if (!asClosed || !Closed.Contains(month)) return false;
            day = CloseMonths.RangeOf(month).To;
        }

        return true;
    }
}

/// <summary>Gives the costs of a range as FOCUS rows, in a stream.</summary>
public sealed class FocusReader(IEnumerable<IFocusRows> kinds, Tenants tenants, Retentions retentions, CloseMonths months, TimeProvider clock)
{
    private readonly IFocusRows[] _kinds = [.. kinds.OrderBy(kind => kind.Kind)];

    /// <summary>Books of closed months are the whole organisation's: whoever sees some teams alone has none of them.</summary>
    public async Task<FocusReach> ReachAsync(ReadScope scope, CancellationToken cancellationToken) => new(
        await KeptFromAsync(scope.Tenant, cancellationToken),
        scope.IsWhole ? [.. (await months.StandingAsync(scope.Tenant, range: null, cancellationToken)).Select(close => close.Month)] : []);

    private async Task<DateTimeOffset> KeptFromAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        var cutOff = (await retentions.FindAsync(tenant, cancellationToken)).Days.CutOff(RetentionClass.Calls, clock.GetUtcNow());
        return new DateTimeOffset(cutOff.UtcDateTime.Date, TimeSpan.Zero).AddDays(cutOff.UtcDateTime.TimeOfDay == TimeSpan.Zero ? 0 : 1);
    }

    /// <summary>One kind of rows after the other, each by the day that it counts for. No cost column counts anything twice (docs/adr/0021).</summary>
    /// <param name="question">Which costs.</param>
    /// <param name="rates">In which currency; every day that has rows must have a rate (<see cref="DaysWithoutRateAsync"/>).</param>
    /// <param name="cancellationToken">Of the caller.</param>
    public async IAsyncEnumerable<FocusRow> ReadAsync(FocusQuestion question, ExchangeRates rates, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var row in ReadAsync(question, question.Rows, cancellationToken))
        {
            var rate = rates.Find(row.RateDay) ?? throw new InvalidOperationException($"There is no {rates.Currency} rate for {row.RateDay:O}.");
            yield return row with { Currency = rates.Currency, Rate = rate.Value };
        }
    }

    /// <summary>
    /// Days of rows other than calls' that have no rate, the earliest first; those of calls are told by their sums. These rows are few: they are read once more. So are books of months whose calls are
    /// gone, whose sums may be gone, too.
    /// </summary>
    public async Task<IReadOnlyList<DateOnly>> DaysWithoutRateAsync(FocusQuestion question, ExchangeRates rates, CancellationToken cancellationToken)
    {
        var missing = new SortedSet<DateOnly>();
        if (rates.Currency == ExchangeRates.Usd) return [];
        await foreach (var row in ReadAsync(question, [.. question.Rows.Where(kind => kind != FocusRowKind.Usage)], cancellationToken))
            if (rates.Find(row.RateDay) is null) missing.Add(row.RateDay);
        var kept = await KeptFromAsync(question.Scope.Tenant, cancellationToken);
        if (question.Rows.Contains(FocusRowKind.Usage) && question.Range.From < kept)
        {
            var gone = question with { Range = new TimeRange(question.Range.From, kept < question.Range.To ? kept : question.Range.To) };
            await foreach (var row in ReadAsync(gone, [FocusRowKind.Usage], cancellationToken))
                if (rates.Find(row.RateDay) is null) missing.Add(row.RateDay);
        }

        return [.. missing];
    }

    private async IAsyncEnumerable<FocusRow> ReadAsync(FocusQuestion question, IReadOnlyList<FocusRowKind> rows, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var tenant = question.Scope.Tenant;
        var projects = await tenants.ProjectsAsync(tenant, cancellationToken);
        var account = new FocusAccount(
            tenant.ToString(), await tenants.NameAsync(tenant, cancellationToken) ?? tenant.ToString(), projects.ToDictionary(project => project.Id, project => project.Name));
        foreach (var kind in _kinds)
        {
            if (!rows.Contains(kind.Kind) || (kind.Kind != FocusRowKind.Usage && !question.Scope.IsWhole)) continue;
            await foreach (var row in kind.ReadAsync(question, account, cancellationToken)) yield return row;
        }
    }
}
