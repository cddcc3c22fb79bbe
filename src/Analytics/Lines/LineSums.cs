using System.Runtime.InteropServices;
using FinOps.Domain.Pricing;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;

namespace FinOps.Analytics.Lines;

/// <summary>
/// Sums the line items of a period's calls, without allocating for a call: first what its lines have in common is found, then each line among the few of these.
/// </summary>
internal sealed class LineSums(DateTimeOffset from, DateTimeOffset to)
{
    private readonly Dictionary<OfCall, List<Sum>> _groups = [];
    private readonly List<RatedLine> _lines = [];
    private readonly List<RatedLine> _listed = [];

    /// <summary>Different lines that are held.</summary>
    public int Count { get; private set; }

    /// <param name="call">A settled call with its stored cost.</param>
    /// <param name="book">The prices that its cost was found with.</param>
    /// <param name="list">The public ones of that time alone, found by the same aliases; the same object where the tenant has no prices of its own.</param>
    public void Add(CallReport call, PriceSnapshot book, PriceSnapshot list)
    {
        _lines.Clear();
        _listed.Clear();
        var receiver = new Receiver(_lines);
        if ((call.Flags & CallFlags.Unpriced) != 0)
        {
            UnpricedUsage.Tell(call.Usage, ref receiver);
            // Answered without usage: it counts, and its cost is not known.
            if (_lines.Count == 0) Put(GroupOf(call), call, null, default(RatedLine) with { Label = PriceLabel.Unpriced, Quantity = 1, Unit = "call", UnitSize = 1, Source = "" }, null, PriceLabel.Unpriced);
        }
        else
        {
            // What was answered from a cache or drawn from capacity is told in its own unit also where nothing prices it.
            if (!book.Explain(call, ref receiver) && call.Cost == 0 && (call.Flags & (CallFlags.CacheHit | CallFlags.Capacity)) != 0) TellFree(call, ref receiver);
            if (!ReferenceEquals(book, list) && _lines.Count != 0)
            {
                var listed = new Receiver(_listed);
                list.Explain(call, ref listed);
            }
        }

        var rest = call.Cost;
        if (_lines.Count == 0 && rest == 0) return;
        var group = GroupOf(call);
        var same = ReferenceEquals(book, list);
        foreach (ref readonly var line in CollectionsMarshal.AsSpan(_lines))
        {
            rest -= line.Cost;
            Put(group, call, line.Meter, line, line.Label == PriceLabel.Unpriced ? null : same ? line : Listed(line), line.Label);
        }

        // Rated by an older release with prices that are not kept: the stored cost stands.
        if (rest != 0) Put(group, call, null, default(RatedLine) with { Cost = rest, Quantity = 1, Unit = "call", UnitSize = 1, Source = "" }, null, null);
    }

    /// <summary>The lines, in an order that does not depend on that of the calls. Afterwards nothing is held.</summary>
    public IReadOnlyList<UsageLine> Take()
    {
        List<UsageLine> lines = [.. _groups
            .OrderBy(group => group.Key, OfCall.Order)
            .SelectMany(group => group.Value
                .OrderBy(sum => sum.Meter is null).ThenBy(sum => sum.Meter).ThenBy(sum => sum.Line.PriceId).ThenBy(sum => sum.Line.UnitPrice).ThenBy(sum => sum.Line.Multiplier).ThenBy(sum => sum.Label)
                .ThenBy(sum => sum.ListUnitPrice).ThenBy(sum => sum.IsEstimated).ThenBy(sum => sum.Line.UnitSize).ThenBy(sum => sum.Line.Source, StringComparer.Ordinal)
                .Select(sum => sum.ToLine(group.Key, from, to)))];
        _groups.Clear();
        Count = 0;
        return lines;
    }

    private void TellFree(CallReport call, ref Receiver receiver)
    {
        UnpricedUsage.Tell(call.Usage, ref receiver);
        var label = (call.Flags & CallFlags.CacheHit) != 0 ? PriceLabel.Avoided : PriceLabel.Capacity;
        foreach (ref var line in CollectionsMarshal.AsSpan(_lines)) line = line with { Label = label };
    }

    private List<Sum> GroupOf(CallReport call)
    {
        var common = new OfCall(
            call.Project, call.Provider, call.Region, call.Model, call.ServedTier, call.Batch, call.Variant, call.Tags[Tag.Feature], call.Tags[Tag.User], call.Tags[Tag.Team],
            call.Tags[Tag.Customer], call.Tags[Tag.Environment], call.Tags[Tag.Service], call.Tags[Tag.Session], call.Tags[Tag.Endpoint]);
        if (!_groups.TryGetValue(common, out var group)) _groups.Add(common, group = []);
        return group;
    }

