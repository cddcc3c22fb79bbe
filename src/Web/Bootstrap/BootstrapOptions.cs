using FinOps.Analytics.Tenancy;

namespace FinOps.Web.Bootstrap;

/// <summary>What is to be there after the first start, for containers and tests: the <c>FINOPS_BOOTSTRAP_*</c> variables.</summary>
public sealed record BootstrapOptions(string? Tenant, string? AdminEmail, string? AdminPassword, string? IngestKey, string? ApiKey)
{
    public const int MinPasswordLength = 8;

    private const string Prefix = "FINOPS_BOOTSTRAP_";

    public bool Any => Tenant is not null || AdminEmail is not null || IngestKey is not null || ApiKey is not null;

    internal static BootstrapOptions Read(Func<string, string?> value, List<string> problems)
    {
        var options = new BootstrapOptions(
            value(Prefix + "TENANT"), value(Prefix + "ADMIN_EMAIL"), value(Prefix + "ADMIN_PASSWORD"), value(Prefix + "INGEST_KEY"), value(Prefix + "API_KEY"));
        if (options.Tenant?.Trim().Length is 0 or > Analytics.Tenancy.Tenant.MaxNameLength)
            problems.Add($"{Prefix}TENANT must have 1 to {Analytics.Tenancy.Tenant.MaxNameLength} characters.");
        if (options.AdminEmail is { } email && !email.Contains('@', StringComparison.Ordinal))
            problems.Add($"{Prefix}ADMIN_EMAIL is \"{email}\": it must be an e-mail address.");
        if ((options.AdminEmail is null) != (options.AdminPassword is null))
            problems.Add($"{Prefix}ADMIN_EMAIL and {Prefix}ADMIN_PASSWORD belong together: set both or neither.");
        if (options.AdminPassword?.Length < MinPasswordLength)
            problems.Add($"{Prefix}ADMIN_PASSWORD must have at least {MinPasswordLength} characters.");
        RequireKey(options.IngestKey, "INGEST_KEY", problems);
        RequireKey(options.ApiKey, "API_KEY", problems);
        if (options.IngestKey is not null && options.IngestKey == options.ApiKey)
            problems.Add($"{Prefix}INGEST_KEY and {Prefix}API_KEY are equal: a key either sends or reads.");
        return options;
    }

    private static void RequireKey(string? key, string name, List<string> problems)
    {
        if (key is not null && !AccessKeyToken.IsWellFormed(key))
            problems.Add($"{Prefix}{name} must have {AccessKeyToken.MinLength} to {AccessKeyToken.MaxLength} characters of [A-Za-z0-9_-].");
    }
}
