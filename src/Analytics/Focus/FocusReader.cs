using System.Runtime.CompilerServices;
using FinOps.Analytics.Retention;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Currencies;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Focus;

/// <summary>Who is charged, as far as charges tell: the organisation, and its projects as sub-accounts.</summary>
public sealed record FocusAccount(string Id, string Name, IReadOnlyDictionary<ProjectId, string> ProjectNames);

/// <summary>Gives the costs of a range as FOCUS rows, in a stream.</summary>
public sealed class FocusReader(IEnumerable<IFocusRows> kinds, Tenants tenants, Retentions retentions, TimeProvider clock)
{
    private readonly IFocusRows[] _kinds = [.. kinds.OrderBy(kind => kind.Kind)];

    /// <summary>From when on single calls are kept: of earlier ones there are sums and no line items. The start of a UTC day.</summary>
    public async Task<DateTimeOffset> KeptFromAsync(TenantId tenant, CancellationToken cancellationToken)
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

    /// <summary>Days of rows other than calls' that have no rate, the earliest first; those of calls are told by their sums. These rows are few: they are read once more.</summary>
    public async Task<IReadOnlyList<DateOnly>> DaysWithoutRateAsync(FocusQuestion question, ExchangeRates rates, CancellationToken cancellationToken)
    {
        var missing = new SortedSet<DateOnly>();
        if (rates.Currency == ExchangeRates.Usd) return [];
        await foreach (var row in ReadAsync(question, [.. question.Rows.Where(kind => kind != FocusRowKind.Usage)], cancellationToken))
            if (rates.Find(row.RateDay) is null) missing.Add(row.RateDay);
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
