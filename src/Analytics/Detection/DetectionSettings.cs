using FinOps.Domain.Alerts;
using FinOps.Domain.Runaway;
using FinOps.Domain.Usage;

namespace FinOps.Analytics.Detection;

/// <summary>Calls of which nothing is told.</summary>
/// <param name="Dimension">What they have in common.</param>
/// <param name="Value">Of it.</param>
/// <param name="Until">Null: until it is taken back.</param>
/// <param name="Reason">For people; may be empty.</param>
public sealed record DetectionMute(ScopeDimension Dimension, string Value, DateTimeOffset? Until = null, string Reason = "");

/// <summary>What an organisation wants to be told of what detection sees. Budgets are not concerned.</summary>
/// <param name="Off">Kinds that are not told, of <see cref="Kinds"/>.</param>
/// <param name="Mutes">Scopes that nothing is told of.</param>
public sealed record DetectionSettings(IReadOnlyList<string> Off, IReadOnlyList<DetectionMute> Mutes)
{
    /// <summary>The word for unusual spend; the others are kinds of runaways.</summary>
    public const string Anomaly = "anomaly";

    /// <summary>Default 100: each is compared with every alert.</summary>
    public const int MaxMutes = 100;

    public const int MaxReasonLength = 200;

    public static DetectionSettings Default { get; } = new([], []);

    public static IReadOnlyList<string> Kinds { get; } = [.. Enum.GetValues<RunawayKind>().Select(RunawayAlerts.Word), Anomaly];

    /// <summary>Whether an alert of these calls is not told.</summary>
    /// <param name="kind">Of <see cref="Kinds"/>.</param>
    /// <param name="values">What all of its calls have in common.</param>
    /// <param name="now">For mutes that end.</param>
    public bool IsMuted(string kind, IEnumerable<(ScopeDimension Dimension, string Value)> values, DateTimeOffset now) =>
        Off.Contains(kind, StringComparer.Ordinal) || values.Any(one => Mutes.Any(mute => mute.Dimension == one.Dimension && mute.Value == one.Value && (mute.Until is not { } until || now < until)));

    /// <summary>What is wrong with them, for people; null when they can be kept.</summary>
    public string? FindProblem()
    {
        if (Off.FirstOrDefault(word => !Kinds.Contains(word, StringComparer.Ordinal)) is { } unknown) return $"\"{unknown}\" is no kind of alert: use {string.Join(", ", Kinds)}.";
        if (Mutes.Count > MaxMutes) return $"At most {MaxMutes} scopes are muted: take back one that is not needed any more.";
        if (Mutes.Any(mute => mute.Reason.Length > MaxReasonLength)) return $"A reason has at most {MaxReasonLength} characters.";
        if (Mutes.Any(mute => mute.Value.Length == 0)) return "A mute names a value, for example feature chat.";
        return Mutes.Select(mute => SpendScope.Of(mute.Dimension, mute.Value).FindProblem()).FirstOrDefault(problem => problem is not null)
            ?? (Mutes.GroupBy(mute => (mute.Dimension, mute.Value)).FirstOrDefault(group => group.Count() > 1) is { } twice ? $"{twice.Key.Dimension} {twice.Key.Value} is muted twice." : null);
    }
}
