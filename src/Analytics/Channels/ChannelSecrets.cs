using System.Security.Cryptography;
using System.Text.Json;
using FinOps.Domain.Tenancy;
using Microsoft.AspNetCore.DataProtection;

namespace FinOps.Analytics.Channels;

/// <summary>What lets somebody write to a channel, or answer in its name. Whoever may change channels sets it; nobody reads it again.</summary>
/// <param name="Address">Of a webhook.</param>
/// <param name="Token">The bot's, of an app of Slack.</param>
/// <param name="Key">What Slack signs the app's requests with; what we sign messages to a webhook of one's own with.</param>
public sealed record ChannelSecrets(string Address = "", string Token = "", string Key = "")
{
    /// <summary>Of each of them. Default 2,000.</summary>
    public const int MaxLength = 2_000;

    /// <summary>A new key for signing: 256 random bits.</summary>
    public static string NewKey() => "fin_wh_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    /// <summary>No secret gets into a log by way of a record's text.</summary>
    public override string ToString() => nameof(ChannelSecrets);
}

/// <summary>Encrypts secrets before they are stored. They open for their own tenant and channel alone: a row that was copied to another does not.</summary>
public sealed class ChannelCipher(IDataProtectionProvider protection)
{
    private const string Purpose = "FinOps.Channels.Secrets";

    public byte[] Protect(TenantId tenant, Guid channel, ChannelSecrets secrets) => Of(tenant, channel).Protect(JsonSerializer.SerializeToUtf8Bytes(secrets, JsonSerializerOptions.Default));

    /// <summary>Null where the keys that protected them are gone, or they were changed.</summary>
    public ChannelSecrets? Open(RecordedChannel row)
    {
        try
        {
            return JsonSerializer.Deserialize<ChannelSecrets>(Of(new TenantId(row.TenantId), row.Id).Unprotect(row.Secrets), JsonSerializerOptions.Default);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private IDataProtector Of(TenantId tenant, Guid channel) => protection.CreateProtector(Purpose, tenant.ToString(), channel.ToString());
}
