using System.Globalization;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Web.Api;
using FinOps.Web.Bootstrap;
using FinOps.Web.Roles;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace FinOps.Web.Authentication;

internal static class AuthenticationExtensions
{
    public const string SignInPath = "/sign-in";
    public const string SignOutPath = "/sign-out";
    public const string DeniedPath = "/denied";
    public const string RefusedPath = "/refused";
    public const string OrganisationPath = "/organisation";
    public const string CodePath = "/sign-in/code";
    public const string NoAccessPath = "/sign-in/no-access";

    /// <summary>Local accounts and an OpenID provider with a cookie for people, keys for the REST API, and what each policy asks for.</summary>
    public static IServiceCollection AddSignIn(this IServiceCollection services, IConfiguration configuration, StartOptions start)
    {
        // Browsers send cookies to every port of a host: two installations on one machine need different names.
        var suffix = start.HttpPort.ToString(CultureInfo.InvariantCulture);

        services.AddKeyProtection(configuration);
        services.AddAntiforgery(options =>
        {
            options.Cookie.Name = "finops-form-" + suffix;
            options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        });
        services.AddAuthentication(IdentityConstants.ApplicationScheme)
            .AddScheme<AuthenticationSchemeOptions, ApiKeyAuthentication>(ApiKeyAuthentication.Scheme, configureOptions: null)
            .AddOidc(configuration, suffix)
            .AddIdentityCookies();
        services.AddIdentityCore<AppUser>(Rules)
            .AddEntityFrameworkStores<FinOpsDbContext>()
            .AddUserStore<ProtectedUserStore>()
            .AddTokenProvider<OnceOnlyCodes>(TokenOptions.DefaultAuthenticatorProvider)
            .AddSignInManager()
            .AddClaimsPrincipalFactory<MemberClaims>();
        services.ConfigureApplicationCookie(options => Shape(options, "finops-session-" + suffix));
        foreach (var (scheme, name) in (ReadOnlySpan<(string, string)>)[
            (IdentityConstants.ExternalScheme, "external"), (IdentityConstants.TwoFactorUserIdScheme, "half"), (IdentityConstants.TwoFactorRememberMeScheme, "device")])
            services.Configure<CookieAuthenticationOptions>(scheme, options => options.Cookie.Name = $"finops-{name}-{suffix}");
        services.AddAuthorization(AccessPolicies.Add);
        services.AddCascadingAuthenticationState();
        services.AddScoped<AuthenticationStateProvider, RevalidateMembership>();
        services.AddScoped<CurrentTenant>();
        services.AddScoped<AccountChange>();
        services.AddSingleton<RenewPlace>();
        services.AddSingleton<NewAccounts>();
        services.AddSingleton<NewOrganisations>();
        services.AddSingleton<ApiKeyUses>();
        services.AddSingleton<RefuseOverQuota>();
        services.AddOptions<SignInLimitOptions>().BindConfiguration(SignInLimitOptions.Section)
            .Validate(options => options.FailuresPerAddress >= 1, $"{SignInLimitOptions.Section}:{nameof(SignInLimitOptions.FailuresPerAddress)} must be at least 1.")
            .Validate(options => options.WindowSeconds >= 1, $"{SignInLimitOptions.Section}:{nameof(SignInLimitOptions.WindowSeconds)} must be at least 1.")
            .ValidateOnStart();
        services.AddSingleton<SignInLimit>();
        services.AddOptions<SessionOptions>().BindConfiguration(SessionOptions.Section)
            .Validate(options => options.IdleDays is >= 1 and <= 365, $"{SessionOptions.Section}:{nameof(SessionOptions.IdleDays)} must be 1 to 365.")
            .ValidateOnStart();
        services.AddOptions<InvitationOptions>().BindConfiguration(InvitationOptions.Section)
            .Validate(options => options.LifetimeDays is >= 1 and <= 90, $"{InvitationOptions.Section}:{nameof(InvitationOptions.LifetimeDays)} must be 1 to 90.")
            .ValidateOnStart();
        services.AddOptions<CookieAuthenticationOptions>(IdentityConstants.ApplicationScheme)
            .Configure<IOptions<SessionOptions>>((cookie, session) => cookie.ExpireTimeSpan = session.Value.Idle);
        services.AddSingleton<SessionDirectory>();
        services.AddSingleton<SignInRecord>();
        return services;
    }

