using System.Diagnostics.Metrics;
using FinOps.Analytics.Channels;
using FinOps.Analytics.Mail;
using FinOps.Analytics.Stores;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Domain.Alerts;
using FinOps.Domain.Channels;
using FinOps.Web.Mail;
using Microsoft.Extensions.Options;

namespace FinOps.Web.Channels;

/// <summary>
/// Sends what is due to channels of all tenants, in every process that runs jobs. It looks every second: so an alert is on its way at most a second after it was raised, by whichever process, and nothing is lost with a signal that was missed.
/// Each message is taken under a lease, one of a channel at a time and a few of a tenant, so that receivers that hang hold up nobody else.
/// </summary>
internal sealed class SendMessages(
    MessageOutbox outbox, DeliverMessage deliver, ChannelLinks links, IOptions<ChannelOptions> options, IOptions<MailOptions> mail, StoresReady ready, TimeProvider clock, ILogger<SendMessages> logger) : BackgroundService
{
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    private static readonly Meter Meter = new("FinOps.Web.Channels");
    private static readonly Counter<long> Sent = Meter.CreateCounter<long>("finops.messages.sent", description: "Messages that a channel's receiver took, by kind of channel");
    private static readonly Counter<long> Failed = Meter.CreateCounter<long>("finops.messages.tries_failed", description: "Tries that failed and are repeated, by kind of channel");
    private static readonly Counter<long> GivenUp = Meter.CreateCounter<long>("finops.messages.given_up", description: "Messages given up, for people to see and send again, by kind of channel");

    private readonly Dictionary<Task, TakenMessage> _underWay = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await ready.WaitAsync(stoppingToken);
        while (!stoppingToken.IsCancellationRequested)
        {
            await StartAsync(stoppingToken);
            await Task.WhenAny([.. _underWay.Keys, Task.Delay(Poll, clock, stoppingToken)]);
            foreach (var done in _underWay.Keys.Where(task => task.IsCompleted).ToList())
            {
                _underWay.Remove(done);
                await done;
            }
        }

        await Task.WhenAll(_underWay.Keys);
    }

    /// <summary>Starts what is due and has a place.</summary>
    private new async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (_underWay.Count < options.Value.Parallel && await TakeAsync(cancellationToken) is { } message) _underWay.Add(RunAsync(message, cancellationToken), message);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The process ends: what is under way ends by itself.
        }
        catch (Exception failure)
        {
            // The store is away, or a mistake of ours: the next round goes on.
            if (PostgresMigrator.IsAway(failure)) Log.StoreAway(logger, failure.GetBaseException().Message);
            else Log.RoundFailed(logger, failure);
        }
    }

    private Task<TakenMessage?> TakeAsync(CancellationToken cancellationToken)
    {
        var settings = options.Value;
        Guid[] full = [.. _underWay.Values.CountBy(message => message.Tenant.Value).Where(count => count.Value >= settings.ParallelPerOrganisation).Select(count => count.Key)];
        return outbox.TakeAsync(LeaseOf(settings, mail.Value), [.. _underWay.Values.Select(message => message.Channel)], full, cancellationToken);
    }

    /// <summary>Twice the longest conversation: who takes longer is dead.</summary>
    private static TimeSpan LeaseOf(ChannelOptions settings, MailOptions mail) => TimeSpan.FromSeconds(2 * Math.Max(settings.TimeoutSeconds, mail.TimeoutSeconds));

    private async Task RunAsync(TakenMessage message, CancellationToken cancellationToken)
    {
        try
        {
            await SendAsync(message, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Its lease ends, and another process goes on.
        }
        catch (Exception failure)
        {
            if (PostgresMigrator.IsAway(failure)) Log.StoreAway(logger, failure.GetBaseException().Message);
            else Log.MessageFailed(logger, failure, message.Id);
        }
    }

    internal async Task SendAsync(TakenMessage message, CancellationToken cancellationToken)
    {
        if (await outbox.ReadAsync(message, cancellationToken) is not { } content) return;
        if (content.Alerts.Count == 0 && message.More == 0)
        {
            await outbox.DropAsync(message, "Nothing was left to tell: its alerts are looked after, or gone.", cancellationToken);
            return;
        }

        if (content.Row.Unsubscribed.Contains(message.Recipient, StringComparer.OrdinalIgnoreCase) || (content.Channel.Kind == ChannelKind.Email && !content.Channel.Recipients.Contains(message.Recipient, StringComparer.OrdinalIgnoreCase)))
        {
            await outbox.DropAsync(message, "The recipient gets no more mail of this channel.", cancellationToken);
            return;
        }

        var severity = content.Alerts.Select(alert => alert.Row.Severity).DefaultIfEmpty(AlertSeverity.Notice).Max();
        if (content.Channel.Quiet?.Until(clock.GetUtcNow(), severity) is { } until && until > clock.GetUtcNow())
        {
            await outbox.PostponeAsync(message, until, cancellationToken);
            return;
        }

        var began = clock.GetTimestamp();
        var answer = await deliver.RunAsync(content.Row, content.Channel, message.Recipient, MessageWords.Of(message, content, links), cancellationToken);
        await NoteAsync(message, content, answer, clock.GetElapsedTime(began), cancellationToken);
    }

    private async Task NoteAsync(TakenMessage message, MessageContent content, DeliveryAnswer answer, TimeSpan took, CancellationToken cancellationToken)
    {
        var again = answer.Outcome == DeliveryOutcome.Failed ? WaitOf(message, answer) : null;
        var attempt = Attempts.Of(message.Tenant, message.Channel, message.Recipient, answer, took, clock.GetUtcNow(), content.Alerts.Count + message.More, message.Id);
        var kind = new KeyValuePair<string, object?>("kind", content.Channel.Kind.ToString());
        (answer.Outcome == DeliveryOutcome.Sent ? Sent : again is null ? GivenUp : Failed).Add(1, kind);
        if (again is { } wait) Log.TriedInVain(logger, message.Id, message.Tries, answer.Status, wait.TotalSeconds);
        else if (answer.Outcome != DeliveryOutcome.Sent) Log.GivenUp(logger, message.Id, message.Tries, answer.Status);
        if (!await outbox.NoteAsync(message, answer, attempt, again, cancellationToken)) Log.LeaseOver(logger, message.Id);
    }

    /// <summary>Null gives it up.</summary>
    private TimeSpan? WaitOf(TakenMessage message, DeliveryAnswer answer)
    {
        var settings = options.Value;
        var retry = new MailRetry(settings.MaxTries, TimeSpan.FromSeconds(settings.FirstRetrySeconds), TimeSpan.FromSeconds(settings.LongestRetrySeconds));
        if (retry.After(message.Tries, Random.Shared.NextDouble()) is not { } wait) return null;
        var asked = answer.RetryAfter is { } after ? TimeSpan.FromSeconds(Math.Min(after.TotalSeconds, settings.MaxRetryAfterSeconds)) : TimeSpan.Zero;
        return asked > wait ? asked : wait;
    }
}

/// <summary>Rows of a channel's log.</summary>
internal static class Attempts
{
    public static ChannelAttempt Of(FinOps.Domain.Tenancy.TenantId tenant, Guid channel, string recipient, DeliveryAnswer answer, TimeSpan took, DateTimeOffset now, int alerts, Guid? message, Guid? id = null) => new()
    {
        TenantId = tenant.Value,
        Id = id ?? Guid.CreateVersion7(now),
        ChannelId = channel,
        MessageId = message,
        Recipient = recipient,
        At = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond)),
        Outcome = answer.Outcome,
        Status = answer.Status,
        Answer = answer.Answer.Length <= ChannelAttempt.MaxAnswerLength ? answer.Answer : answer.Answer[..ChannelAttempt.MaxAnswerLength],
        Milliseconds = (int)Math.Min(took.TotalMilliseconds, int.MaxValue),
        Alerts = alerts,
    };
}
