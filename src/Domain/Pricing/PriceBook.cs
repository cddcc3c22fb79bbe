using System.Globalization;
using System.Text.RegularExpressions;

namespace FinOps.Domain.Pricing;

/// <summary>All prices that are believed now, by seller and entry, and the rules that find an entry for what a call tells.</summary>
internal sealed partial class PriceBook
{
    private readonly Dictionary<string, Seller> _sellers;
    private readonly Seller[] _inOrder;

    public PriceBook(IEnumerable<PriceProvider> providers, IEnumerable<PriceRow> rows)
    {
        var byProvider = rows.ToLookup(r => r.Provider, StringComparer.Ordinal);
        _inOrder = [.. providers.Select(p => new Seller(p, byProvider[p.Id]))];
        _sellers = _inOrder.ToDictionary(s => s.Provider.Id, StringComparer.Ordinal);
    }

    public ModelPrices Find(string told, string model)
    {
        if (model.Length == 0) return ModelPrices.None;
        var name = model.Trim().ToLowerInvariant();
        if (told.Length == 0) return Infer(name);
        if (SellerOf(told) is not { } seller) return ModelPrices.None;
        var rows = FindEntry(seller, name) ?? (DashedDates(name) is var dashed && dashed != name ? FindEntry(seller, dashed) : null);
        return rows is null ? ModelPrices.None : ForPlatform(rows, told, null);
    }

    private Seller? SellerOf(string told)
    {
        var id = ProviderNames.Seller(told);
        return _sellers.TryGetValue(id, out var seller) ? seller : Array.Find(_inOrder, s => s.Provider.ProviderMatch?.IsMatch(id) == true);
    }

    private PriceRow[]? FindEntry(Seller seller, string name)
    {
        if (seller.Provider.Id == "google" && name.LastIndexOf("models/", StringComparison.Ordinal) is >= 0 and var at)
            name = name[(at + "models/".Length)..]; // Google's own APIs spell models/… and publishers/google/models/…
        if (seller.Find(name) is { } own) return own;
        foreach (var fallback in seller.Provider.Fallback)
        {
            if (_sellers.TryGetValue(fallback, out var other) && other.Find(name) is { } borrowed) return borrowed;
        }

        return null;
    }

    /// <summary>The vendor that owns the name: the one that both claims such names and lists this one, else the only one that lists it.</summary>
    private ModelPrices Infer(string name)
    {
        if (!ProviderNames.NameTellsVendor(name)) return ModelPrices.None;
        var dashed = DashedDates(name);
        (Seller Seller, PriceRow[] Rows)[] lists = [.. _inOrder
            .Where(s => ProviderNames.Vendors.ContainsKey(s.Provider.Id))
            .Select(s => (s, s.Find(name) ?? s.Find(dashed)))
            .Where(found => found.Item2 is not null)!];
        (Seller Seller, PriceRow[] Rows)[] claims = [.. lists.Where(l => l.Seller.Provider.ModelMatch?.IsMatch(name) == true)];
        var owners = claims.Length != 0 ? claims : lists;
        if (owners.Length != 1) return ModelPrices.None;
        var vendor = ProviderNames.Vendors[owners[0].Seller.Provider.Id];
        return ForPlatform(owners[0].Rows, vendor, vendor);
    }

    private static ModelPrices ForPlatform(PriceRow[] rows, string told, string? inferred) =>
        new([.. rows.Where(r => r.HostPlatform.Length == 0 || r.HostPlatform == told)], inferred);

    /// <summary>Some sellers spell a snapshot's date 20250101 where the entry has 2025-01-01.</summary>
    private static string DashedDates(string name) => CompactDate().Replace(name, static m =>
        DateOnly.TryParseExact(m.Groups["date"].ValueSpan, "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)
            ? string.Create(CultureInfo.InvariantCulture, $"-{date:yyyy-MM-dd}")
            : m.Value);

    [GeneratedRegex("-(?<date>20[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01]))(?=-|:|$)", RegexOptions.CultureInvariant)]
    private static partial Regex CompactDate();

    private sealed class Seller
    {
        private readonly PriceRow[][] _entries;

        public Seller(PriceProvider provider, IEnumerable<PriceRow> rows)
        {
            Provider = provider;
            _entries = [.. rows.GroupBy(r => (r.Tenant, r.Model, r.Match))
                .Select(g => g.ToArray())
                .OrderByDescending(g => g[0].Tenant is not null)
                .ThenBy(g => g.Min(r => r.Ordinal))];
        }

        public PriceProvider Provider { get; }

        public PriceRow[]? Find(string name) => Array.Find(_entries, rows => rows[0].Match.IsMatch(name));
    }
}
