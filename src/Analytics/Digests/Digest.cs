using FinOps.Analytics.Alerts;
using FinOps.Analytics.Budgets;
using FinOps.Analytics.Changes;
using FinOps.Analytics.Mail;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Digests;

namespace FinOps.Analytics.Digests;

/// <summary>What a digest tells: nothing that its member could not see on the pages.</summary>
/// <param name="Place">Whose organisation, and how much of it the member sees.</param>
/// <param name="UserId">The member.</param>
/// <param name="Recipient">Their e-mail address.</param>
/// <param name="Period">What it sums up.</param>
/// <param name="Zone">The member's.</param>
/// <param name="ReadAt">When the figures were read.</param>
public sealed record Digest(MemberPlace Place, Guid UserId, string Recipient, DigestPeriod Period, TimeZoneInfo Zone, DateTimeOffset ReadAt)
{
    /// <summary>Of calls; what sampling left out stands in it beside.</summary>
    public required SpendFigures Spent { get; init; }

    /// <summary>Of the period before.</summary>
    public required SpendFigures Before { get; init; }

    /// <summary>What each day of the period cost, USD.</summary>
    public required IReadOnlyList<decimal> Days { get; init; }

    /// <summary>Why the two differ.</summary>
    public required ChangeAnswer Change { get; init; }

    /// <summary>As they stand now, those first that have used most.</summary>
    public required IReadOnlyList<BudgetStanding> Budgets { get; init; }

    /// <summary>The latest of the open ones.</summary>
    public required IReadOnlyList<AlertEntry> Alerts { get; init; }

    public required int OpenAlerts { get; init; }
}

/// <summary>Puts a digest into words, as a mail for the outbox: the server's part, which knows its own address and its mail server.</summary>
public interface IDigestLetter
{
    /// <summary>There is a mail server; else nothing is written.</summary>
    bool CanSend { get; }

    /// <param name="id">Of the mail: the same for the same member and period.</param>
    /// <param name="digest">What it says.</param>
    OutboxMail Write(Guid id, Digest digest);
}
