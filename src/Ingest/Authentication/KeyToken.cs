using System.Text;
using FinOps.Analytics.Tenancy;
using Microsoft.AspNetCore.Http;

namespace FinOps.Ingest.Authentication;

internal enum TokenForm : byte
{
    Missing,

    /// <summary>Something was sent that no key can look like.</summary>
    Malformed,
    Wellformed,
}

/// <summary>Finds the key in a request's headers, which are the same for HTTP and gRPC.</summary>
internal static class KeyToken
{
    private const int MaxBasicLength = 1024;

    /// <summary><c>Authorization: Bearer KEY</c>, <c>x-api-key: KEY</c>, or Basic with the key as the password (or as the user without one).</summary>
    public static TokenForm Read(IHeaderDictionary headers, out TokenHash hash)
    {
        hash = default;
        string? authorization = headers.Authorization;
        if (string.IsNullOrEmpty(authorization)) authorization = null;
        if (authorization is not null && authorization.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
            return Hash(authorization.AsSpan(7).Trim(), ref hash);
        if (authorization is not null && authorization.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase))
            return HashBasic(authorization.AsSpan(6).Trim(), ref hash);
        string? key = headers["x-api-key"];
        if (!string.IsNullOrEmpty(key)) return Hash(key.AsSpan().Trim(), ref hash);
        return authorization is null ? TokenForm.Missing : TokenForm.Malformed;
    }

    private static TokenForm Hash(ReadOnlySpan<char> token, ref TokenHash hash)
    {
        if (token.IsEmpty) return TokenForm.Missing;
        if (!AccessKeyToken.IsWellFormed(token)) return TokenForm.Malformed;
        hash = TokenHash.Of(token);
        return TokenForm.Wellformed;
    }

    private static TokenForm HashBasic(ReadOnlySpan<char> credentials, ref TokenHash hash)
    {
        if (credentials.Length > MaxBasicLength) return TokenForm.Malformed;
        Span<byte> decoded = stackalloc byte[MaxBasicLength];
        if (!Convert.TryFromBase64Chars(credentials, decoded, out var length)) return TokenForm.Malformed;
        Span<char> text = stackalloc char[length];
        text = text[..Encoding.UTF8.GetChars(decoded[..length], text)];
        var colon = text.IndexOf(':');
        if (colon < 0) return TokenForm.Malformed;
        var password = text[(colon + 1)..];
        return Hash(password.IsEmpty ? text[..colon] : password, ref hash);
    }
}
