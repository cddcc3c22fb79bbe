using System.Globalization;
using System.Text.RegularExpressions;
using FinOps.Domain.Tenancy;

namespace FinOps.Domain.Pricing;

/// <summary>All prices that are believed now, by seller and entry, and the rules that find an entry for what a call tells.</summary>
internal sealed partial class PriceBook
{
    private readonly Dictionary<string, Seller> _sellers;
    private readonly Seller[] _inOrder;

    private readonly PriceAlias[] _aliases;
    private readonly ProjectId[] _projects;
    private readonly HashSet<(string, string)> _free;

    public PriceBook(IEnumerable<PriceProvider> providers, IReadOnlyCollection<PriceRow> rows, IEnumerable<PriceAlias> aliases)
    {
        var byProvider = rows.ToLookup(r => r.Provider, StringComparer.Ordinal);
        var listed = providers.ToList();
        // Who runs models of his own is a seller that no list names: only his own prices know it.
        var own = byProvider.Where(g => g.Any(r => r.Tenant is not null) && !listed.Exists(p => p.Id == g.Key)).Select(g => new PriceProvider(g.Key, g.Key, null, null, []));
        _inOrder = [.. listed.Concat(own).Select(p => new Seller(p, byProvider[p.Id]))];
        _sellers = _inOrder.ToDictionary(s => s.Provider.Id, StringComparer.Ordinal);
        // The narrower one goes first: a provider that was named, then one name before a pattern.
        _aliases = [.. aliases.OrderBy(a => a.ToldProvider.Length == 0).ThenBy(a => a.Match.Breadth)];
        _free = [.. rows.Where(r => r.Meter != Meter.Discount).GroupBy(r => (r.Provider, r.Model)).Where(g => g.All(r => r.Price == 0)).Select(g => g.Key)];
        Entries = [.. rows.Select(r => (r.Provider, r.Model)).Distinct()];
        _projects = [.. rows.Select(r => r.Project).Concat(_aliases.Select(a => a.Project)).OfType<ProjectId>().Distinct()];
    }

    /// <summary>Every seller's entries, by the names that their sources give them.</summary>
    public IReadOnlyList<(string Provider, string Model)> Entries { get; }

    /// <summary>What a name costs, with what differs for single projects and while an alias holds.</summary>
    public ModelPrices Find(string told, string model)
    {
        if (model.Length == 0) return ModelPrices.None;
        var name = model.Trim().ToLowerInvariant();
        PriceAlias[] aliases = [.. _aliases.Where(a => a.IsFor(told, name))];
        var plain = Plain(told, name, null);
        ProjectId[] projects = [.. _projects.Where(p => aliases.Any(a => a.Project == p) || _inOrder.Any(s => s.PricesForProject(p)))];
        if (aliases.Length == 0 && projects.Length == 0) return plain;
        List<PriceException> exceptions = [];
        foreach (var project in projects)
        {
            exceptions.AddRange(aliases.Where(a => a.Project is null || a.Project == project).OrderBy(a => a.Project is null)
                .Select(a => PriceException.While(a, project, Aliased(a, told, name, project))));
            exceptions.Add(PriceException.Always(project, Plain(told, name, project)));
        }

        exceptions.AddRange(aliases.Where(a => a.Project is null).Select(a => PriceException.While(a, null, Aliased(a, told, name, null))));
        return plain.Except([.. exceptions]);
    }

    /// <summary>Whether an entry is known and all its prices are 0.</summary>
    public bool IsFree(string provider, string entry) => _free.Contains((provider, entry));

    /// <summary>Whether a name has a price without any alias.</summary>
    public bool HasPrice(string seller, string model) => Plain(seller, model.Trim().ToLowerInvariant(), null) != ModelPrices.None;

    private ModelPrices Plain(string told, string name, ProjectId? project)
    {
        if (told.Length == 0) return Infer(name, project);
        if (SellerOf(told) is not { } seller) return ModelPrices.None;
        return FindEntry(seller, name, told, project) is { } found ? new ModelPrices(Together(found), told, null) : ModelPrices.None;
    }

    /// <summary>Own prices of the told name itself, then the tenant's and the list's of the model behind it.</summary>
    private ModelPrices Aliased(PriceAlias alias, string told, string name, ProjectId? project)
    {
        var ownName = told.Length != 0 && SellerOf(told) is { } teller ? FindEntry(teller, name, told, project)?.Own ?? [] : [];
        if (SellerOf(alias.Provider) is not { } seller) return ModelPrices.None;
        // Where the same seller is told, its platform is; otherwise the model is priced as its seller itself sells it.
        var behind = told.Length != 0 && ProviderNames.Seller(told) == seller.Provider.Id ? told : ProviderNames.Vendors.GetValueOrDefault(seller.Provider.Id, seller.Provider.Id);
        if (FindEntry(seller, alias.Model.Trim().ToLowerInvariant(), behind, project) is not { } found) return ModelPrices.None;
        return new ModelPrices([.. ownName, .. found.Own.Where(r => !ownName.Contains(r)).Select(r => r with { ThroughAlias = true }), .. found.List], behind, null);
    }

