using System.Collections.Concurrent;
using System.Security.Claims;
using System.Text.Encodings.Web;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Tenancy;
using FinOps.Web.Api;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace FinOps.Web.Authentication;

/// <summary><c>Authorization: Bearer &lt;key&gt;</c> for the REST API. Found by hash, so that the time of an answer says nothing about a key.</summary>
internal sealed class ApiKeyAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder, IKeyDirectory keys, ApiKeyUses uses,
    RefuseOverQuota overQuota, IProblemDetailsService problems, TimeProvider clock)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    public new const string Scheme = "ApiKey";

    private const string Bearer = "Bearer ";

    private string _forbidden = "This key sends telemetry and reads nothing. Use an API key.";
    private string _refusal = "Send an API key as \"Authorization: Bearer <key>\".";

    /// <summary>The key that a request carries; null when it carries none, or what cannot be one.</summary>
    public static string? ReadToken(HttpRequest request) => ReadBearer(request) is { } token && AccessKeyToken.IsWellFormed(token) ? token : null;

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (ReadBearer(Request) is not { } token) return AuthenticateResult.NoResult();
        if (!AccessKeyToken.IsWellFormed(token)) return Refuse("The API key is not known.");
        if (await keys.FindAsync(AccessKeyToken.Hash(token), Context.RequestAborted) is not { } key) return Refuse("The API key is not known.");
        if (key.RevokedAt is not null) return Refuse("The API key is revoked.");
        var now = clock.GetUtcNow();
        if (key.ExpiresAt <= now) return Refuse("The API key is expired.");
        if (key.IsSuspended) return Suspend();
        await uses.RecordAsync(key.KeyId, now, Context.RequestAborted);
        if (key.Kind == KeyKind.Api) overQuota.Remember(token, key.Tenant);

        var identity = new ClaimsIdentity(
        [
            new Claim(TenantClaims.Tenant, key.Tenant.ToString()),
            new Claim(TenantClaims.Reach, TenantClaims.WholeOrganisation),
            new Claim(TenantClaims.Project, key.Project.ToString()),
            new Claim(TenantClaims.Key, key.KeyId.ToString()),
            new Claim(TenantClaims.KeyKind, key.Kind.ToString()),
            new Claim(TenantClaims.KeyName, key.Name),
            .. key.Scopes.Select(scope => new Claim(TenantClaims.KeyScope, scope)),
        ], Scheme);
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Scheme));
    }

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.Headers.WWWAuthenticate = "Bearer";
        await WriteAsync(StatusCodes.Status401Unauthorized, "Unauthorized", _refusal);
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        WriteAsync(StatusCodes.Status403Forbidden, "Forbidden", Context.User.HasClaim(TenantClaims.KeyKind, nameof(KeyKind.Api))
            ? MissingScope() is { Length: > 0 } scope ? $"This API key has not the scope {scope}. Scopes are given in Settings, Keys." : "This address is for agents, with the key that each gets when it enrols."
            : _forbidden);

    private static string? ReadBearer(HttpRequest request) =>
        request.Headers[HeaderNames.Authorization].ToString() is var header && header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? header[Bearer.Length..].Trim() : null;

    private string MissingScope() => string.Join(", ", Context.GetEndpoint()?.Metadata.GetOrderedMetadata<IAuthorizeData>()
        .Where(asked => asked.Policy is not null).Select(asked => AccessTable.Rule(asked.Policy!).Scope).OfType<string>()
        .Where(scope => !Context.User.HasClaim(TenantClaims.KeyScope, scope)) ?? []);

    /// <summary>The key is known, so the answer is 403; without claims it passes no policy.</summary>
    private AuthenticateResult Suspend()
    {
        _forbidden = "The organisation of this key is suspended by whoever runs this installation.";
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(new ClaimsIdentity(Scheme)), Scheme));
    }

    private AuthenticateResult Refuse(string reason)
    {
        _refusal = reason;
        return AuthenticateResult.Fail(reason);
    }

    private async Task WriteAsync(int status, string title, string detail)
    {
        Response.StatusCode = status;
        await problems.TryWriteAsync(new ProblemDetailsContext
        {
            HttpContext = Context,
            ProblemDetails = { Status = status, Title = title, Detail = detail },
        });
    }
}

/// <summary>Notes the use of API keys, each at most once a minute.</summary>
internal sealed class ApiKeyUses(IKeyDirectory keys)
{
    /// <summary>Keys remembered at once; over it all are forgotten, which costs one more update each.</summary>
    private const int MaxRemembered = 10_000;

    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<Guid, DateTimeOffset> _recorded = new();

    public async ValueTask RecordAsync(Guid keyId, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (_recorded.TryGetValue(keyId, out var last) && now - last < Interval) return;
        if (_recorded.Count >= MaxRemembered) _recorded.Clear();
        _recorded[keyId] = now;
        await keys.RecordUseAsync([new KeyUse(keyId, now)], cancellationToken);
    }
}
