using System.Security.Cryptography;
using System.Text;
using FinOps.Domain.Tenancy;
using FinOps.Web.Mail;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;

namespace FinOps.Web.Channels;

/// <summary>Whose mail an unsubscribe link ends.</summary>
internal sealed record Subscription(TenantId Tenant, Guid Channel, string Recipient);

/// <summary>Absolute addresses for messages, from the installation's public address (<see cref="MailOptions.PublicAddress"/>), never from what a browser called this server.</summary>
internal sealed class ChannelLinks(IOptions<MailOptions> options, IDataProtectionProvider protection)
{
    public const string UnsubscribePath = "/unsubscribe/";

    private readonly IDataProtector _protector = protection.CreateProtector("FinOps.Channels.Unsubscribe");

    /// <summary>Null where the installation does not know its own address.</summary>
    /// <param name="path">From <c>/</c> on.</param>
    public Uri? To(string path) => options.Value.PublicAddress is { } address ? new Uri(address, path) : null;

    /// <summary>Ends the mail of one recipient of one channel: whoever has the link needs no account.</summary>
    public Uri? Unsubscribe(Subscription one) =>
        To(UnsubscribePath + WebEncoders.Base64UrlEncode(_protector.Protect(Encoding.UTF8.GetBytes($"{one.Tenant}|{one.Channel}|{one.Recipient}"))));

    /// <summary>Null where it is no link of ours, or the key that protected it is gone.</summary>
    public Subscription? Read(string token)
    {
        try
        {
            var parts = Encoding.UTF8.GetString(_protector.Unprotect(WebEncoders.Base64UrlDecode(token))).Split('|', 3);
            return new Subscription(new TenantId(Guid.Parse(parts[0])), Guid.Parse(parts[1]), parts[2]);
        }
        catch (Exception wrong) when (wrong is CryptographicException or FormatException)
        {
            return null;
        }
    }
}
