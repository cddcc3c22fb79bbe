using System.Globalization;
using FinOps.Analytics.Deletion;

namespace FinOps.Web.Features.Account;

/// <summary>What the page says of a deletion, and what it asks for before one.</summary>
internal static class DeleteAccountPageModel
{
    /// <summary>How new the session of an account without a password must be. Default 10 minutes: whoever finds an open browser is not the person.</summary>
    public static readonly TimeSpan FreshFor = TimeSpan.FromMinutes(10);

    /// <summary>Tables in the order of what a person misses first, with what a row of theirs is; one that is not here is told by its name.</summary>
    private static readonly (string Table, string One, string Many)[] Words =
    [
        ("users", "account", "accounts"),
        ("memberships", "membership", "memberships"),
        ("user_sessions", "session", "sessions"),
        ("user_tokens", "entry of the second factor and its recovery codes", "entries of the second factor and its recovery codes"),
        ("user_logins", "link to a sign-in provider", "links to sign-in providers"),
        ("invitations", "invitation", "invitations"),
        ("mail_outbox", "mail", "mails"),
        ("digest_subscriptions", "choice of digests", "choices of digests"),
    ];

    /// <summary>One line for each table that loses rows.</summary>
    public static IReadOnlyList<string> Lines(AccountDeletion deletion)
    {
        List<string> lines = [];
        foreach (var (table, one, many) in Words)
        {
            if (deletion.Rows.GetValueOrDefault(table) is not (> 0 and var rows)) continue;
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"{rows:N0} {(rows == 1 ? one : many)}{(table == "memberships" ? ": " + string.Join(", ", deletion.Organisations) : "")}"));
        }

        lines.AddRange(deletion.Rows.Where(row => row.Value > 0 && !Array.Exists(Words, word => word.Table == row.Key))
            .Select(row => string.Create(CultureInfo.InvariantCulture, $"{row.Value:N0} in {row.Key}")));
        return lines;
    }

    /// <summary>So that it is no slip. Null where the address was typed, in whatever case.</summary>
    public static string? ProblemWith(string? typed, string email) =>
        email.Equals(typed?.Trim(), StringComparison.OrdinalIgnoreCase) ? null : $"Type {email} to delete this account.";

    /// <param name="startedAt">When the session began; null: it is over.</param>
    /// <param name="now">The present.</param>
    public static bool IsFresh(DateTimeOffset? startedAt, DateTimeOffset now) => startedAt is { } began && now - began <= FreshFor;
}