    private void Put(List<Sum> group, CallReport call, Meter? meter, in RatedLine line, RatedLine? listed, PriceLabel? label)
    {
        var estimated = call.UsageSource == UsageSource.Estimated;
        var listUnitPrice = listed is { } price ? price.UnitPrice * price.Multiplier * (line.UnitSize / price.UnitSize) : (decimal?)null;
        Sum? sum = null;
        foreach (var one in group)
        {
            if (!one.IsOf(meter, line, listUnitPrice, label, estimated)) continue;
            sum = one;
            break;
        }

        if (sum is null)
        {
            group.Add(sum = new Sum(meter, line, listUnitPrice, label, estimated));
            Count++;
        }

        sum.Quantity += line.Quantity;
        sum.Cost += line.Cost;
        sum.ListCost += listed?.Cost ?? 0m;
        sum.Calls++;
    }

    /// <summary>What the public list says of the same meter. A discount is none of its lines: it takes nothing off the list's cost.</summary>
    private RatedLine? Listed(in RatedLine line)
    {
        if (line.Meter == Meter.Discount) return line with { UnitPrice = 0m, Cost = 0m };
        foreach (var one in _listed)
        {
            if (one.Meter == line.Meter && one.Label != PriceLabel.Unpriced) return one;
        }

        return null;
    }

    private readonly record struct OfCall(
        ProjectId Project, string Provider, string Region, string Model, string Tier, bool Batch, string Variant, string Feature, string User, string Team, string Customer,
        string Environment, string Service, string Session, string Endpoint)
    {
        public static readonly Comparer<OfCall> Order = Comparer<OfCall>.Create((a, b) =>
        {
            var order = a.Project.Value.CompareTo(b.Project.Value);
            if (order == 0) order = a.Batch.CompareTo(b.Batch);
            for (var i = 0; order == 0 && i < TextCount; i++) order = string.CompareOrdinal(a.Text(i), b.Text(i));
            return order;
        });

        private const int TextCount = 13;

        private string Text(int i) => i switch
        {
            0 => Provider,
            1 => Region,
            2 => Model,
            3 => Tier,
            4 => Variant,
            5 => Feature,
            6 => User,
            7 => Team,
            8 => Customer,
            9 => Environment,
            10 => Service,
            11 => Session,
            _ => Endpoint,
        };
    }

    private sealed class Sum(Meter? meter, RatedLine line, decimal? listUnitPrice, PriceLabel? label, bool estimated)
    {
        public Meter? Meter => meter;
        public RatedLine Line => line;
        public PriceLabel? Label => label;
        public decimal? ListUnitPrice => listUnitPrice;
        public bool IsEstimated => estimated;
        public decimal Quantity;
        public decimal Cost;
        public decimal ListCost;
        public long Calls;

        public bool IsOf(Meter? otherMeter, in RatedLine other, decimal? otherListUnitPrice, PriceLabel? otherLabel, bool otherEstimated) =>
            meter == otherMeter && line.PriceId == other.PriceId && label == otherLabel && estimated == otherEstimated && line.UnitPrice == other.UnitPrice
            && line.Multiplier == other.Multiplier && line.UnitSize == other.UnitSize && listUnitPrice == otherListUnitPrice && line.Source == other.Source;

        public UsageLine ToLine(in OfCall common, DateTimeOffset from, DateTimeOffset to) => new()
        {
            From = from,
            To = to,
            Project = common.Project,
            Provider = common.Provider,
            Region = common.Region,
            Model = common.Model,
            Tier = common.Tier,
            Batch = common.Batch,
            Variant = common.Variant,
            Tags = TagsOf(common),
            Meter = meter,
            Label = label,
            IsEstimated = estimated,
            PriceId = line.PriceId,
            Source = line.Source,
            Unit = line.Unit,
            UnitSize = line.UnitSize,
            UnitPrice = line.UnitPrice,
            Multiplier = line.Multiplier,
            Agreed = line.Agreed,
            ListUnitPrice = listUnitPrice,
            Quantity = Quantity,
            Cost = Cost,
            ListCost = listUnitPrice is null ? null : ListCost,
            Calls = Calls,
        };

        private static TagSet TagsOf(in OfCall common)
        {
            var tags = default(TagSet);
            tags.Set(Tag.Feature, common.Feature, TagLevel.None);
            tags.Set(Tag.User, common.User, TagLevel.None);
            tags.Set(Tag.Team, common.Team, TagLevel.None);
            tags.Set(Tag.Customer, common.Customer, TagLevel.None);
            tags.Set(Tag.Environment, common.Environment, TagLevel.None);
            tags.Set(Tag.Service, common.Service, TagLevel.None);
            tags.Set(Tag.Session, common.Session, TagLevel.None);
            tags.Set(Tag.Endpoint, common.Endpoint, TagLevel.None);
            return tags;
        }
    }

    private readonly struct Receiver(List<RatedLine> lines) : ILineReceiver
    {
        public void Take(in RatedLine line) => lines.Add(line);
    }
}
