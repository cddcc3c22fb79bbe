using System.Globalization;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Currencies;
using FinOps.Analytics.PriceTimelines;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Domain.Commitments;
using FinOps.Domain.Currencies;
using FinOps.Domain.Tenancy;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Commitments;

/// <summary>What a tenant has promised to sellers. Two of one kind never hold for the same calls at the same time.</summary>
public sealed class Commitments(FinOpsDatabase database, TimeProvider clock, IOptions<CommitmentOptions> options, BillingCurrencies currencies)
    : PriceTimeline<RecordedCommitment, Commitment>(
        database, clock, "commitments", new TimelineActs(AuditActs.CommitmentMade, AuditActs.CommitmentChanged, AuditActs.CommitmentEnded),
        options.Value.MaxCommitments, $"{CommitmentOptions.Section}:{nameof(CommitmentOptions.MaxCommitments)}")
{
    /// <inheritdoc cref="PriceTimeline{TRow, TPrice}.UndoAsync"/>
    public Task<ResourcePriceResult<RecordedCommitment>> UndoAsync(TenantId tenant, SeenResourcePrice seen, ResourcePriceEdit edit, CancellationToken cancellationToken) =>
        UndoAsync(AuditActs.CommitmentChangeUndone, tenant, seen, edit, cancellationToken);

    /// <summary>
    /// With the organisation's own rate of the day from which it holds, where it was agreed in another currency and none was given: of that day or of the last one before it, at most
    /// <see cref="ExchangeRates.MaxDaysCarried"/> days old.
    /// </summary>
    public async Task<(Commitment? Commitment, string? Problem)> WithRateAsync(TenantId tenant, Commitment commitment, CancellationToken cancellationToken)
    {
        var row = commitment.Normal();
        var day = row.RateDay != default ? row.RateDay : DateOnly.FromDateTime(row.ValidFrom.UtcDateTime);
        if (row.Rate != 0 || !ExchangeRates.IsCode(row.Currency)) return (row with { RateDay = day }, null);
        var start = new DateTimeOffset(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);
        var rates = await currencies.RatesAsync(tenant, row.Currency, new TimeRange(start, start.AddDays(1)), cancellationToken);
        return rates.Find(day) is { } found
            ? (row with { Rate = found.Value, RateDay = found.Day }, null)
            : (null, string.Create(CultureInfo.InvariantCulture, $"There is no rate of {row.Currency} for {day:yyyy-MM-dd} among your exchange rates: give what 1 USD is, or import rates first."));
    }

    protected override string Noun => "commitment";

    protected override RecordedCommitment RowOf(Commitment price, Guid id, DateTimeOffset? from, TimelineStamp stamp)
    {
        var row = price.Normal();
        return new RecordedCommitment
        {
            TenantId = stamp.Tenant.Value,
            Id = id,
            Change = stamp.Change,
            RecordedAt = stamp.Now,
            Name = row.Name,
            Kind = row.Kind,
            Seller = row.Seller,
            HostPlatform = row.HostPlatform,
            Models = string.Join(", ", row.Models),
            Period = row.Period,
            Amount = row.Amount,
            Currency = row.Currency,
            Rate = row.Rate,
            RateDay = row.RateDay != default ? row.RateDay : DateOnly.FromDateTime(row.ValidFrom.UtcDateTime),
            ValidFrom = from?.ToUniversalTime() ?? row.ValidFrom,
            ValidTo = row.ValidTo,
            Author = stamp.Author,
            Reason = stamp.Reason,
        };
    }

    protected override RecordedCommitment Ending(RecordedCommitment row, DateTimeOffset? validTo, TimelineStamp stamp) => RowOf(row.ToCommitment() with { ValidTo = validTo }, row.Id, null, stamp);

    protected override IOrderedQueryable<RecordedCommitment> InOrder(IQueryable<RecordedCommitment> rows) =>
        rows.OrderBy(row => row.Seller).ThenBy(row => row.Name).ThenBy(row => row.Id).ThenByDescending(row => row.ValidFrom);

    protected override string? ProblemOf(RecordedCommitment row) => row.ToCommitment().FindProblem();

    protected override bool IsForTheSame(RecordedCommitment one, RecordedCommitment other) => one.ToCommitment().SharesScopeWith(other.ToCommitment());

    protected override string NameOf(RecordedCommitment row) => $"{row.Name}, {ScopeOf(row)}";

    protected override string AmountOf(RecordedCommitment row) => AmountText(row.ToCommitment());

    protected override object StateOf(RecordedCommitment row) => new
    {
        row.Name,
        Kind = row.Kind.ToString(),
        row.Seller,
        row.HostPlatform,
        row.Models,
        Period = row.Period.ToString(),
        row.Amount,
        row.Currency,
        row.Rate,
        RateDay = row.RateDay.ToString("O", CultureInfo.InvariantCulture),
        row.ValidFrom,
        row.ValidTo,
    };

    /// <summary>Nothing is rated by commitments: their use is found when it is asked for.</summary>
    protected override void Changed(TenantId tenant)
    {
    }

    /// <summary>"openai, all models", "google on gcp.vertex_ai, gemini-2.5-pro".</summary>
    public static string ScopeOf(RecordedCommitment row) =>
        $"{row.Seller}{(row.HostPlatform.Length == 0 ? "" : $" on {row.HostPlatform}")}, {(row.Models.Length == 0 ? "all models" : row.Models)}";

    /// <summary>"10,000 USD a month", "9.5 EUR an hour".</summary>
    public static string AmountText(Commitment commitment) => string.Create(CultureInfo.InvariantCulture,
        $"{commitment.Amount:#,##0.############} {commitment.Currency} {(commitment.Kind == CommitmentKind.Provisioned ? "an hour" : commitment.Period switch { CommitmentPeriod.Month => "a month", CommitmentPeriod.Quarter => "a quarter", _ => "a year" })}");
}
