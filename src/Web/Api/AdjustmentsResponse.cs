using System.ComponentModel;
using System.Text.Json.Serialization;
using FinOps.Analytics.Bills;

namespace FinOps.Web.Api;

/// <summary>Which parts of a difference to accept.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record AcceptRequest
{
    [Description("Names of causes, `unexplained` among them.")]
    public required IReadOnlyList<string> Causes { get; init; }

    [Description("Why, for the record.")]
    public required string Reason { get; init; }
}

/// <summary>Differences that were accepted.</summary>
/// <param name="Adjustments">1,000 at most.</param>
public sealed record AdjustmentsResponse(IReadOnlyList<AdjustmentResponse> Adjustments);

/// <summary>A difference between a bill and our figures that a person accepted. It is in no figure of `/costs`.</summary>
public sealed record AdjustmentResponse
{
    public required Guid Id { get; init; }
    public required Guid Bill { get; init; }

    [Description("The day that it is about.")]
    public required DateOnly Date { get; init; }

    [Description("The day that it counts for: another than `date` where the books of that month were closed.")]
    public required DateOnly BookedOn { get; init; }
    public required string Provider { get; init; }
    public required string Model { get; init; }
    public required string? Meter { get; init; }
    public required string Cause { get; init; }

    [Description("USD, to be added to our figures.")]
    public required decimal Amount { get; init; }
    public required string Reason { get; init; }
    public required DateTimeOffset AcceptedAt { get; init; }
    public required string AcceptedBy { get; init; }

    [Description("The adjustment that this one takes back.")]
    public required Guid? Reverses { get; init; }

    internal static AdjustmentResponse Of(Adjustment line) => new()
    {
        Id = line.Id,
        Bill = line.BillId,
        Date = line.Date,
        BookedOn = line.BookedOn,
        Provider = line.Provider,
        Model = line.Model.Length == 0 ? line.Words : line.Model,
        Meter = line.Meter is { } meter ? CallsEndpoint.Word(meter) : null,
        Cause = Adjustments.Word(line.Cause),
        Amount = line.Amount,
        Reason = line.Reason,
        AcceptedAt = line.AcceptedAt,
        AcceptedBy = line.AcceptedBy,
        Reverses = line.Reverses,
    };
}

/// <summary>Accepted adjustments of the range: beside its figures, in none of them.</summary>
/// <param name="Amount">In the currency of the rows, each adjustment at the rate of the day that it counts for.</param>
/// <param name="Days">How many days of UTC have some.</param>
/// <param name="Bills">From how many bills.</param>
/// <param name="Currency">ISO 4217 code of `amount`.</param>
public sealed record AdjustmentSumResponse(decimal Amount, int Days, int Bills, string Currency);
