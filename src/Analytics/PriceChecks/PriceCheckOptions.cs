namespace FinOps.Analytics.PriceChecks;

/// <summary>The second public price list that the book is held against every night. Section <c>FinOps:PriceCheck</c>.</summary>
public sealed class PriceCheckOptions
{
    public const string Section = "FinOps:PriceCheck";

    /// <summary>A file's full path, or an https address without user and password, in LiteLLM's layout (<c>model_prices_and_context_window.json</c>). Default empty: nothing is compared.</summary>
    public string Source { get; set; } = "";

    /// <summary>Percent by which two prices may differ. Default 1.</summary>
    public decimal TolerancePercent { get; set; } = 1m;

    /// <summary>Bytes of the list. Default 16,777,216; the public one has about 2 MB. Counter: finops.price_checks.runs.</summary>
    public int MaxBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>Seconds until the list is there. Default 30. Counter: finops.price_checks.runs.</summary>
    public int TimeoutSeconds { get; set; } = 30;

    /// <summary>Addresses that one answer may lead to after the other. Default 3. Counter: finops.price_checks.runs.</summary>
    public int MaxRedirects { get; set; } = 3;

    /// <summary>Differences that are kept, the largest first. Default 2,000. Counter: finops.price_checks.gaps_left_out.</summary>
    public int MaxGaps { get; set; } = 2_000;

    /// <summary>Names of hosts of one's own that may have internal addresses and plain http: a mirror. Default none: internal addresses are refused.</summary>
    public IList<string> InternalHosts { get; } = [];

    internal Uri? Address => Uri.TryCreate(Source, UriKind.Absolute, out var address) && !address.IsFile ? address : null;

    /// <summary>As pages name it: no folder of the server, and nothing of an address that could be a secret.</summary>
    internal string ShownSource => Address is { } address ? address.GetLeftPart(UriPartial.Path) : Path.GetFileName(Source);

    private const int MaxSourceLength = 1000;

    internal bool IsValid => Source.Length <= MaxSourceLength && (Source.Length == 0 || (Address is { } address ? address.UserInfo.Length == 0 && MayBeAsked(address) : Path.IsPathFullyQualified(Source)))
        && TolerancePercent is >= 0 and <= 1000 && MaxBytes is >= 1000 and <= 256 * 1024 * 1024 && TimeoutSeconds is >= 1 and <= 600 && MaxRedirects is >= 0 and <= 10 && MaxGaps is >= 1 and <= 20_000;

    internal const string Problem =
        $"{Section}: {nameof(Source)} must be a file's full path or an https address without user and password (http only of {nameof(InternalHosts)}), {nameof(TolerancePercent)} 0 to 1000, {nameof(MaxBytes)} 1000 to 268435456, "
        + $"{nameof(TimeoutSeconds)} 1 to 600, {nameof(MaxRedirects)} 0 to 10, {nameof(MaxGaps)} 1 to 20000.";

    internal bool IsInternal(string host) => InternalHosts.Contains(host, StringComparer.OrdinalIgnoreCase);

    internal bool MayBeAsked(Uri address) => address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && IsInternal(address.Host));
}
