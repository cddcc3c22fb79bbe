using FinOps.Analytics.Stores.Postgres;
using Microsoft.EntityFrameworkCore;

namespace FinOps.Analytics.Mail;

/// <summary>A mail that a sender took: nobody else takes it until the lease is over.</summary>
public sealed record TakenMail(Guid Id, string Recipient, string Subject, byte[] Body, int Tries, DateTimeOffset CreatedAt);

/// <summary>A mail that was given up.</summary>
public sealed record DeadMail(Guid Id, string Recipient, string Subject, string Reason, int Tries, DateTimeOffset CreatedAt, DateTimeOffset EndedAt);

/// <summary>How many mails wait, were sent within the time that they are kept, and were given up.</summary>
public sealed record MailCounts(long Waiting, long Sent, long Dead);

/// <summary>
/// The sender's side of the outbox, and what whoever runs the installation sees of it. Mails are written by the features, in their own transactions. Times
/// are the database's, so that replicas with different clocks agree about a lease.
/// </summary>
public sealed class MailOutbox(FinOpsDatabase database)
{
    /// <summary>Given-up mails in the list; older ones follow when these are dealt with.</summary>
    public const int MaxListed = 200;

    /// <summary>Takes up to so many mails that are due. Two senders never get the same one within the lease.</summary>
    public async Task<IReadOnlyList<TakenMail>> TakeAsync(int most, TimeSpan lease, CancellationToken cancellationToken)
    {
        var rows = await database.RunAsync(StoreScope.Mail, context => context.Set<OutboxMail>().FromSql($"""
            UPDATE finops.mail_outbox SET due_at = now() + {lease}, tries = tries + 1
            WHERE id IN (
                SELECT id FROM finops.mail_outbox WHERE state = 'Waiting' AND due_at <= now()
                ORDER BY due_at LIMIT {most} FOR UPDATE SKIP LOCKED)
            RETURNING *
            """).IgnoreQueryFilters().AsNoTracking().ToListAsync(cancellationToken), cancellationToken);
        return [.. rows.Select(row => new TakenMail(row.Id, row.Recipient, row.Subject, row.Body ?? [], row.Tries, row.CreatedAt))];
    }

    /// <summary>False when the lease was over and another sender took it meanwhile.</summary>
    public async Task<bool> SentAsync(TakenMail mail, CancellationToken cancellationToken) =>
        await RunAsync($"""
            UPDATE finops.mail_outbox SET state = 'Sent', ended_at = now(), body = NULL, reason = NULL
            WHERE id = {mail.Id} AND tries = {mail.Tries} AND state = 'Waiting'
            """, cancellationToken) == 1;

    /// <param name="again">Null gives it up.</param>
    public async Task<bool> FailedAsync(TakenMail mail, string reason, TimeSpan? again, CancellationToken cancellationToken)
    {
        var told = reason.Length > OutboxMail.MaxReasonLength ? reason[..OutboxMail.MaxReasonLength] : reason;
        return await (again is { } wait
            ? RunAsync($"UPDATE finops.mail_outbox SET due_at = now() + {wait}, reason = {told} WHERE id = {mail.Id} AND tries = {mail.Tries} AND state = 'Waiting'", cancellationToken)
            : RunAsync($"UPDATE finops.mail_outbox SET state = 'Dead', ended_at = now(), reason = {told} WHERE id = {mail.Id} AND tries = {mail.Tries} AND state = 'Waiting'", cancellationToken)) == 1;
    }

    public async Task<IReadOnlyList<DeadMail>> DeadAsync(CancellationToken cancellationToken) =>
        await database.RunAsync(StoreScope.Mail, context => context.Set<OutboxMail>().IgnoreQueryFilters().AsNoTracking()
            .Where(mail => mail.State == MailState.Dead).OrderByDescending(mail => mail.EndedAt).Take(MaxListed)
            .Select(mail => new DeadMail(mail.Id, mail.Recipient, mail.Subject, mail.Reason ?? "", mail.Tries, mail.CreatedAt, mail.EndedAt ?? mail.CreatedAt))
            .ToListAsync(cancellationToken), cancellationToken);

    public async Task<MailCounts> CountAsync(CancellationToken cancellationToken)
    {
        var counts = await database.RunAsync(StoreScope.Mail, context => context.Set<OutboxMail>().IgnoreQueryFilters()
            .GroupBy(mail => mail.State).Select(group => new { group.Key, Count = group.LongCount() }).ToListAsync(cancellationToken), cancellationToken);
        long Of(MailState state) => counts.Where(count => count.Key == state).Sum(count => count.Count);
        return new MailCounts(Of(MailState.Waiting), Of(MailState.Sent), Of(MailState.Dead));
    }

    /// <summary>All its tries begin anew, the first at once. False when it is not given up (any more).</summary>
    public async Task<bool> TryAgainAsync(Guid id, CancellationToken cancellationToken) =>
        await RunAsync($"UPDATE finops.mail_outbox SET state = 'Waiting', due_at = now(), tries = 0, ended_at = NULL WHERE id = {id} AND state = 'Dead'", cancellationToken) == 1;

    /// <summary>Forgets a mail that was given up. False when it is not given up (any more).</summary>
    public async Task<bool> ForgetAsync(Guid id, CancellationToken cancellationToken) =>
        await RunAsync($"DELETE FROM finops.mail_outbox WHERE id = {id} AND state = 'Dead'", cancellationToken) == 1;

    /// <summary>Forgets what was sent longer ago than this.</summary>
    public Task<int> RemoveSentAsync(TimeSpan keep, CancellationToken cancellationToken) =>
        RunAsync($"DELETE FROM finops.mail_outbox WHERE state = 'Sent' AND ended_at < now() - {keep}", cancellationToken);

    private Task<int> RunAsync(FormattableString sql, CancellationToken cancellationToken) =>
        database.RunAsync(StoreScope.Mail, context => context.Database.ExecuteSqlAsync(sql, cancellationToken), cancellationToken);
}
