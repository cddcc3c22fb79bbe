using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;

namespace FinOps.Web.Mail;

/// <summary>The text of a mail, for readers with and without HTML.</summary>
internal sealed record MailBody(string Text, string Html)
{
    /// <summary>What the HTML calls its picture: <c>cid:</c> and this.</summary>
    public const string PictureId = "picture@finops";

    /// <summary>A PNG inside the mail; null without one.</summary>
    public byte[]? Picture { get; init; }

    /// <summary>Ends such mails without asking further (RFC 8058); null where it is no subscription.</summary>
    public string? Unsubscribe { get; init; }
}

/// <summary>Bodies hold links that let somebody in: the outbox keeps them encrypted, under the keys that all replicas share.</summary>
internal sealed class MailCipher(IDataProtectionProvider protection)
{
    private readonly IDataProtector _protector = protection.CreateProtector("FinOps.Mail.Outbox");

    public byte[] Encrypt(MailBody body) => _protector.Protect(JsonSerializer.SerializeToUtf8Bytes(body, JsonSerializerOptions.Default));

    /// <exception cref="System.Security.Cryptography.CryptographicException">The key is gone.</exception>
    public MailBody Decrypt(byte[] body) => JsonSerializer.Deserialize<MailBody>(_protector.Unprotect(body), JsonSerializerOptions.Default) ?? new MailBody("", "");
}
