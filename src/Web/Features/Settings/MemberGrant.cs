using FinOps.Analytics.Tenancy;

namespace FinOps.Web.Features.Settings;

/// <summary>What a member is to be allowed.</summary>
/// <param name="Role">What they may do.</param>
/// <param name="Teams">The only teams whose spend they see; null: the whole organisation's.</param>
public sealed record MemberGrant(TenantRole Role, IReadOnlyList<string>? Teams)
{
    /// <summary>Separates team names in the form. Names that come from telemetry may hold commas, so that those are chosen, not typed.</summary>
    private const char Separator = ',';

    /// <summary>What a role may do, for who gives it. The table of policies decides (docs/access.md).</summary>
    public static string Explain(TenantRole role) => role switch
    {
        TenantRole.Viewer => "Sees figures, calls and settings; changes nothing.",
        TenantRole.Analyst => "Sees what a viewer sees. Budgets and saved views are this role's to make, as soon as the product has them.",
        TenantRole.Approver => "Sees what an analyst sees. Policies are this role's to approve, as soon as the product has them.",
        _ => "Sees everything, and manages keys, members and the organisation. Cannot be limited to teams.",
    };

    /// <summary>The chosen names and the typed ones, each once.</summary>
    public static IReadOnlyList<string> Join(IEnumerable<string> chosen, string typed) =>
        [.. chosen.Concat(typed.Split(Separator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
}
