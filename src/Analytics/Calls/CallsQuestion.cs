using System.Globalization;
using FinOps.Analytics.Spend;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;

namespace FinOps.Analytics.Calls;

/// <summary>One page of calls, the latest first.</summary>
public sealed record CallsQuestion(ReadScope Scope, TimeRange Range)
{
    public const int DefaultLimit = 50;
    public const int MaxLimit = 1_000;

    public SpendFilter Filter { get; init; } = SpendFilter.None;

    /// <summary>Null = answered and failed ones.</summary>
    public CallStatus? Status { get; init; }

    /// <summary>Only calls whose cost is unknown (true), or known (false).</summary>
    public bool? Unpriced { get; init; }

    /// <summary>Only calls with at least one of these flags; none = all.</summary>
    public CallFlags AnyFlag { get; init; }

    /// <summary>Only calls that cost at least this, USD.</summary>
    public decimal? MinCost { get; init; }

    /// <summary>Only calls that the policy of this id touched, in any version and arm, dry runs included.</summary>
    public string? Policy { get; init; }

    /// <summary>Only calls with exactly this trace id, call id, response id or session.</summary>
    public string? Search { get; init; }

    /// <summary>1 to <see cref="MaxLimit"/>.</summary>
    public int Limit { get; init; } = DefaultLimit;

    /// <summary>The last call of the page before.</summary>
    public CallCursor? After { get; init; }
}

/// <summary>A place in the order of calls (by start, trace and span, descending): stable while new calls arrive.</summary>
public readonly record struct CallCursor(long StartUnixMicros, CallId Id)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{StartUnixMicros:x}-{Id}");

    public static bool TryParse(ReadOnlySpan<char> text, out CallCursor cursor)
    {
        cursor = default;
        var hyphen = text.IndexOf('-');
        if (hyphen is < 1 or > 16
            || !long.TryParse(text[..hyphen], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var start)
            || !CallId.TryParse(text[(hyphen + 1)..], out var id))
            return false;
        cursor = new CallCursor(start, id);
        return true;
    }
}

/// <summary>One line of the list of calls.</summary>
public sealed record CallRow
{
    public required CallId Id { get; init; }
    public required DateTimeOffset Start { get; init; }
    public required TimeSpan Duration { get; init; }
    /// <summary>Null = not told.</summary>
    public required TimeSpan? TimeToFirstToken { get; init; }
    public required Guid Project { get; init; }
    public required CallStatus Status { get; init; }
    public required string ErrorType { get; init; }
    public required string Operation { get; init; }
    public required string Provider { get; init; }
    public required string Model { get; init; }
    public required string RequestedModel { get; init; }
    public required string Feature { get; init; }
    public required string User { get; init; }
    public required string Team { get; init; }
    public required string Customer { get; init; }
    public required string Environment { get; init; }
    public required string Service { get; init; }
    public required string Endpoint { get; init; }
    public required string Session { get; init; }
    public required string ResponseId { get; init; }
    /// <summary>USD; null = unpriced.</summary>
    public required decimal? Cost { get; init; }
    public required long InputTokens { get; init; }
    public required long CacheReadTokens { get; init; }
    public required long CacheWriteTokens { get; init; }
    public required long OutputTokens { get; init; }
    public required long ReasoningTokens { get; init; }
    public required CallFlags Flags { get; init; }

    public CallCursor Cursor => new((Start - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond, Id);
}

/// <param name="Calls">From the latest.</param>
/// <param name="Next">Where the next page starts; null = this was the last.</param>
public sealed record CallsAnswer(IReadOnlyList<CallRow> Calls, CallCursor? Next);
