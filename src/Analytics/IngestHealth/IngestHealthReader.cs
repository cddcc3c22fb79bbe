using System.Data.Common;
using System.Globalization;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Usage;

namespace FinOps.Analytics.IngestHealth;

/// <summary>What the front door did, from what it has written down. The state of spool and settling lives in their processes.</summary>
public sealed class IngestHealthReader(ClickHouseStore store)
{
    public async Task<IngestEventsAnswer> AskAsync(IngestEventsQuestion question, CancellationToken cancellationToken)
    {
        var minutes = Math.Max(1, (int)Math.Ceiling(question.Range.Length.TotalMinutes / IngestEventsQuestion.MaxPeriods));
        var rows = await store.QueryAsync(new IngestEventsByPeriod(question, minutes * 60), cancellationToken);
        return new IngestEventsAnswer(TimeSpan.FromMinutes(minutes), rows);
    }

    public async Task<QuarantinedSpansAnswer> AskAsync(QuarantinedSpansQuestion question, CancellationToken cancellationToken)
    {
        var rows = await store.QueryAsync(new QuarantinedSpanList(question), cancellationToken);
        return new QuarantinedSpansAnswer([.. rows.Select(row => row.Span)], rows.Count == 0 ? 0 : rows[0].Total);
    }
}

internal sealed record IngestEventsByPeriod(IngestEventsQuestion Question, int Seconds) : IClickHouseQuestion<IngestEventRow>
{
    /// <summary>Periods times the combinations of transport, signal and reason that can be.</summary>
    private const int MaxRows = 50_000;

    public void Bind(StatementParameters parameters) => parameters.Add(Question.Tenant)
        .AddMicros("from", Question.Range.From).AddMicros("to", Question.Range.To).Add("seconds", "UInt32", Seconds).Add("limit", "UInt32", MaxRows);

    public IngestEventRow Read(DbDataReader row) => new(
        DateTimeOffset.FromUnixTimeSeconds(SpendMeasures.ReadCount(row, 0)), row.GetString(1), row.GetString(2), row.GetString(3),
        SpendMeasures.ReadCount(row, 4), SpendMeasures.ReadCount(row, 5), SpendMeasures.ReadCount(row, 6));
}

internal sealed record QuarantinedSpanList(QuarantinedSpansQuestion Question) : IClickHouseQuestion<(QuarantinedSpanRow Span, long Total)>
{
    public void Bind(StatementParameters parameters) => parameters.Add(Question.Tenant)
        .AddMicros("from", Question.Range.From).AddMicros("to", Question.Range.To).Add("limit", "UInt32", Question.Limit);

    public (QuarantinedSpanRow Span, long Total) Read(DbDataReader row) => (
        new QuarantinedSpanRow(
            row.GetString(0), new SpanId(Convert.ToUInt64(row.GetValue(1), CultureInfo.InvariantCulture)).ToString(), (Guid)row.GetValue(2),
            DateTimeOffset.UnixEpoch.AddMicroseconds(SpendMeasures.ReadCount(row, 3)), DateTimeOffset.UnixEpoch.AddMicroseconds(SpendMeasures.ReadCount(row, 4)),
            row.GetString(5), row.GetString(6), row.GetString(7), row.GetString(8), row.GetString(9)),
        SpendMeasures.ReadCount(row, 10));
}
