using System.Net;
using FinOps.Analytics.Tenancy;

namespace FinOps.Web.Authentication;

/// <summary>An OpenID Connect provider for sign-in, section <c>FinOps:Oidc</c>. Without <see cref="Authority"/> there are local accounts only.</summary>
public sealed class OidcOptions
{
    public const string Section = "FinOps:Oidc";

    /// <summary>The provider's address; all else is found below it (<c>/.well-known/openid-configuration</c>). Plain http is taken from this machine itself only.</summary>
    public Uri? Authority { get; set; }

    public string ClientId { get; set; } = "";

    public string? ClientSecret { get; set; }

    /// <summary>What the button says after "Continue with". Default "single sign-on".</summary>
    public string DisplayName { get; set; } = "single sign-on";

    /// <summary>Separated by blanks. Default "openid profile email"; many providers need one more for groups.</summary>
    public string Scopes { get; set; } = "openid profile email";

    /// <summary>The claim with the person's groups, in the ID token or at the userinfo endpoint. Default "groups".</summary>
    public string GroupClaim { get; set; } = "groups";

    /// <summary>
    /// Whether a person who comes for the first time gets the local account with the same e-mail address, where the provider says that it verified the
    /// address and this installation did, too. Default false: whoever controls the provider could take over any account.
    /// </summary>
    public bool LinkVerifiedEmail { get; set; }

    /// <summary>What groups give.</summary>
    public IList<GroupMapping> Groups { get; set; } = [];

    public bool IsConfigured => Authority is not null;

    internal IEnumerable<string> FindProblems()
    {
        if (Authority is null) yield break;
        if (Authority is not { IsAbsoluteUri: true, Scheme: "https" } && !IsLoopback) yield return $"{Section}:{nameof(Authority)} must be an https address (http is taken from this machine itself only).";
        if (string.IsNullOrWhiteSpace(ClientId)) yield return $"{Section}:{nameof(ClientId)} is missing: the provider gives it.";
        if (!Scopes.Split(' ').Contains("openid", StringComparer.Ordinal)) yield return $"{Section}:{nameof(Scopes)} must hold \"openid\".";
        for (var i = 0; i < Groups.Count; i++)
            if (string.IsNullOrWhiteSpace(Groups[i].Group) || string.IsNullOrWhiteSpace(Groups[i].Organisation))
                yield return $"{Section}:{nameof(Groups)}:{i} needs a {nameof(GroupMapping.Group)} and an {nameof(GroupMapping.Organisation)}.";
    }

    internal bool IsLoopback => Authority is { IsAbsoluteUri: true, Scheme: "http" } && (Authority.Host == "localhost" || IPAddress.TryParse(Authority.Host, out var address) && IPAddress.IsLoopback(address));
}

/// <summary>Whoever is in the group is a member of the organisation with this role; of several roles the highest counts.</summary>
public sealed class GroupMapping
{
    /// <summary>As the provider names it; capitals count.</summary>
    public string Group { get; set; } = "";

    /// <summary>The organisation's short name.</summary>
    public string Organisation { get; set; } = "";

    /// <summary>Default Viewer.</summary>
    public TenantRole Role { get; set; } = TenantRole.Viewer;
}
