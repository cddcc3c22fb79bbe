using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace FinOps.Domain.Channels;

/// <summary>How a webhook's receiver knows that a message is ours: HMAC-SHA-256 over <c>{t}.{body}</c>, so that neither body nor time can be changed (docs/channels.md shows how to check it).</summary>
public static class WebhookSignature
{
    public const string Header = "x-finops-signature";

    /// <summary>For how long a message is to be believed. Default 5 minutes.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    /// <summary>The header's value, for example <c>t=1764150000,v1=5f0a…</c>.</summary>
    public static string Of(string secret, DateTimeOffset at, ReadOnlySpan<byte> body)
    {
        var time = at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        return $"t={time},v1={Convert.ToHexStringLower(Hmac(secret, time + ".", body))}";
    }

    /// <summary>As a receiver does.</summary>
    public static bool IsValid(string secret, string header, ReadOnlySpan<byte> body, DateTimeOffset now)
    {
        var parts = header.Split(',').Select(part => part.Split('=', 2)).Where(part => part.Length == 2).ToLookup(part => part[0].Trim(), part => part[1].Trim());
        if (parts["t"].FirstOrDefault() is not { } time || !long.TryParse(time, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)) return false;
        if (Math.Abs(now.ToUnixTimeSeconds() - seconds) > Tolerance.TotalSeconds) return false;
        var wanted = Convert.ToHexStringLower(Hmac(secret, time + ".", body));
        return parts["v1"].Any(given => CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(wanted), Encoding.UTF8.GetBytes(given)));
    }

    internal static byte[] Hmac(string secret, string before, ReadOnlySpan<byte> body)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret));
        hmac.AppendData(Encoding.UTF8.GetBytes(before));
        hmac.AppendData(body);
        return hmac.GetHashAndReset();
    }
}

/// <summary>How Slack signs what it sends to an app: <c>v0=</c> and HMAC-SHA-256 over <c>v0:{timestamp}:{body}</c>.</summary>
public static class SlackSignature
{
    public const string Header = "x-slack-signature";
    public const string TimeHeader = "x-slack-request-timestamp";

    /// <summary>As Slack asks: an older request may be one that somebody recorded.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    public static string Of(string secret, string timestamp, ReadOnlySpan<byte> body) => "v0=" + Convert.ToHexStringLower(WebhookSignature.Hmac(secret, $"v0:{timestamp}:", body));

    /// <summary>In the same time whatever is wrong with the signature.</summary>
    public static bool IsValid(string secret, string timestamp, string signature, ReadOnlySpan<byte> body, DateTimeOffset now) =>
        long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
        && Math.Abs(now.ToUnixTimeSeconds() - seconds) <= Tolerance.TotalSeconds
        && CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(Of(secret, timestamp, body)), Encoding.UTF8.GetBytes(signature));
}
