using System.ComponentModel;
using System.Text.Json.Serialization;
using FinOps.Analytics.Alerts;
using FinOps.Domain.Alerts;

namespace FinOps.Web.Api;

/// <summary>Whether an alert was worth telling.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record JudgementRequest
{
    public required bool Useful { get; init; }
}

/// <summary>Until when an alert is put off.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record SnoozeRequest
{
    public required DateTimeOffset Until { get; init; }
}

/// <summary>Alerts of the organisation.</summary>
/// <param name="Alerts">The latest first.</param>
/// <param name="HasMore">There are more: ask for the next page.</param>
/// <param name="Counts">Of all of them, whatever was asked for.</param>
public sealed record AlertsResponse(IReadOnlyList<AlertResponse> Alerts, bool HasMore, AlertCountsEntry Counts);

/// <summary>How many alerts there are.</summary>
/// <param name="Open">Nobody looks after them yet.</param>
/// <param name="Acknowledged">Somebody does.</param>
/// <param name="Resolved">Over.</param>
/// <param name="Useful">Judged to have been worth telling.</param>
/// <param name="NotUseful">Judged not to have been.</param>
/// <param name="Precision">Of the judged ones the share that was useful, 0 to 1; null while none is judged.</param>
public sealed record AlertCountsEntry(int Open, int Acknowledged, int Resolved, int Useful, int NotUseful, decimal? Precision)
{
    internal static AlertCountsEntry Of(AlertCounts counts) =>
        new(counts.Open, counts.Acknowledged, counts.Resolved, counts.Useful, counts.NotUseful, counts.Precision is { } precision ? decimal.Round(precision, 4) : null);
}

/// <summary>An alert: data, not prose.</summary>
public sealed record AlertResponse
{
    public required Guid Id { get; init; }

    [Description("budget, runaway, anomaly or agent.")]
    public required string Kind { get; init; }

    [Description("notice, warning or critical.")]
    public required string Severity { get; init; }

    [Description("open, acknowledged or resolved.")]
    public required string State { get; init; }

    [Description("What it is about: the budget's name, or the value that stands out.")]
    public required string Subject { get; init; }

    [Description("Alerts with the same one are one incident.")]
    public required string Group { get; init; }
    public required IReadOnlyDictionary<string, IReadOnlyList<string>> Scope { get; init; }
    public required IReadOnlyList<AlertFactEntry> Facts { get; init; }

    [Description("Where to look, an address within the product.")]
    public required string Link { get; init; }
    public required DateTimeOffset OpenedAt { get; init; }

    [Description("Since when a correction has brought the figure below again; null while it is not.")]
    public required DateTimeOffset? FellBelowAt { get; init; }
    public required DateTimeOffset? AcknowledgedAt { get; init; }
    public required string? AcknowledgedBy { get; init; }

    [Description("Until when somebody put it off; null while nobody did.")]
    public required DateTimeOffset? SnoozedUntil { get; init; }
    public required string? SnoozedBy { get; init; }
    public required DateTimeOffset? ResolvedAt { get; init; }
    public required string? ResolvedBy { get; init; }

    [Description("Null while nobody judged it.")]
    public required bool? Useful { get; init; }

    [Description("What became of it, the latest last; empty in lists.")]
    public required IReadOnlyList<AlertEventEntry> Events { get; init; }

    internal static AlertResponse Of(AlertEntry alert) => new()
    {
        Id = alert.Row.Id,
        Kind = CallsEndpoint.Word(alert.Row.Kind),
        Severity = CallsEndpoint.Word(alert.Row.Severity),
        State = CallsEndpoint.Word(alert.Row.State),
        Subject = alert.Row.Subject,
        Group = alert.Row.GroupKey,
        Scope = ScopeWords.Of(alert.Scope),
        Facts = [.. alert.Facts.Select(fact => new AlertFactEntry(fact.Name, CallsEndpoint.Word(fact.Kind), fact.Value, fact.Unit))],
        Link = alert.Row.Link,
        OpenedAt = alert.Row.OpenedAt,
        FellBelowAt = alert.Row.FellBelowAt,
        AcknowledgedAt = alert.Row.AcknowledgedAt,
        AcknowledgedBy = alert.Row.AcknowledgedBy,
        SnoozedUntil = alert.Row.SnoozedUntil,
        SnoozedBy = alert.Row.SnoozedBy,
        ResolvedAt = alert.Row.ResolvedAt,
        ResolvedBy = alert.Row.ResolvedBy,
        Useful = alert.Row.IsUseful,
        Events = [.. alert.Events.Select(one => new AlertEventEntry(one.At, CallsEndpoint.Word(one.Act), one.By))],
    };
}

/// <summary>One thing that was seen.</summary>
/// <param name="Name">The detector's own word, for example spent.</param>
/// <param name="Kind">text, money, share (1 = 100 %), count or instant.</param>
/// <param name="Value">Without thousands separators, with a point for the decimals.</param>
/// <param name="Unit">The currency of money, what is counted; else empty.</param>
public sealed record AlertFactEntry(string Name, string Kind, string Value, string Unit);

/// <summary>One thing that became of an alert.</summary>
/// <param name="At">When.</param>
/// <param name="Act">opened, acknowledged, resolved, reopened, fellBelow, roseAgain, snoozed, judgedUseful or judgedNotUseful.</param>
/// <param name="By">The e-mail address, or the name of the key or the job.</param>
public sealed record AlertEventEntry(DateTimeOffset At, string Act, string By);
