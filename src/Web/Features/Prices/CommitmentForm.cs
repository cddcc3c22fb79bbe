using FinOps.Analytics.Commitments;
using FinOps.Analytics.PriceTimelines;
using FinOps.Domain.Commitments;
using FinOps.Domain.Currencies;

namespace FinOps.Web.Features.Prices;

/// <summary>What a person fills in to make or change a commitment.</summary>
internal sealed class CommitmentForm
{
    private DateTimeOffset _heldFrom;
    private DateOnly _heldRateDay;
    private decimal? _heldRate;

    /// <summary>The commitment that is changed; null for a new one.</summary>
    public SeenResourcePrice? Seen { get; private init; }
    public string Name { get; set; } = "";
    public CommitmentKind Kind { get; set; }
    public string Seller { get; set; } = "";
    public string HostPlatform { get; set; } = "";

    /// <summary>With commas between them; empty = all.</summary>
    public string Models { get; set; } = "";
    public CommitmentPeriod Period { get; set; }
    public decimal? Amount { get; set; }
    public string Currency { get; set; } = ExchangeRates.Usd;

    /// <summary>What 1 USD is; null = the organisation's own rate.</summary>
    public decimal? Rate { get; set; }

    /// <summary>UTC.</summary>
    public DateTime From { get; set; }

    /// <summary>The first day on which it no longer holds; null = until further notice.</summary>
    public DateTime? To { get; set; }

    /// <summary>Of a change: the old one never held.</summary>
    public bool IsCorrection { get; set; }
    public string Reason { get; set; } = "";

    /// <summary>A new one begins with the month that runs.</summary>
    public static CommitmentForm New(DateTimeOffset now) => new() { From = new DateTime(now.UtcDateTime.Year, now.UtcDateTime.Month, 1, 0, 0, 0, DateTimeKind.Unspecified) };

    public static CommitmentForm Of(RecordedCommitment row, DateTimeOffset now) => new()
    {
        Seen = new SeenResourcePrice(row.Id, row.Change),
        Name = row.Name,
        Kind = row.Kind,
        Seller = row.Seller,
        HostPlatform = row.HostPlatform,
        Models = row.Models,
        Period = row.Period,
        Amount = row.Amount,
        Currency = row.Currency,
        Rate = row.Currency == ExchangeRates.Usd ? null : row.Rate,
        // From where the next period begins: what is promised for one that runs stays.
        From = DateTime.SpecifyKind((row.ToCommitment().PeriodsIn(now, now.AddTicks(1)).Select(period => (DateTimeOffset?)period.To).FirstOrDefault() ?? row.ValidFrom).UtcDateTime, DateTimeKind.Unspecified),
        To = row.ValidTo is { } to ? DateTime.SpecifyKind(to.UtcDateTime, DateTimeKind.Unspecified) : null,
        _heldFrom = row.ValidFrom,
        _heldRate = row.Rate,
        _heldRateDay = row.RateDay,
    };

    /// <summary>From when on a change holds; null for a correction.</summary>
    public DateTimeOffset? ChangeFrom => IsCorrection ? null : new DateTimeOffset(From, TimeSpan.Zero);

    /// <summary>Null until there is an amount.</summary>
    public Commitment? ToCommitment() => Amount is not { } amount ? null : new Commitment
    {
        Name = Name,
        Kind = Kind,
        Seller = Seller,
        HostPlatform = HostPlatform,
        Models = Models.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
        Period = Period,
        Amount = amount,
        Currency = Currency.Trim().ToUpperInvariant(),
        Rate = Currency.Trim().ToUpperInvariant() == ExchangeRates.Usd ? 1m : Rate ?? 0m,
        RateDay = Rate is not null && Rate == _heldRate ? _heldRateDay : default,
        ValidFrom = Seen is not null && IsCorrection ? _heldFrom : new DateTimeOffset(From, TimeSpan.Zero),
        ValidTo = To is { } to ? new DateTimeOffset(to, TimeSpan.Zero) : null,
    };

    /// <summary>All that decides what is saved: what was previewed is saved as it was previewed.</summary>
    public string Signature => string.Join('\n', Name, Kind, Seller, HostPlatform, Models, Period, Amount, Currency, Rate, From.Ticks, To?.Ticks, IsCorrection);
}
