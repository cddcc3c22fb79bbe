using System.Security.Cryptography;
using System.Text;
using FinOps.Domain.Tenancy;
using FinOps.Web.Channels;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.WebUtilities;

namespace FinOps.Web.Digests;

/// <summary>Whose digests a link ends.</summary>
internal sealed record DigestReaderLink(TenantId Tenant, Guid UserId, string Email);

/// <summary>Links that end digests, encrypted: whoever reads the mail needs no account to end them.</summary>
internal sealed class DigestLinks(ChannelLinks links, IDataProtectionProvider protection)
{
    public const string UnsubscribePath = "/unsubscribe/digest/";

    private readonly IDataProtector _protector = protection.CreateProtector("FinOps.Digests.Unsubscribe");

    /// <summary>Null where the installation does not know its own address.</summary>
    public Uri? To(string path) => links.To(path);

    /// <summary>The same.</summary>
    public Uri? Unsubscribe(DigestReaderLink one) => links.To(UnsubscribePath + WebEncoders.Base64UrlEncode(_protector.Protect(Encoding.UTF8.GetBytes($"{one.Tenant}|{one.UserId}|{one.Email}"))));

    /// <summary>Null where it is no link of ours, or the key that protected it is gone.</summary>
    public DigestReaderLink? Read(string token)
    {
        try
        {
            var parts = Encoding.UTF8.GetString(_protector.Unprotect(WebEncoders.Base64UrlDecode(token))).Split('|', 3);
            return new DigestReaderLink(new TenantId(Guid.Parse(parts[0])), Guid.Parse(parts[1]), parts[2]);
        }
        catch (Exception wrong) when (wrong is CryptographicException or FormatException)
        {
            return null;
        }
    }
}
