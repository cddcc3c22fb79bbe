using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FinOps.Integration.Tests.Accounts;

/// <summary>What a token says, and how it is signed. The defaults are a sound one.</summary>
internal sealed record ProviderToken(string Subject)
{
    public string? Email { get; init; }

    public bool EmailVerified { get; init; }

    public string[] Groups { get; init; } = [];

    public string? Nonce { get; init; }

    public string? Issuer { get; init; }

    public string Audience { get; init; } = IdentityProvider.ClientId;

    public TimeSpan Lifetime { get; init; } = TimeSpan.FromMinutes(5);

    public TokenSignature Signature { get; init; }
}

internal enum TokenSignature
{
    Sound,
    ByAnotherKey,
    None,
}

/// <summary>An OpenID provider that gives out any token that a test asks for, right or wrong. A real one is in the browser tests.</summary>
internal sealed class IdentityProvider : IAsyncDisposable
{
    public const string ClientId = "finops-tests";
    public const string ClientSecret = "a secret of the tests";

    private const string KeyId = "one";

    private readonly RSA _key = RSA.Create(2048);
    private readonly RSA _otherKey = RSA.Create(2048);
    private readonly ConcurrentDictionary<string, (ProviderToken Token, string Nonce, string Challenge)> _codes = new();
    private readonly WebApplication _app;

    public IdentityProvider(int port)
    {
        Address = $"http://127.0.0.1:{port}";
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(Address);
        _app = builder.Build();
        _app.MapGet("/.well-known/openid-configuration", () => new
        {
            issuer = Address,
            authorization_endpoint = Address + "/authorize",
            token_endpoint = Address + "/token",
            jwks_uri = Address + "/jwks",
            response_types_supported = (string[])["code"],
            subject_types_supported = (string[])["public"],
            id_token_signing_alg_values_supported = (string[])["RS256"],
        });
        _app.MapGet("/jwks", () =>
        {
            var key = _key.ExportParameters(includePrivateParameters: false);
            return new { keys = (object[])[new { kty = "RSA", use = "sig", alg = "RS256", kid = KeyId, n = Base64Url.EncodeToString(key.Modulus), e = Base64Url.EncodeToString(key.Exponent) }] };
        });
        _app.MapPost("/token", ExchangeAsync);
    }

    public string Address { get; }

    public Task StartAsync() => _app.StartAsync();

    /// <summary>What a person's consent gives: a code for this token.</summary>
    public string Issue(ProviderToken token, string nonce, string challenge)
    {
        var code = Guid.NewGuid().ToString("N");
        _codes[code] = (token, nonce, challenge);
        return code;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _key.Dispose();
        _otherKey.Dispose();
    }

    private async Task<IResult> ExchangeAsync(HttpRequest request)
    {
        var form = await request.ReadFormAsync();
        if (!_codes.TryRemove(form["code"].ToString(), out var asked)) return Results.BadRequest(new { error = "invalid_grant" });
        // PKCE: only the browser's server that asked for the code knows what its challenge is the hash of.
        var challenge = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(form["code_verifier"].ToString())));
        if (challenge != asked.Challenge || form["client_secret"] != ClientSecret) return Results.BadRequest(new { error = "invalid_grant" });
        return Results.Json(new { access_token = "none", token_type = "Bearer", expires_in = 300, id_token = Write(asked.Token, asked.Nonce) });
    }

    private string Write(ProviderToken token, string nonce)
    {
        var now = TimeProvider.System.GetUtcNow();
        var claims = new Dictionary<string, object?>
        {
            ["iss"] = token.Issuer ?? Address,
            ["sub"] = token.Subject,
            ["aud"] = token.Audience,
            ["iat"] = now.AddHours(-1).ToUnixTimeSeconds(),
            ["exp"] = (now + token.Lifetime).ToUnixTimeSeconds(),
            ["nonce"] = token.Nonce ?? nonce,
            ["groups"] = token.Groups,
        };
        if (token.Email is not null) (claims["email"], claims["email_verified"]) = (token.Email, token.EmailVerified);
        var unsigned = Part(new { alg = token.Signature == TokenSignature.None ? "none" : "RS256", typ = "JWT", kid = KeyId }) + "." + Part(claims);
        if (token.Signature == TokenSignature.None) return unsigned + ".";
        var key = token.Signature == TokenSignature.Sound ? _key : _otherKey;
        return unsigned + "." + Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(unsigned), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
    }

    private static string Part<T>(T value) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(value));
}