    public static void MapSignOut(this IEndpointRouteBuilder app) =>
        app.MapPost(SignOutPath, async (SignInManager<AppUser> signIn, Microsoft.AspNetCore.Antiforgery.IAntiforgery antiforgery, HttpContext context) =>
        {
            if (!await antiforgery.IsRequestValidAsync(context)) return Results.BadRequest();
            await signIn.SignOutAsync();
            return Results.Redirect(SignInPath);
        }).AllowAnonymous().ExcludeFromDescription();

    /// <summary>
    /// Another of the person's own organisations, for this browser and for their next sign-in. The session stays the same one; only the place that it is in is another.
    /// </summary>
    public static void MapOrganisationChoice(this IEndpointRouteBuilder app) =>
        app.MapPost(OrganisationPath, async (Members members, Microsoft.AspNetCore.Antiforgery.IAntiforgery antiforgery, HttpContext context) =>
        {
            if (!await antiforgery.IsRequestValidAsync(context)) return Results.BadRequest();
            var form = await context.Request.ReadFormAsync(context.RequestAborted);
            var session = await context.AuthenticateAsync(IdentityConstants.ApplicationScheme);
            if (session.Principal?.FindUser() is not { } user || !Guid.TryParse(form["tenant"], out var tenant)) return Results.BadRequest();
            var place = (await members.PlacesOfAsync(user, context.RequestAborted)).FirstOrDefault(place => place.Tenant.Value == tenant);
            if (place is null) return Results.NotFound();
            await members.RememberChoiceAsync(user, place.Tenant, context.RequestAborted);
            var principal = PlaceClaims.Replace(session.Principal, place, session.Principal.HasClaim(claim => claim.Type == TenantClaims.Operator));
            await context.SignInAsync(IdentityConstants.ApplicationScheme, principal, session.Properties);
            return Results.Redirect("/");
        }).RequireAuthorization(AccessPolicies.Member).ExcludeFromDescription();

    private static void Rules(IdentityOptions options)
    {
        options.User.RequireUniqueEmail = true;
        options.SignIn.RequireConfirmedAccount = false;
        // Length is what makes a password strong (NIST SP 800-63B); rules of composition only annoy.
        options.Password.RequiredLength = BootstrapOptions.MinPasswordLength;
        options.Password.RequireDigit = false;
        options.Password.RequireLowercase = false;
        options.Password.RequireUppercase = false;
        options.Password.RequireNonAlphanumeric = false;
        options.Lockout.MaxFailedAccessAttempts = 10;
        options.Lockout.DefaultLockoutTimeSpan = TimeSpan.FromMinutes(5);
        options.Lockout.AllowedForNewUsers = true;
    }

    private static void Shape(CookieAuthenticationOptions options, string name)
    {
        options.Cookie.Name = name;
        options.Cookie.HttpOnly = true;
        options.Cookie.SameSite = SameSiteMode.Lax;
        options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        options.SlidingExpiration = true;
        options.LoginPath = SignInPath;
        options.LogoutPath = SignOutPath;
        options.AccessDeniedPath = DeniedPath;
        options.ReturnUrlParameter = "returnUrl";
        options.Events.OnSigningIn = SessionCookie.BeginAsync;
        options.Events.OnValidatePrincipal = RenewPlace.ValidateAsync;
        options.Events.OnSigningOut = SessionCookie.EndAsync;
        options.Events.OnRedirectToLogin = context => Redirect(context, StatusCodes.Status401Unauthorized);
        options.Events.OnRedirectToAccessDenied = context => Redirect(context, StatusCodes.Status403Forbidden);
    }

    /// <summary>A person is led to a page; a program, which would take that page for its answer, gets the plain status.</summary>
    private static Task Redirect(RedirectContext<CookieAuthenticationOptions> context, int status)
    {
        var (request, user) = (context.Request, context.HttpContext.User);
        var person = HttpMethods.IsGet(request.Method) && !request.Path.StartsWithSegments("/api", StringComparison.Ordinal);
        // A member gets the product's frame with a word about it; who belongs to no organisation has no frame to get.
        if (person && (status == StatusCodes.Status401Unauthorized || user.FindTenant() is null)) context.Response.Redirect(context.RedirectUri);
        else if (person && request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase))
            context.Response.Redirect($"{RefusedPath}?from={Uri.EscapeDataString(request.Path + request.QueryString)}{(user.HasClaim(claim => claim.Type == TenantClaims.Suspension) ? "&suspended=true" : "")}");
        else context.Response.StatusCode = status;
        return Task.CompletedTask;
    }
}
