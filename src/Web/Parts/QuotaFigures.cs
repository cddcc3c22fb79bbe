using FinOps.Analytics.Quotas;
using FinOps.Domain.Quotas;

namespace FinOps.Web.Parts;

/// <summary>How limits and their use read.</summary>
public static class QuotaFigures
{
    /// <summary>From here on a quota is marked.</summary>
    private const double NearlyFull = 0.8;

    public static string Amount(Quota quota, long amount) => quota.Text().IsBytes ? Figures.Bytes(amount) : Figures.Count(amount);

    public static string Limit(QuotaUse use) => use.Limit == QuotaTable.Unlimited ? "none" : Amount(use.Quota, use.Limit);

    public static string Used(QuotaUse use) => use.Used is { } used ? Amount(use.Quota, used) : "not known";

    /// <summary>In one word where a quota is worth a look; else null.</summary>
    public static string? Mark(QuotaUse use) => use.Share switch
    {
        >= 1 => "at its limit",
        >= NearlyFull and var share => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{share * 100:0} % used"),
        _ => null,
    };
}
