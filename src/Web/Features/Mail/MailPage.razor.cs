using FinOps.Analytics.Mail;
using FinOps.Web.Mail;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Options;

namespace FinOps.Web.Features.Mail;

/// <summary>For whoever runs the installation: mails of all organisations that did not get through.</summary>
public sealed partial class MailPage
{
    public const string Path = "/installation/mail";

    private sealed record Known(IReadOnlyList<DeadMail> Dead, MailCounts Counts);

    private readonly Loaded<Known> _known = new();

    [CascadingParameter] public Reader Reader { get; set; } = Reader.Unknown;
    [Inject] private MailOutbox Outbox { get; set; } = null!;
    [Inject] private IOptions<MailOptions> Options { get; set; } = null!;
    [Inject] private ILogger<MailPage> Logger { get; set; } = null!;

    private string Summary => _known.Value is { Counts: var counts }
        ? $"{counts.Waiting} waiting, {counts.Sent} sent in {Options.Value.KeepSentDays} days, {counts.Dead} given up"
        : "";

    protected override Task OnInitializedAsync() => LoadAsync();

    private Task LoadAsync() => _known.LoadAsync(
        async token => new Known(await Outbox.DeadAsync(token), await Outbox.CountAsync(token)),
        new Asking(Logger, Anew: false, StateHasChanged, CancellationToken.None));

    private async Task TryAgainAsync(Guid mail)
    {
        await Outbox.TryAgainAsync(mail, CancellationToken.None);
        await LoadAsync();
    }

    private async Task ForgetAsync(Guid mail)
    {
        await Outbox.ForgetAsync(mail, CancellationToken.None);
        await LoadAsync();
    }
}
