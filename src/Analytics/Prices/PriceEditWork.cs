using System.Globalization;
using FinOps.Analytics.Audit;
using FinOps.Domain.Pricing;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Prices;

/// <summary>What one edit supersedes and adds, before it is saved.</summary>
internal sealed class PriceEditWork(TenantId tenant, DateTimeOffset now, PriceEdit edit)
{
    private const int MaxAuthorLength = 256;

    public TenantId Tenant => tenant;
    public bool IsPreview => edit.OnlyPreview;
    public List<RecordedPrice> Added { get; } = [];
    public List<RecordedPrice> Superseded { get; } = [];
    public List<RecordedAlias> AliasesAdded { get; } = [];
    public List<RecordedAlias> AliasesSuperseded { get; } = [];

    private string Author => edit.Actor.Name.Length <= MaxAuthorLength ? edit.Actor.Name : edit.Actor.Name[..MaxAuthorLength];

    public void Add(PriceRow row) => Added.Add(RecordedPrice.From(row, now, catalogueId: null));

    public void Add(PriceAlias alias, long id) => AliasesAdded.Add(RecordedAlias.From(tenant, id, alias, now, Author, edit.Reason));

    public void Supersede(RecordedPrice row) => Superseded.Add(row);

    public void Supersede(RecordedAlias row) => AliasesSuperseded.Add(row);

    public void MarkSuperseded()
    {
        foreach (var row in Superseded) row.SupersededAt = now;
        foreach (var row in AliasesSuperseded) row.SupersededAt = now;
    }

    /// <summary>The first wanted row that would hold beside another one; the table would refuse it, too, but could not show both.</summary>
    public PriceEditResult? FindOverlap(IEnumerable<RecordedPrice> believed, IEnumerable<RecordedAlias> aliases)
    {
        List<RecordedPrice> there = [.. believed.Where(row => Superseded.TrueForAll(gone => gone.Seen != row.Seen))];
        foreach (var wanted in Added)
        {
            if (there.Find(row => OwnPriceRules.Overlap(row.ToRow(), wanted.ToRow())) is { } other)
            {
                return new PriceEditResult(PriceEditOutcome.Overlaps, $"{PriceWords.Told(wanted)} would hold beside {PriceWords.Told(other)}. Change or end that one instead.") { Overlap = (wanted, other) };
            }

            there.Add(wanted);
        }

        List<RecordedAlias> names = [.. aliases.Where(row => AliasesSuperseded.TrueForAll(gone => gone.Seen != row.Seen))];
        foreach (var wanted in AliasesAdded)
        {
            if (names.Find(row => OwnPriceRules.Overlap(row.ToAlias(), wanted.ToAlias())) is { } other)
            {
                return new PriceEditResult(PriceEditOutcome.Overlaps, $"{PriceWords.Told(wanted)} would hold beside {PriceWords.Told(other)}. End that one first.") { AliasOverlap = (wanted, other) };
            }

            names.Add(wanted);
        }

        return null;
    }

    public PriceChange ToChange() => new()
    {
        ChangedAt = now,
        TenantId = tenant.Value,
        Author = Author,
        Reason = edit.Reason,
        RowsAdded = Added.Count + AliasesAdded.Count,
        RowsSuperseded = Superseded.Count + AliasesSuperseded.Count,
    };

    public AuditEntry ToEntry(string act, long change) => new(edit.Actor, act, change.ToString(CultureInfo.InvariantCulture), SubjectName())
    {
        Before = State(Superseded, AliasesSuperseded),
        After = State(Added, AliasesAdded),
        Why = edit.Reason,
    };

    private string SubjectName()
    {
        List<string> names = [.. Added.Concat(Superseded).Select(row => $"{row.Provider} {row.Model}").Concat(AliasesAdded.Concat(AliasesSuperseded).Select(row => PriceWords.Match(row.Match))).Distinct()];
        return names.Count <= 1 ? names.FirstOrDefault() ?? "" : string.Create(CultureInfo.InvariantCulture, $"{names[0]} and {names.Count - 1} more");
    }

    private static Dictionary<string, string>? State(List<RecordedPrice> prices, List<RecordedAlias> aliases)
    {
        if (prices.Count + aliases.Count == 0) return null;
        return prices.Select(PriceWords.Told).Concat(aliases.Select(PriceWords.Told)).Select((text, i) => (text, i)).ToDictionary(row => string.Create(CultureInfo.InvariantCulture, $"row {row.i + 1}"), row => row.text);
    }
}
