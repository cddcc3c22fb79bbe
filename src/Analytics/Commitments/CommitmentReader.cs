using FinOps.Analytics.Spend;
using FinOps.Domain.Commitments;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Commitments;

/// <summary>A commitment as it is believed now, with its periods that a range touches.</summary>
/// <param name="Row">After a change from a day on a commitment has two rows, each with its own periods.</param>
/// <param name="Periods">Whole, the earliest first.</param>
public sealed record CommitmentInUse(RecordedCommitment Row, IReadOnlyList<CommitmentUse> Periods);

/// <summary>How commitments are used, of a whole organisation: found from what its calls cost as they are rated now, each time that it is asked for.</summary>
public sealed class CommitmentReader(Commitments commitments, SpendReader spend, TimeProvider clock)
{
    private const uint Day = 86_400;
    private const uint Hour = 3_600;

    /// <summary>Each commitment of which a period touches the range.</summary>
    public async Task<IReadOnlyList<CommitmentInUse>> UseAsync(TenantId tenant, TimeRange range, CancellationToken cancellationToken)
    {
        var answer = new List<CommitmentInUse>();
        // The providers that calls tell are asked for once, over all that any of them needs.
        var rows = (await commitments.ListAsync(tenant, cancellationToken)).Select(row => (Row: row, Commitment: row.ToCommitment()))
            .Select(one => (one.Row, one.Commitment, Span: UseCommitment.Span(one.Commitment, range.From, range.To))).Where(one => one.Span is not null).ToList();
        if (rows.Count == 0) return answer;
        var now = clock.GetUtcNow();
        var reader = spend.Together();
        var told = await ProvidersAsync(reader, tenant, new TimeRange(rows.Min(one => one.Span!.Value.From), rows.Max(one => one.Span!.Value.To)), cancellationToken);
        foreach (var (row, commitment, span) in rows)
        {
            var usage = await CoveredAsync(reader, tenant, commitment, told, new TimeRange(span!.Value.From, span.Value.To), cancellationToken);
            answer.Add(new CommitmentInUse(row, UseCommitment.Of(commitment, range.From, range.To, usage, now)));
        }

        return answer;
    }

    /// <summary>How a commitment would have been used by the calls of the last whole UTC months: one, three or twelve, as its period is.</summary>
    /// <param name="commitment">A <see cref="Commitment.Normal"/> one.</param>
    public async Task<CommitmentUse> PreviewAsync(TenantId tenant, Commitment commitment, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var end = new DateTimeOffset(now.UtcDateTime.Year, now.UtcDateTime.Month, 1, 0, 0, 0, TimeSpan.Zero);
        var past = commitment with { ValidFrom = end.AddMonths(commitment.Period switch { CommitmentPeriod.Month => -1, CommitmentPeriod.Quarter => -3, _ => -12 }), ValidTo = end };
        var range = new TimeRange(past.ValidFrom, end);
        var usage = await CoveredAsync(spend, tenant, past, await ProvidersAsync(spend, tenant, range, cancellationToken), range, cancellationToken);
        return UseCommitment.Of(past, range.From, range.To, usage, now)[0];
    }

    /// <summary>The providers that calls tell; of more than <see cref="TopQuestion.MaxLimit"/> those that cost most.</summary>
    private static async Task<IReadOnlyList<string>> ProvidersAsync(SpendReader spend, TenantId tenant, TimeRange range, CancellationToken cancellationToken)
    {
        var answer = await spend.AskAsync(new TopQuestion(ReadScope.Whole(tenant), range, Dimension.Provider) { Limit = TopQuestion.MaxLimit }, cancellationToken);
        return [.. answer.Members.Select(member => member.Value)];
    }

    private static async Task<IReadOnlyList<CoveredUsage>> CoveredAsync(
        SpendReader spend, TenantId tenant, Commitment commitment, IReadOnlyList<string> told, TimeRange range, CancellationToken cancellationToken)
    {
        string[] providers = [.. told.Where(commitment.IsAt)];
        if (providers.Length == 0) return [];
        var question = new SpendQuestion(ReadScope.Whole(tenant), range) { GroupBy = [Dimension.Model], Filter = SpendFilter.Where(Dimension.Provider, providers) };
        var seconds = commitment.Kind == CommitmentKind.Spend ? Day : Hour;
        List<DateTimeOffset> cuts = [];
        for (var start = range.From; start < range.To; start = start.AddSeconds(seconds)) cuts.Add(start);
        return (await spend.RowsAsync(question, cuts, source => new CoveredCalls(source, commitment.Models, seconds), cancellationToken)).Rows;
    }
}
