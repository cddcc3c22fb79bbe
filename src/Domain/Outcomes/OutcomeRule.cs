using System.Globalization;

namespace FinOps.Domain.Outcomes;

/// <summary>Where an outcome is told. The numbers are stored.</summary>
public enum OutcomeSource
{
    /// <summary>An attribute of a span, for example <c>ticket.resolved = true</c>.</summary>
    SpanAttribute = 0,

    /// <summary>An event of a span, by its name.</summary>
    SpanEvent = 1,

    /// <summary>By REST alone: <c>POST /api/v1/outcomes</c>. Outcomes of the others may be told so, too.</summary>
    Told = 2,

    /// <summary>A log record that is an event, by its name: <c>event_name</c>, or the attribute <c>event.name</c>.</summary>
    LogEvent = 3,
}

/// <summary>
/// What of a tenant's telemetry is an outcome, and when it is a success. Whether something was worth its money is known to the tenant alone: the product counts what it is told and guesses nothing.
/// </summary>
public sealed record OutcomeRule(Guid Id, string Name, OutcomeSource Source)
{
    /// <summary>Characters of the name, of keys and of each value. Default 200.</summary>
    public const int MaxLength = 200;

    /// <summary>Values that mean success, or failure, and features. Default 20 each.</summary>
    public const int MaxValues = 20;

    /// <summary>The attribute that decides, or the event's name. Empty for <see cref="OutcomeSource.Told"/>.</summary>
    public string Key { get; init; } = "";

    /// <summary>The attribute of the event (of a span, or a log record) that decides; empty: the event itself is the success.</summary>
    public string EventAttribute { get; init; } = "";

    /// <summary>Empty: whatever is no failure; and where no failure is named either, whatever <see cref="IsTrue"/>.</summary>
    public IReadOnlyList<string> SuccessValues { get; init; } = [];

    /// <summary>Empty: whatever is no success.</summary>
    public IReadOnlyList<string> FailureValues { get; init; } = [];

    /// <summary>A numeric attribute beside it that says how much the outcome was worth, in the tenant's own unit; empty = none.</summary>
    public string ValueKey { get; init; } = "";

    /// <summary>An outcome of before is not counted.</summary>
    public DateTimeOffset ValidFrom { get; init; } = DateTimeOffset.MinValue;

    /// <summary>Null = it goes on.</summary>
    public DateTimeOffset? ValidTo { get; init; }

    public bool IsValidAt(DateTimeOffset instant) => instant >= ValidFrom && (ValidTo is not { } end || instant < end);

    /// <summary>
    /// Whether a value is a success (true) or a failure (false). Null: it is neither, and no outcome; that happens only where values of both kinds are named.
    /// Values are compared as text: <c>true</c>, <c>42</c>, <c>0.5</c>.
    /// </summary>
    public bool? Judge(string value)
    {
        if (SuccessValues.Contains(value, StringComparer.Ordinal)) return true;
        if (FailureValues.Contains(value, StringComparer.Ordinal)) return false;
        if (SuccessValues.Count > 0) return FailureValues.Count > 0 ? null : false;
        return FailureValues.Count > 0 || IsTrue(value);
    }

    /// <summary>Everything but nothing, zero, false and no, whatever their case.</summary>
    public static bool IsTrue(string value) => value.Length > 0
        && !value.Equals("false", StringComparison.OrdinalIgnoreCase) && !value.Equals("no", StringComparison.OrdinalIgnoreCase)
        && !(double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number == 0);

    /// <summary>What is wrong with it, for people; null when it can be used.</summary>
    public string? FindProblem()
    {
        if (Name.Trim().Length == 0 || Name.Length > MaxLength) return $"An outcome has a name of 1 to {MaxLength} characters, for example \"ticket resolved\".";
        if (!Enum.IsDefined(Source)) return "An outcome is told by an attribute of a span, by an event of a span, by a log record, or by REST.";
        if (Source == OutcomeSource.Told)
            return Key.Length + EventAttribute.Length + ValueKey.Length + SuccessValues.Count + FailureValues.Count == 0 ? null : "An outcome that is told by REST says itself whether it is a success: it takes no key and no values.";
        var isEvent = Source is OutcomeSource.SpanEvent or OutcomeSource.LogEvent;
        if (Key.Length == 0) return isEvent ? "Name the event, for example \"ticket.resolved\"." : "Name the attribute that tells it, for example \"ticket.resolved\".";
        if (!isEvent && EventAttribute.Length > 0) return "Only an event has an attribute of its own beside its name.";
        if (isEvent && EventAttribute.Length == 0 && SuccessValues.Count + FailureValues.Count > 0) return "Values need the attribute of the event that has them.";
        if (Key.Length > MaxLength || EventAttribute.Length > MaxLength || ValueKey.Length > MaxLength) return $"Names of attributes and events have at most {MaxLength} characters.";
        if (SuccessValues.Count > MaxValues || FailureValues.Count > MaxValues) return $"At most {MaxValues} values mean success, and as many failure.";
        if (SuccessValues.Concat(FailureValues).Any(value => value.Length is 0 or > MaxLength)) return $"Values have 1 to {MaxLength} characters.";
        if (SuccessValues.Intersect(FailureValues, StringComparer.Ordinal).FirstOrDefault() is { } both) return $"\"{both}\" cannot be a success and a failure.";
        return ValidTo <= ValidFrom ? "It cannot end before it begins." : null;
    }
}
