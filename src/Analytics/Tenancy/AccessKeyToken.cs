using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Tenancy;

/// <summary>The secret that a client sends. Shown once, kept only as a hash.</summary>
public static class AccessKeyToken
{
    public const int MinLength = 24;
    public const int MaxLength = 128;

    private const int RandomBytes = 32;

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");

    /// <summary>A new token: a prefix that tells its kind to people and secret scanners, and 256 random bits.</summary>
    public static string Create(KeyKind kind) =>
        kind switch { KeyKind.Ingest => "fin_in_", KeyKind.Agent => "fin_ag_", _ => "fin_api_" } + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(RandomBytes));

    /// <summary>Whether the text may be a key at all: 24 to 128 characters of <c>[A-Za-z0-9_-]</c>.</summary>
    public static bool IsWellFormed(ReadOnlySpan<char> token) =>
        token.Length is >= MinLength and <= MaxLength && !token.ContainsAnyExcept(Allowed);

    /// <summary>A token has 128 bits or more of its own, so one round of SHA-256 is enough; a slow hash would only burden ingest.</summary>
    public static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
