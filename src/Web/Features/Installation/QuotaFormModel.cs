using System.Globalization;
using FinOps.Analytics.Quotas;
using FinOps.Domain.Quotas;
using FinOps.Web.Parts;

namespace FinOps.Web.Features.Installation;

/// <summary>What an operator fills in to set the quotas of an organisation. Knows nothing of rendering.</summary>
public sealed class QuotaFormModel
{
    /// <summary>Bytes are filled in as millions, as pages show them.</summary>
    private const decimal Megabyte = 1_000_000;

    private readonly Dictionary<Quota, string> _texts = [];
    private TenantLimits _defaults = TenantLimits.None;

    /// <summary>What is set in the store.</summary>
    public IReadOnlyDictionary<Quota, long> Set { get; private set; } = new Dictionary<Quota, long>();

    /// <summary>As it stands in the field; empty = the default.</summary>
    public string this[Quota quota]
    {
        get => _texts.GetValueOrDefault(quota, "");
        set => _texts[quota] = value;
    }

    public long DefaultOf(Quota quota) => _defaults[quota];

    public void Fill(QuotaSettings settings)
    {
        (Set, _defaults) = (settings.Set, settings.Defaults);
        _texts.Clear();
        foreach (var (quota, limit) in settings.Set) _texts[quota] = Shown(quota, limit);
    }

    public string Shown(Quota quota, long limit) => quota.Text().IsBytes
        ? (limit / Megabyte).ToString("0.######", CultureInfo.InvariantCulture)
        : limit.ToString(CultureInfo.InvariantCulture);

    public bool TryRead(out Dictionary<Quota, long> limits, out string problem)
    {
        (limits, problem) = ([], "");
        foreach (var text in QuotaTable.All)
        {
            var told = this[text.Quota].Trim();
            if (told.Length == 0) continue;
            if (!decimal.TryParse(told, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
                || number * (text.IsBytes ? Megabyte : 1) is var value && (value > QuotaTable.MaxLimit || (!text.IsBytes && value != decimal.Truncate(value))))
            {
                problem = $"{text.Title}: “{told}” is not a limit. Give a number such as {Shown(text.Quota, _defaults[text.Quota])}, 0 for no limit, or nothing for the default.";
                return false;
            }

            limits[text.Quota] = (long)value;
        }

        return true;
    }

    /// <summary>What is used of a limit, in words.</summary>
    public static string Told(QuotaUse use) => use.Limit == QuotaTable.Unlimited ? $"{QuotaFigures.Used(use)} used, no limit" : $"{QuotaFigures.Used(use)} used of {QuotaFigures.Limit(use)}";
}