    private Seller? SellerOf(string told)
    {
        var id = ProviderNames.Seller(told);
        return _sellers.TryGetValue(id, out var seller) ? seller : Array.Find(_inOrder, s => s.Provider.ProviderMatch?.IsMatch(id) == true);
    }

    /// <summary>Rows that a name is priced by; null = none, for a discount alone is no price.</summary>
    private Entry? FindEntry(Seller seller, string name, string told, ProjectId? project)
    {
        if (seller.Provider.Id == "google" && name.LastIndexOf("models/", StringComparison.Ordinal) is >= 0 and var at)
            name = name[(at + "models/".Length)..]; // Google's own APIs spell models/… and publishers/google/models/…
        return At(name) ?? (DashedDates(name) is var dashed && dashed != name ? At(dashed) : null);

        Entry? At(string spelling)
        {
            var list = seller.Listed(spelling, told);
            foreach (var fallback in seller.Provider.Fallback)
                if (list.Length == 0 && _sellers.TryGetValue(fallback, out var other)) list = other.Listed(spelling, told);
            return Entry.Of(seller.OfTenant(spelling, told, list, project), list);
        }
    }

    /// <summary>A tenant's rows lie over the list's: what they do not price keeps its list price.</summary>
    private static PriceRow[] Together(Entry entry) => [.. entry.Own, .. entry.List];

    /// <summary>The vendor that owns the name: the one that both claims such names and lists this one, else the only one that lists it.</summary>
    private ModelPrices Infer(string name, ProjectId? project)
    {
        if (!ProviderNames.NameTellsVendor(name)) return ModelPrices.None;
        var dashed = DashedDates(name);
        (Seller Seller, Entry Rows)[] lists = [.. _inOrder
            .Where(s => ProviderNames.Vendors.ContainsKey(s.Provider.Id))
            .Select(s => (s, FindOwn(s, name, project) ?? FindOwn(s, dashed, project)))
            .Where(found => found.Item2 is not null)!];
        (Seller Seller, Entry Rows)[] claims = [.. lists.Where(l => l.Seller.Provider.ModelMatch?.IsMatch(name) == true)];
        var owners = claims.Length != 0 ? claims : lists;
        if (owners.Length != 1) return ModelPrices.None;
        var vendor = ProviderNames.Vendors[owners[0].Seller.Provider.Id];
        return new ModelPrices(Together(owners[0].Rows), vendor, vendor);
    }

    /// <summary>Without what the seller borrows from others: that does not make it the owner of a name.</summary>
    private static Entry? FindOwn(Seller seller, string name, ProjectId? project)
    {
        var told = ProviderNames.Vendors[seller.Provider.Id];
        var list = seller.Listed(name, told);
        return Entry.Of(seller.OfTenant(name, told, list, project), list);
    }

    /// <summary>Some sellers spell a snapshot's date 20250101 where the entry has 2025-01-01.</summary>
    private static string DashedDates(string name) => CompactDate().Replace(name, static m =>
        DateOnly.TryParseExact(m.Groups["date"].ValueSpan, "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)
            ? string.Create(CultureInfo.InvariantCulture, $"-{date:yyyy-MM-dd}")
            : m.Value);

    [GeneratedRegex("-(?<date>20[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01]))(?=-|:|$)", RegexOptions.CultureInvariant)]
    private static partial Regex CompactDate();

    private sealed record Entry(PriceRow[] Own, PriceRow[] List)
    {
        public static Entry? Of(PriceRow[] own, PriceRow[] list) =>
            list.Length == 0 && Array.TrueForAll(own, r => r.Meter == Meter.Discount) ? null : new Entry(own, list);
    }

    private sealed class Seller
    {
        private readonly PriceRow[] _ofTenant;
        private readonly HashSet<string> _entries;
        private readonly PriceRow[][] _listed;

        public Seller(PriceProvider provider, IEnumerable<PriceRow> rows)
        {
            Provider = provider;
            var all = rows.ToLookup(r => r.Tenant is not null);
            // Of rows for the same the first one is taken: what was said for one name goes before what was said for many.
            _ofTenant = [.. all[true].OrderBy(r => r.Match.Breadth).ThenBy(r => r.Ordinal)];
            _entries = [.. all[false].Select(r => r.Model)];
            _listed = [.. all[false].GroupBy(r => (r.Model, r.Match)).Select(g => g.ToArray()).OrderBy(g => g.Min(r => r.Ordinal))];
        }

        public PriceProvider Provider { get; }

        public bool PricesForProject(ProjectId project) => Array.Exists(_ofTenant, r => r.Project == project);

        /// <summary>The tenant's own rows for a name at a host; those of a project only if it is asked for.</summary>
        /// <param name="list">What the list finds for the name: rows of an entry go by it.</param>
        public PriceRow[] OfTenant(string name, string told, PriceRow[] list, ProjectId? project) =>
            Array.FindAll(_ofTenant, r => IsAt(r, told) && (r.Project is null || r.Project == project) && IsFor(r, name, list));

        private bool IsFor(PriceRow row, string name, PriceRow[] list) =>
            row.Match.Entry is { } entry && (list.Length != 0 || _entries.Contains(entry)) ? list.Length != 0 && list[0].Model == entry : row.Match.IsMatch(name);

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
