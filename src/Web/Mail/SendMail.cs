using System.Diagnostics.Metrics;
using FinOps.Analytics.Mail;
using FinOps.Analytics.Stores;
using FinOps.Analytics.Stores.Postgres;
using Microsoft.Extensions.Options;

namespace FinOps.Web.Mail;

/// <summary>
/// Sends what is in the outbox, in every process that runs jobs. A mail is taken under a lease of twice the time that one conversation may last, so that
/// replicas never send the same one at once and one that died is followed by another.
/// </summary>
internal sealed class SendMail(
    MailOutbox outbox, SmtpDelivery smtp, IOptions<MailOptions> options, StoresReady ready, TimeProvider clock, ILogger<SendMail> logger) : BackgroundService
{
    /// <summary>One at a time: the lease of a second one would run while the first is sent.</summary>
    private const int Batch = 1;

    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CleanEvery = TimeSpan.FromHours(1);

    private static readonly Meter Meter = new("FinOps.Web.Mail");
    private static readonly Counter<long> Sent = Meter.CreateCounter<long>("finops.mail.sent", description: "Mails that the mail server took");
    private static readonly Counter<long> Failed = Meter.CreateCounter<long>("finops.mail.tries_failed", description: "Tries that failed and are repeated");
    private static readonly Counter<long> GivenUp = Meter.CreateCounter<long>("finops.mail.given_up", description: "Mails given up, for whoever runs the installation to see");

    private long _cleaned;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!options.Value.IsConfigured) return;
        await ready.WaitAsync(stoppingToken);
        _cleaned = clock.GetTimestamp();
        while (!stoppingToken.IsCancellationRequested)
        {
            if (await RoundAsync(stoppingToken) < Batch) await Task.Delay(Poll, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Gives the number of mails dealt with.</summary>
    private async Task<int> RoundAsync(CancellationToken cancellationToken)
    {
        try
        {
            var taken = await outbox.TakeAsync(Batch, TimeSpan.FromSeconds(2 * options.Value.TimeoutSeconds), cancellationToken);
            foreach (var mail in taken) await SendAsync(mail, cancellationToken);
            if (clock.GetElapsedTime(_cleaned) > CleanEvery)
            {
                await outbox.RemoveSentAsync(TimeSpan.FromDays(options.Value.KeepSentDays), cancellationToken);
                _cleaned = clock.GetTimestamp();
            }

            return taken.Count;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return 0;
        }
        catch (Exception failure)
        {
            // The store is away, or a mistake of ours in one mail: its lease ends, and the next round goes on.
            if (PostgresMigrator.IsAway(failure)) Log.StoreAway(logger, failure.GetBaseException().Message);
            else Log.RoundFailed(logger, failure);
            return 0;
        }
    }

    private async Task SendAsync(TakenMail mail, CancellationToken cancellationToken)
    {
        var delivery = await smtp.SendAsync(mail, cancellationToken);
        if (delivery.Failure is not { } reason)
        {
            Sent.Add(1);
            if (!await outbox.SentAsync(mail, cancellationToken)) Log.LeaseOver(logger, mail.Id);
            return;
        }

        var settings = options.Value;
        var retry = new MailRetry(settings.MaxTries, TimeSpan.FromSeconds(settings.FirstRetrySeconds), TimeSpan.FromSeconds(settings.LongestRetrySeconds));
        var again = delivery.IsFinal ? null : retry.After(mail.Tries, Random.Shared.NextDouble());
        (again is null ? GivenUp : Failed).Add(1);
        if (again is { } wait) Log.TriedInVain(logger, mail.Id, mail.Tries, reason, wait.TotalSeconds);
        else Log.GivenUp(logger, mail.Id, mail.Tries, reason);
        await outbox.FailedAsync(mail, reason, again, cancellationToken);
    }
}
