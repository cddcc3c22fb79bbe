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
        var listed = providers.ToList();
        // Who runs models of his own is a seller that no list names: only his own prices know it.
        var own = byProvider.Where(g => g.Any(r => r.Tenant is not null) && !listed.Exists(p => p.Id == g.Key)).Select(g => new PriceProvider(g.Key, g.Key, null, null, []));
        _inOrder = [.. listed.Concat(own).Select(p => new Seller(p, byProvider[p.Id]))];
        _sellers = _inOrder.ToDictionary(s => s.Provider.Id, StringComparer.Ordinal);
    }

    public ModelPrices Find(string told, string model)
    {
        if (model.Length == 0) return ModelPrices.None;
        var name = model.Trim().ToLowerInvariant();
        if (told.Length == 0) return Infer(name);
        if (SellerOf(told) is not { } seller) return ModelPrices.None;
        var rows = FindEntry(seller, name, told) ?? (DashedDates(name) is var dashed && dashed != name ? FindEntry(seller, dashed, told) : null);
        return rows is null ? ModelPrices.None : new ModelPrices(rows, told, null);
    }

    private Seller? SellerOf(string told)
    {
        var id = ProviderNames.Seller(told);
        return _sellers.TryGetValue(id, out var seller) ? seller : Array.Find(_inOrder, s => s.Provider.ProviderMatch?.IsMatch(id) == true);
    }

    private PriceRow[]? FindEntry(Seller seller, string name, string told)
    {
        if (seller.Provider.Id == "google" && name.LastIndexOf("models/", StringComparison.Ordinal) is >= 0 and var at)
            name = name[(at + "models/".Length)..]; // Google's own APIs spell models/… and publishers/google/models/…
        var own = seller.OfTenant(name, told);
        var list = seller.Listed(name, told);
        foreach (var fallback in seller.Provider.Fallback)
            if (list.Length == 0 && _sellers.TryGetValue(fallback, out var other)) list = other.Listed(name, told);
        return Together(own, list);
    }

    /// <summary>A tenant's rows lie over the list's: what they do not price keeps its list price. A discount alone is no price.</summary>
    private static PriceRow[]? Together(PriceRow[] own, PriceRow[] list) =>
        list.Length == 0 && Array.TrueForAll(own, r => r.Meter == Meter.Discount) ? null : [.. own, .. list];

    /// <summary>The vendor that owns the name: the one that both claims such names and lists this one, else the only one that lists it.</summary>
    private ModelPrices Infer(string name)
    {
        if (!ProviderNames.NameTellsVendor(name)) return ModelPrices.None;
        var dashed = DashedDates(name);
        (Seller Seller, PriceRow[] Rows)[] lists = [.. _inOrder
            .Where(s => ProviderNames.Vendors.ContainsKey(s.Provider.Id))
            .Select(s => (s, FindOwn(s, name) ?? FindOwn(s, dashed)))
            .Where(found => found.Item2 is not null)!];
        (Seller Seller, PriceRow[] Rows)[] claims = [.. lists.Where(l => l.Seller.Provider.ModelMatch?.IsMatch(name) == true)];
        var owners = claims.Length != 0 ? claims : lists;
        if (owners.Length != 1) return ModelPrices.None;
        var vendor = ProviderNames.Vendors[owners[0].Seller.Provider.Id];
        return new ModelPrices(owners[0].Rows, vendor, vendor);
    }

    /// <summary>Without what the seller borrows from others: that does not make it the owner of a name.</summary>
    private static PriceRow[]? FindOwn(Seller seller, string name)
    {
        var told = ProviderNames.Vendors[seller.Provider.Id];
        return Together(seller.OfTenant(name, told), seller.Listed(name, told));
    }

    /// <summary>Some sellers spell a snapshot's date 20250101 where the entry has 2025-01-01.</summary>
    private static string DashedDates(string name) => CompactDate().Replace(name, static m =>
        DateOnly.TryParseExact(m.Groups["date"].ValueSpan, "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)
            ? string.Create(CultureInfo.InvariantCulture, $"-{date:yyyy-MM-dd}")
            : m.Value);

    [GeneratedRegex("-(?<date>20[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01]))(?=-|:|$)", RegexOptions.CultureInvariant)]
    private static partial Regex CompactDate();

    private sealed class Seller
    {
        private readonly PriceRow[] _ofTenant;
        private readonly PriceRow[][] _listed;

        public Seller(PriceProvider provider, IEnumerable<PriceRow> rows)
        {
            Provider = provider;
            var all = rows.ToLookup(r => r.Tenant is not null);
            _ofTenant = [.. all[true].OrderBy(r => r.Ordinal)];
            _listed = [.. all[false].GroupBy(r => (r.Model, r.Match)).Select(g => g.ToArray()).OrderBy(g => g.Min(r => r.Ordinal))];
        }

        public PriceProvider Provider { get; }

        /// <summary>The tenant's own rows for a name at a host.</summary>
        public PriceRow[] OfTenant(string name, string told) => Array.FindAll(_ofTenant, r => IsAt(r, told) && r.Match.IsMatch(name));

        /// <summary>The first entry of the public list that has a price of the name at a host.</summary>
        public PriceRow[] Listed(string name, string told)
        {
            foreach (var entry in _listed)
                if (Array.Exists(entry, r => IsAt(r, told)) && entry[0].Match.IsMatch(name)) return Array.FindAll(entry, r => IsAt(r, told));
            return [];
        }

        private static bool IsAt(PriceRow row, string told) => row.HostPlatform.Length == 0 || row.HostPlatform == told;
    }
}
