using System.ComponentModel;
using System.Text.Json.Serialization;
using FinOps.Analytics.Commitments;
using FinOps.Domain.Commitments;
using FinOps.Domain.Currencies;

namespace FinOps.Web.Api;

/// <summary>A commitment as it shall be.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record CommitmentRequest
{
    [Description("As people call it, for example \"OpenAI 2026\".")]
    public required string Name { get; init; }

    [Description("spend: an amount for each period. provisioned: a fixed price for each hour of provisioned throughput.")]
    public required string Kind { get; init; }

    [Description("Who is paid, by the price list's id: openai, azure, aws.")]
    public required string Seller { get; init; }

    [Description("Only calls that tell exactly this provider, for example gcp.vertex_ai. Left out: all platforms of the seller.")]
    public string HostPlatform { get; init; } = "";

    [Description("Served models by their told names, with a * at the end for any rest. Left out: all of the seller's.")]
    public IReadOnlyList<string> Models { get; init; } = [];

    [Description("month, quarter or year, counted from validFrom; left out: month.")]
    public string Period { get; init; } = "month";

    [Description("What is promised: for a period, or for an hour of provisioned throughput.")]
    public required decimal Amount { get; init; }

    [Description("ISO 4217. Left out: USD.")]
    public string Currency { get; init; } = ExchangeRates.Usd;

    [Description("Of another currency: what 1 USD is. Left out: the organisation's own rate of the day from which it holds.")]
    public decimal? ExchangeRate { get; init; }

    [Description("The day that exchangeRate is of. Left out: the first day.")]
    public DateOnly? RateDay { get; init; }

    [Description("Midnight of a UTC day. With a change: from then on, which must be where a period begins; left out, it is a correction.")]
    public DateTimeOffset? ValidFrom { get; init; }

    [Description("Midnight of a UTC day; of spend, where one of its periods ends. Left out: until further notice.")]
    public DateTimeOffset? ValidTo { get; init; }

    [Description("Why; it stands in the history and in the audit record. A preview needs none.")]
    public string Reason { get; init; } = "";

    [Description("With a change: `change` of the commitment that you looked at. If it was changed since, the answer is 409.")]
    public long? Change { get; init; }
}

/// <summary>Which change of a commitment is taken back.</summary>
/// <param name="Change">Number of its last change, as you looked at it. If it was changed since, the answer is 409.</param>
/// <param name="Reason">Why; it stands in the history and in the audit record.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record CommitmentUndoRequest(long Change, string Reason);

/// <summary>A commitment.</summary>
public sealed record CommitmentResponse
{
    public required Guid Id { get; init; }

    [Description("Number of the change that made it: hand it in with the next one.")]
    public required long Change { get; init; }
    public required string Name { get; init; }

    [Description("spend or provisioned.")]
    public required string Kind { get; init; }
    public required string Seller { get; init; }
    public required string HostPlatform { get; init; }
    public required IReadOnlyList<string> Models { get; init; }

    [Description("month, quarter or year.")]
    public required string Period { get; init; }
    public required decimal Amount { get; init; }
    public required string Currency { get; init; }

    [Description("What 1 USD is in the currency; it never moves with later rates.")]
    public required decimal ExchangeRate { get; init; }
    public required DateOnly RateDay { get; init; }

    [Description("The amount in USD at that rate.")]
    public required decimal AmountUsd { get; init; }
    public required DateTimeOffset ValidFrom { get; init; }
    public required DateTimeOffset? ValidTo { get; init; }
    public required string Author { get; init; }
    public required string Reason { get; init; }
    public required DateTimeOffset RecordedAt { get; init; }

    [Description("In a history: when it was believed no more; null while it is.")]
    public required DateTimeOffset? SupersededAt { get; init; }

    internal static CommitmentResponse Of(RecordedCommitment row)
    {
        var commitment = row.ToCommitment();
        return new CommitmentResponse
        {
            Id = row.Id,
            Change = row.Change,
            Name = row.Name,
            Kind = CallsEndpoint.Word(row.Kind),
            Seller = row.Seller,
            HostPlatform = row.HostPlatform,
            Models = commitment.Models,
            Period = CallsEndpoint.Word(row.Period),
            Amount = row.Amount,
            Currency = row.Currency,
            ExchangeRate = row.Rate,
            RateDay = row.RateDay,
            AmountUsd = commitment.AmountUsd,
            ValidFrom = row.ValidFrom,
            ValidTo = row.ValidTo,
            Author = row.Author,
            Reason = row.Reason,
            RecordedAt = row.RecordedAt,
            SupersededAt = row.SupersededAt,
        };
    }
}

/// <summary>Commitments that are believed now, or all that was ever believed of one.</summary>
/// <param name="Commitments">By seller and name; of a history the latest change first.</param>
public sealed record CommitmentsResponse(IReadOnlyList<CommitmentResponse> Commitments);

/// <summary>How commitments are used.</summary>
/// <param name="Rows">Those of which a period touches the range.</param>
public sealed record CommitmentUseListResponse(IReadOnlyList<CommitmentUseOfResponse> Rows);

/// <summary>One commitment with its periods.</summary>
/// <param name="Commitment">As it is believed now.</param>
/// <param name="Periods">Whole, the earliest first.</param>
public sealed record CommitmentUseOfResponse(CommitmentResponse Commitment, IReadOnlyList<CommitmentUseResponse> Periods)
{
    internal static CommitmentUseOfResponse Of(CommitmentInUse use) => new(CommitmentResponse.Of(use.Row), [.. use.Periods.Select(CommitmentUseResponse.Of)]);
}

/// <summary>One period of a commitment; used, unused and open sum to promised.</summary>
public sealed record CommitmentUseResponse
{
    public required DateTimeOffset From { get; init; }
    public required DateTimeOffset To { get; init; }

    [Description("The period has ended: nothing is open.")]
    public required bool IsOver { get; init; }
    public required string Currency { get; init; }
    public required decimal Promised { get; init; }

    [Description("What the calls of its scope cost, as they were rated.")]
    public required decimal Eligible { get; init; }

    [Description("Of the promise: what calls drew, or the hours of provisioned throughput in which calls came.")]
    public required decimal Used { get; init; }

    [Description("Paid for nothing. Of spend only when the period is over.")]
    public required decimal Unused { get; init; }

    [Description("Not used and not lapsed yet.")]
    public required decimal Open { get; init; }

    [Description("Of spend: what calls cost beyond the promise.")]
    public required decimal Beyond { get; init; }

    [Description("What is paid and stands in no call's cost.")]
    public required decimal BesideCalls { get; init; }

    [Description("Of spend in a period that runs: how far its use is behind the time that has passed. Else what lapsed.")]
    public required decimal UnusedSoFar { get; init; }

    [Description("An estimate of what will have lapsed at the end, at the pace of the last seven whole days; null before the first of them is over.")]
    public required decimal? ProjectedUnused { get; init; }

    [Description("0 to 1; null before the first hour.")]
    public required decimal? Utilisation { get; init; }

    internal static CommitmentUseResponse Of(CommitmentUse use) => new()
    {
        From = use.From,
        To = use.To,
        IsOver = use.IsOver,
        Currency = ExchangeRates.Usd,
        Promised = use.Promised,
        Eligible = use.Eligible,
        Used = use.Used,
        Unused = use.Unused,
        Open = use.Open,
        Beyond = use.Beyond,
        BesideCalls = use.BesideCalls,
        UnusedSoFar = use.UnusedSoFar,
        ProjectedUnused = use.ProjectedUnused,
        Utilisation = use.Utilisation is { } share ? decimal.Round(share, 6) : null,
    };
}
