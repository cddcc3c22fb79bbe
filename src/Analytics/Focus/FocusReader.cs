using System.Runtime.CompilerServices;
using FinOps.Analytics.Lines;
using FinOps.Analytics.Retention;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Currencies;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Focus;

/// <summary>Who is charged, as far as charges tell: the organisation, and its projects as sub-accounts.</summary>
public sealed record FocusAccount(string Id, string Name, IReadOnlyDictionary<ProjectId, string> ProjectNames);

/// <summary>Gives the costs of a range as FOCUS rows, in a stream.</summary>
public sealed class FocusReader(LineReader lines, Tenants tenants, Retentions retentions, TimeProvider clock)
{
    /// <summary>From when on single calls are kept: of earlier ones there are sums and no line items. The start of a UTC day.</summary>
    public async Task<DateTimeOffset> KeptFromAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        var cutOff = (await retentions.FindAsync(tenant, cancellationToken)).Days.CutOff(RetentionClass.Calls, clock.GetUtcNow());
        return new DateTimeOffset(cutOff.UtcDateTime.Date, TimeSpan.Zero).AddDays(cutOff.UtcDateTime.TimeOfDay == TimeSpan.Zero ? 0 : 1);
    }

    /// <summary>By charge period, the earliest first. The effective costs of a range sum to its cost everywhere else in the product.</summary>
    /// <param name="question">Which costs.</param>
    /// <param name="rates">In which currency; every day that has calls must have a rate.</param>
    /// <param name="cancellationToken">Of the caller.</param>
    public async IAsyncEnumerable<FocusRow> ReadAsync(FocusQuestion question, ExchangeRates rates, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var tenant = question.Scope.Tenant;
        var projects = await tenants.ProjectsAsync(tenant, cancellationToken);
        var account = new FocusAccount(
            tenant.ToString(), await tenants.NameAsync(tenant, cancellationToken) ?? tenant.ToString(), projects.ToDictionary(project => project.Id, project => project.Name));
        await foreach (var line in lines.ReadAsync(new LineQuestion(question.Scope, question.Range) { Period = question.Period, Tags = question.Tags }, cancellationToken))
        {
            if (FocusUsage.RowOf(line, account) is not { } row) continue;
            var day = DateOnly.FromDateTime(row.From.UtcDateTime);
            var rate = rates.Find(day) ?? throw new InvalidOperationException($"There is no {rates.Currency} rate for {day:O}.");
            yield return row with { Currency = rates.Currency, Rate = rate.Value };
        }
    }
}
