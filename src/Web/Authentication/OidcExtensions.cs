using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace FinOps.Web.Authentication;

internal static class OidcExtensions
{
    public const string Scheme = "Oidc";
    public const string StartPath = "/sign-in/oidc";
    public const string CallbackPath = "/sign-in/oidc/callback";
    public const string DonePath = "/sign-in/oidc/done";

    /// <summary>How long the provider may take to answer this server. Default 10 seconds.</summary>
    private static readonly TimeSpan BackchannelTimeout = TimeSpan.FromSeconds(10);

    /// <summary>How long a person may take at the provider. Default 15 minutes.</summary>
    private static readonly TimeSpan RemoteTimeout = TimeSpan.FromMinutes(15);

    /// <summary>The authorization code flow with PKCE, where a provider is set.</summary>
    public static AuthenticationBuilder AddOidc(this AuthenticationBuilder authentication, IConfiguration configuration, string suffix)
    {
        var services = authentication.Services;
        services.AddSingleton<IValidateOptions<OidcOptions>, ValidateOidcOptions>();
        services.AddOptions<OidcOptions>().BindConfiguration(OidcOptions.Section).ValidateOnStart();
        if (string.IsNullOrEmpty(configuration[$"{OidcOptions.Section}:{nameof(OidcOptions.Authority)}"])) return authentication;
        services.AddScoped<OidcSignIn>();
        services.AddOptions<OpenIdConnectOptions>(Scheme).Configure<IOptions<OidcOptions>>((options, provider) => Shape(options, provider.Value, suffix));
        return authentication.AddOpenIdConnect(Scheme, _ => { });
    }

    public static void MapOidc(this IEndpointRouteBuilder app)
    {
        if (!app.ServiceProvider.GetRequiredService<IOptions<OidcOptions>>().Value.IsConfigured) return;
        app.MapGet(StartPath, (string? returnUrl, HttpContext context) => StartAsync(context, SignIn.LocalPath(returnUrl))).AllowAnonymous().ExcludeFromDescription();
        app.MapGet(DonePath, async (string? returnUrl, OidcSignIn signIn, HttpContext context) =>
            Results.LocalRedirect(await signIn.FinishAsync(context, SignIn.LocalPath(returnUrl)))).AllowAnonymous().ExcludeFromDescription();
    }

    /// <summary>To the provider; its addresses are asked for at the first time.</summary>
    private static async Task StartAsync(HttpContext context, string returnPath)
    {
        try
        {
            await context.ChallengeAsync(Scheme, new AuthenticationProperties { RedirectUri = $"{DonePath}?returnUrl={Uri.EscapeDataString(returnPath)}" });
        }
        catch (Exception failure) when (failure is InvalidOperationException or HttpRequestException or IOException && !context.Response.HasStarted)
        {
            Log.ProviderFailed(context.RequestServices.GetRequiredService<ILogger<OidcSignIn>>(), failure.GetBaseException().Message);
            context.Response.Redirect(OidcRefusals.AddressOf(OidcRefusals.Away));
        }
    }

    private static void Shape(OpenIdConnectOptions options, OidcOptions provider, string suffix)
    {
        options.Authority = provider.Authority?.AbsoluteUri;
        options.RequireHttpsMetadata = !provider.IsLoopback;
        options.ClientId = provider.ClientId;
        options.ClientSecret = provider.ClientSecret;
        options.ResponseType = OpenIdConnectResponseType.Code;
        // The answer comes back as a link: a form posted from another site would bring no cookie along, unless the cookie were open to all sites.
        options.ResponseMode = OpenIdConnectResponseMode.Query;
        options.UsePkce = true;
        options.CallbackPath = CallbackPath;
        options.SignInScheme = IdentityConstants.ExternalScheme;
        options.GetClaimsFromUserInfoEndpoint = true;
        options.MapInboundClaims = false;
        options.SaveTokens = false;
        options.DisableTelemetry = true;
        options.BackchannelTimeout = BackchannelTimeout;
        options.RemoteAuthenticationTimeout = RemoteTimeout;
        options.Scope.Clear();
        foreach (var scope in provider.Scopes.Split(' ', StringSplitOptions.RemoveEmptyEntries)) options.Scope.Add(scope);
        // Issuer and subject are the identity: the issuer must stay.
        options.ClaimActions.Remove("iss");
        options.ClaimActions.MapUniqueJsonKey("email_verified", "email_verified");
        options.ClaimActions.MapJsonKey(provider.GroupClaim, provider.GroupClaim);
        foreach (var cookie in (CookieBuilder[])[options.NonceCookie, options.CorrelationCookie])
        {
            cookie.Name = $"finops-oidc-{suffix}-{(cookie == options.NonceCookie ? "nonce" : "state")}.";
            cookie.SameSite = SameSiteMode.Lax;
            cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        }

        options.Events.OnTokenValidated = context =>
        {
            // Over TLS the code flow may do without a signature, and ASP.NET then takes an unsigned token; this one does not.
            if (string.IsNullOrEmpty(context.SecurityToken.RawSignature)) context.Fail("The ID token is not signed.");
            return Task.CompletedTask;
        };
        options.Events.OnRemoteFailure = context =>
        {
            var log = context.HttpContext.RequestServices.GetRequiredService<ILogger<OidcSignIn>>();
            Log.ProviderFailed(log, context.Failure?.Message ?? "no reason");
            context.Response.Redirect(OidcRefusals.AddressOf(OidcRefusals.Failed));
            context.HandleResponse();
            return Task.CompletedTask;
        };
    }

    private sealed class ValidateOidcOptions : IValidateOptions<OidcOptions>
    {
        public ValidateOptionsResult Validate(string? name, OidcOptions options) =>
            options.FindProblems().ToList() is { Count: > 0 } problems ? ValidateOptionsResult.Fail(problems) : ValidateOptionsResult.Success;
    }
}
