using FinOps.Analytics.Mail;
using FinOps.Web.Roles;
using Microsoft.Extensions.Options;

namespace FinOps.Web.Mail;

internal static class MailExtensions
{
    /// <summary>Pages write mails, jobs send them: both need the same section <c>FinOps:Mail</c>.</summary>
    public static IServiceCollection AddMail(this IServiceCollection services, ServerRole role)
    {
        services.AddSingleton<IValidateOptions<MailOptions>, ValidateMailOptions>();
        services.AddOptions<MailOptions>().BindConfiguration(MailOptions.Section).ValidateOnStart();
        services.AddSingleton<MailOutbox>();
        services.AddSingleton<MailCipher>();
        services.AddSingleton<InvitationMail>();
        services.AddSingleton<SmtpDelivery>();
        if (role.RunsJobs()) services.AddHostedService<SendMail>();
        return services;
    }

    private sealed class ValidateMailOptions : IValidateOptions<MailOptions>
    {
        public ValidateOptionsResult Validate(string? name, MailOptions options) =>
            options.FindProblems().ToList() is { Count: > 0 } problems ? ValidateOptionsResult.Fail(problems) : ValidateOptionsResult.Success;
    }
}
