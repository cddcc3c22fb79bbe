using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using FinOps.Domain.Alerts;
using FinOps.Domain.Usage;

namespace FinOps.Domain.Runaway;

/// <summary>What is read of the calls behind a <see cref="RunawayAlert"/> when it is raised.</summary>
/// <param name="Since">When the first call of the two minutes began.</param>
/// <param name="UnpricedCalls">Of them, those whose cost is not known.</param>
/// <param name="Calls">Ids of the latest ones, the latest first.</param>
/// <param name="Project">The only project of them; empty where there are several.</param>
/// <param name="Feature">The same.</param>
/// <param name="User">The same.</param>
/// <param name="Session">The same.</param>
public sealed record RunawayEvidence(DateTimeOffset Since, long UnpricedCalls, IReadOnlyList<string> Calls, string Project, string Feature, string User, string Session)
{
    /// <summary>Ids that are named. Default 5.</summary>
    public const int MaxCalls = 5;
}

/// <summary>The alerts of runaway jobs, and the words of their facts.</summary>
public static class RunawayAlerts
{
    /// <summary>One of <see cref="Word"/>.</summary>
    public const string Kind = "kind";

    /// <summary>Session, user, feature or key, as a word.</summary>
    public const string By = "by";

    /// <summary>Of the two minutes before it was found.</summary>
    public const string Cost = "cost";

    /// <summary>What it costs if it goes on for an hour.</summary>
    public const string PerHour = "perHour";

    /// <summary>What the scope costs in this hour of other weeks; missing where nothing is known.</summary>
    public const string UsualPerHour = "usualPerHour";

    /// <summary>Of the two minutes.</summary>
    public const string Calls = "calls";

    /// <summary>Of the two minutes.</summary>
    public const string Tokens = "tokens";

    /// <summary>How often the same was asked, or failed, or grew in a row; of floods and velocity how many times the usual. Missing where nothing is usual yet.</summary>
    public const string Times = "times";

    /// <summary>When the first call of the two minutes began.</summary>
    public const string Since = "since";
    public const string UnpricedCalls = "unpricedCalls";

    /// <summary>The id of a call; up to <see cref="RunawayEvidence.MaxCalls"/> facts.</summary>
    public const string Call = "call";

    /// <summary>For how long after the alert its link shows calls.</summary>
    private static readonly TimeSpan LinkAfter = TimeSpan.FromMinutes(15);

    private static readonly double Windows = TimeSpan.FromHours(1) / RunawayOptions.Window;

    public static string Word(RunawayKind kind) => kind switch
    {
        RunawayKind.Loop => "loop",
        RunawayKind.Stuck => "stuck",
        RunawayKind.RetryStorm => "retryStorm",
        RunawayKind.TokenFlood => "tokenFlood",
        _ => "velocity",
    };

    public static ScopeDimension Dimension(RunawayDimension dimension) => dimension switch
    {
        RunawayDimension.Session => ScopeDimension.Session,
        RunawayDimension.User => ScopeDimension.User,
        RunawayDimension.Feature => ScopeDimension.Feature,
        _ => ScopeDimension.Key,
    };

    /// <summary>Means one incident of a tenant: its scope, its kind, and the end of the call that gave it away. Values may be long, so a hash stands for them.</summary>
    public static string Key(in RunawayAlert alert) => string.Create(
        CultureInfo.InvariantCulture, $"runaway/{Dimension(alert.Scope.Dimension).ToString().ToLowerInvariant()}/{Hash(alert.Scope.Value)}/{Word(alert.Kind)}/{alert.At.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'}");

    /// <summary>Incidents of one feature that begin in the same hour are told together: a hundred sessions of an agent that loop, and the feature that is too fast for it, have one cause.</summary>
    public static string GroupKey(in RunawayAlert alert, RunawayEvidence evidence) => string.Create(
        CultureInfo.InvariantCulture, $"runaway/{Hash(evidence.Feature.Length > 0 ? "feature " + evidence.Feature : alert.Scope.Dimension + " " + alert.Scope.Value)}/{alert.At.UtcDateTime:yyyy-MM-dd'T'HH'Z'}");

    /// <param name="alert">What the detector told.</param>
    /// <param name="usual">What the scope does in this hour of other weeks; null = not known.</param>
    /// <param name="evidence">Of its calls.</param>
    /// <param name="subject">The scope by the name that people gave it: a key's name.</param>
    /// <param name="criticalPerHour">From this cost of an hour on, USD, somebody should look now.</param>
    /// <param name="now">When it was found.</param>
    public static Alert Of(in RunawayAlert alert, UsualHour? usual, RunawayEvidence evidence, string subject, decimal criticalPerHour, DateTimeOffset now)
    {
        var perHour = alert.Cost * (decimal)Windows;
        List<AlertFact> facts =
        [
            AlertFact.OfText(Kind, Word(alert.Kind)), AlertFact.OfText(By, Dimension(alert.Scope.Dimension).ToString().ToLowerInvariant()),
            AlertFact.OfMoney(Cost, alert.Cost, "USD"), AlertFact.OfMoney(PerHour, perHour, "USD"),
        ];
        if (usual is { } hour) facts.Add(AlertFact.OfMoney(UsualPerHour, decimal.Round(hour.Cost, 6), "USD"));
        facts.Add(AlertFact.OfCount(Calls, alert.Calls, "calls"));
        facts.Add(AlertFact.OfCount(Tokens, alert.Tokens, "tokens"));
        if (double.IsFinite(alert.Times)) facts.Add(AlertFact.OfCount(Times, decimal.Round((decimal)Math.Min(alert.Times, 1e9), 1), ""));
        facts.Add(AlertFact.OfInstant(Since, evidence.Since));
        if (evidence.UnpricedCalls > 0) facts.Add(AlertFact.OfCount(UnpricedCalls, evidence.UnpricedCalls, "calls"));
        facts.AddRange(evidence.Calls.Take(RunawayEvidence.MaxCalls).Select(id => AlertFact.OfText(Call, id)));
        return new Alert(AlertKind.Runaway, perHour >= criticalPerHour ? AlertSeverity.Critical : AlertSeverity.Warning, Key(alert), GroupKey(alert, evidence), subject, now)
        {
            Scope = SpendScope.Of(Dimension(alert.Scope.Dimension), alert.Scope.Value),
            Facts = facts,
            Link = Link(alert, evidence),
        };
    }

    /// <summary>The calls of the scope from its first one on. A key stands in no filter, so its project does.</summary>
    private static string Link(in RunawayAlert alert, RunawayEvidence evidence)
    {
        var range = string.Create(CultureInfo.InvariantCulture, $"/calls?range=custom&from={evidence.Since.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}&to={(alert.At + LinkAfter).UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}");
        var (name, value) = alert.Scope.Dimension == RunawayDimension.Key ? ("project", evidence.Project) : (Dimension(alert.Scope.Dimension).ToString().ToLowerInvariant(), alert.Scope.Value);
        var link = value.Length == 0 ? range : $"{range}&{name}={Uri.EscapeDataString(value)}";
        return link.Length <= Alert.MaxTextLength ? link : range;
    }

    private static string Hash(string value) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(value)).AsSpan(0, 12));
}
