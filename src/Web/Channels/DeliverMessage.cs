using System.Globalization;
using FinOps.Analytics.Alerts;
using FinOps.Analytics.Channels;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Channels;
using FinOps.Domain.Tenancy;
using FinOps.Web.Features.Budgets;
using FinOps.Web.Mail;
using Microsoft.Extensions.Options;

namespace FinOps.Web.Channels;

/// <summary>Tells one message by the way of its channel. What went wrong is an answer, not an exception.</summary>
internal sealed class DeliverMessage(
    HttpDelivery http, SmtpDelivery smtp, ChannelCipher cipher, ChannelLinks links, BudgetCourseReader courses, IOptions<MailOptions> mail, TimeProvider clock, ILogger<DeliverMessage> logger)
{
    /// <param name="row">The channel.</param>
    /// <param name="channel">The same, as it is defined.</param>
    /// <param name="recipient">Of e-mail; else empty.</param>
    /// <param name="words">What is told.</param>
    /// <param name="cancellationToken">Ends the try; the receiver may have taken it.</param>
    public async Task<DeliveryAnswer> RunAsync(RecordedChannel row, Channel channel, string recipient, MessageWords words, CancellationToken cancellationToken)
    {
        if (cipher.Open(row) is not { } secrets) return new DeliveryAnswer(DeliveryOutcome.Refused, 0, "The channel's secrets cannot be read any more: the key that protected them is gone. Set them again.");
        return channel.Kind switch
        {
            ChannelKind.SlackWebhook => await http.ToSlackWebhookAsync(secrets.Address, SlackMessage.Of(words, channel.Kind), words.Key, cancellationToken),
            ChannelKind.SlackApp => await http.ToSlackAppAsync(secrets.Token, SlackMessage.Of(words, channel.Kind, channel.SlackChannel), words.Key, cancellationToken),
            ChannelKind.Webhook => await http.ToWebhookAsync(secrets.Address, secrets.Key, WebhookBody.Of(words, new TenantId(row.TenantId)), words.Key, cancellationToken),
            _ => await MailAsync(new Subscription(new TenantId(row.TenantId), row.Id, recipient), words, cancellationToken),
        };
    }

    private async Task<DeliveryAnswer> MailAsync(Subscription to, MessageWords words, CancellationToken cancellationToken)
    {
        if (!mail.Value.IsConfigured) return new DeliveryAnswer(DeliveryOutcome.Refused, 0, $"No mail server is set: whoever runs the installation sets {MailOptions.Section}:{nameof(MailOptions.Host)}.");
        var chart = words.Alerts.Count == 1 ? await ChartAsync(to.Tenant, words.Alerts[0].Entry, cancellationToken) : null;
        using var message = AlertMail.Of(words, to.Recipient, SmtpDelivery.From(mail.Value).Domain, links.Unsubscribe(to), chart, clock.GetUtcNow());
        var delivery = await smtp.SendAsync(message, cancellationToken);
        return delivery.Failure is { } failure
            ? new DeliveryAnswer(delivery.IsFinal ? DeliveryOutcome.Refused : DeliveryOutcome.Failed, delivery.Status, failure)
            : new DeliveryAnswer(DeliveryOutcome.Sent, 250, "The mail server took it.");
    }

    /// <summary>Of a budget's alert what its period has spent so far, summed up, beside the allowance. While ClickHouse is away the words stand without it.</summary>
    private async Task<(byte[] Png, string Text)?> ChartAsync(TenantId tenant, AlertEntry alert, CancellationToken cancellationToken)
    {
        try
        {
            if (await courses.FindAsync(tenant, alert, cancellationToken) is not { } course) return null;
            var (spent, allowance) = (course.Sums.Count == 0 ? 0 : course.Sums[^1], course.Allowance);
            return (MessageChart.Draw(course.Sums, course.Places, allowance), string.Create(
                CultureInfo.InvariantCulture, $"Spent since {course.Start:d MMM}, summed up by {course.Granularity.ToString().ToLowerInvariant()}: {BudgetTexts.Money(spent, course.Currency)}. The line is the budget of {BudgetTexts.Money(allowance, course.Currency)}."));
        }
        catch (Exception failure) when (ClickHouseStore.IsAway(failure))
        {
            Log.WithoutChart(logger, failure.GetBaseException().Message);
            return null;
        }
    }
}
