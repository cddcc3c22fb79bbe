using FinOps.Analytics.Stores.Postgres;
using FinOps.Domain.Pricing;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;

namespace FinOps.Analytics.Prices;

/// <summary>Reads the book for people: what costs what, since when, by whom. A tenant sees the public list and its own prices.</summary>
public sealed class PriceBookReader(FinOpsDatabase database, TimeProvider clock)
{
    /// <summary>Versions of one model's prices that are shown; the list has had fewer than a hundred of any.</summary>
    public const int MaxHistoryRows = 2_000;

    /// <summary>Rows of a difference on one page.</summary>
    public const int MaxDifferenceRows = 1_000;

    /// <summary>Changes on one page.</summary>
    public const int MaxChanges = 500;

    public Task<PricesAnswer> AskAsync(PricesQuestion question, CancellationToken cancellationToken) =>
        database.RunAsync(question.Tenant, context => AskAsync(context, question, cancellationToken), cancellationToken);

    /// <summary>The sellers that there are prices of, by name.</summary>
    public Task<List<string>> SellersAsync(TenantId tenant, CancellationToken cancellationToken) => database.RunAsync(
        tenant, context => context.Set<RecordedPrice>().Where(row => row.SupersededAt == null).Select(row => row.Provider).Distinct().OrderBy(name => name).ToListAsync(cancellationToken), cancellationToken);

    public Task<ModelPriceHistory> HistoryAsync(TenantId tenant, string provider, string model, CancellationToken cancellationToken) =>
        database.RunAsync(tenant, async context =>
        {
            var every = ModelMatch.Every.ToString();
            var rows = context.Set<RecordedPrice>().AsNoTracking()
                .Where(row => row.Provider == provider && (row.Model == model || (row.TenantId != null && EF.Functions.JsonContained(row.Match, every))));
            var prices = await rows.OrderByDescending(row => row.RecordedAt).ThenBy(row => row.Meter).ThenBy(row => row.ContextStart).ThenBy(row => row.Id)
                .Take(MaxHistoryRows).ToListAsync(cancellationToken);
            var aliases = await context.Set<RecordedAlias>().AsNoTracking().Where(row => row.Provider == provider && row.Model == model)
                .OrderByDescending(row => row.RecordedAt).Take(MaxHistoryRows).ToListAsync(cancellationToken);
            DateTimeOffset[] instants = [.. prices.Select(row => row.RecordedAt).Concat(prices.Select(row => row.SupersededAt).OfType<DateTimeOffset>())
                .Concat(aliases.Select(row => row.RecordedAt)).Concat(aliases.Select(row => row.SupersededAt).OfType<DateTimeOffset>()).Distinct()];
            var changes = await context.Set<PriceChange>().AsNoTracking().Where(change => instants.Contains(change.ChangedAt)).OrderByDescending(change => change.Id).ToListAsync(cancellationToken);
            var leftOut = prices.Count < MaxHistoryRows ? 0 : await rows.CountAsync(cancellationToken) - MaxHistoryRows;
            return new ModelPriceHistory(prices, aliases, changes, leftOut);
        }, cancellationToken);

    /// <summary>Imports of the list and the tenant's own edits, from the latest.</summary>
    /// <param name="before">Only those before this one; null = from the latest.</param>
    public Task<List<PriceChange>> ChangesAsync(TenantId tenant, long? before, int limit, CancellationToken cancellationToken) => database.RunAsync(
        tenant,
        context => context.Set<PriceChange>().AsNoTracking().Where(change => before == null || change.Id < before).OrderByDescending(change => change.Id).Take(limit).ToListAsync(cancellationToken),
        cancellationToken);

    /// <summary>Null where there is no such change of the list or the tenant.</summary>
    public Task<PriceDifference?> DifferenceAsync(TenantId tenant, long id, int skip, int limit, CancellationToken cancellationToken) =>
        database.RunAsync<PriceDifference?>(tenant, async context =>
        {
            context.ChangeTracker.QueryTrackingBehavior = QueryTrackingBehavior.NoTracking;
            if (await context.Set<PriceChange>().FirstOrDefaultAsync(change => change.Id == id, cancellationToken) is not { } change) return null;
            var prices = ChangeRows.Prices(context, change);
            var isLast = change.TenantId is not null && !await context.Set<PriceChange>().AnyAsync(later => later.TenantId == change.TenantId && later.Id > id, cancellationToken);
            return new PriceDifference(
                change, await prices.Skip(skip).Take(limit).ToListAsync(cancellationToken), skip == 0 ? await ChangeRows.AliasesAsync(context, change, cancellationToken) : [],
                await prices.CountAsync(cancellationToken), isLast);
        }, cancellationToken);

    /// <summary>The tenant's aliases that are believed, those that have ended among them.</summary>
    public Task<List<RecordedAlias>> AliasesAsync(TenantId tenant, CancellationToken cancellationToken) => database.RunAsync(
        tenant, context => context.Set<RecordedAlias>().AsNoTracking().Where(row => row.SupersededAt == null).OrderByDescending(row => row.RecordedAt).ToListAsync(cancellationToken), cancellationToken);

    private async Task<PricesAnswer> AskAsync(FinOpsDbContext context, PricesQuestion question, CancellationToken cancellationToken)
    {
        var (at, known) = (question.At.ToUniversalTime(), (question.AsKnownAt ?? clock.GetUtcNow()).ToUniversalTime());
        var rows = context.Set<RecordedPrice>().AsNoTracking()
            .Where(row => row.RecordedAt <= known && (row.SupersededAt == null || row.SupersededAt > known))
            .Where(row => (row.ValidFrom == null || row.ValidFrom <= at) && (row.ValidTo == null || row.ValidTo > at));
        if (question.Provider is { } provider) rows = rows.Where(row => row.Provider == provider);
        if (question.Model is { } model) rows = rows.Where(row => row.Model == model);
        if (question.Meter is { } meter) rows = rows.Where(row => row.Meter == meter);

        var found = rows;
        if (question.OwnOnly) found = found.Where(row => row.TenantId != null);
        if (question.WithoutDeprecated) found = found.Where(row => !row.Deprecated);
        foreach (var word in (question.Search ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var pattern = $"%{Literally(word)}%";
            found = found.Where(row => EF.Functions.ILike(row.Provider + " " + row.Model + " " + row.ModelName, pattern, "\\"));
        }

        if (question.After is { } after)
            found = found.Where(row => row.Provider.CompareTo(after.Provider) > 0 || (row.Provider == after.Provider && row.Model.CompareTo(after.Model) > 0));
        var models = await found.Select(row => new { row.Provider, row.Model }).Distinct().OrderBy(row => row.Provider).ThenBy(row => row.Model)
            .Take(question.Limit + 1).ToListAsync(cancellationToken);
        var shown = models.Take(question.Limit).ToList();
        var (sellers, names) = (shown.Select(row => row.Provider).Distinct().ToList(), shown.Select(row => row.Model).Distinct().ToList());
        var prices = (await rows.Where(row => sellers.Contains(row.Provider) && names.Contains(row.Model)).ToListAsync(cancellationToken)).ToLookup(row => new { row.Provider, row.Model });
        return new PricesAnswer(
            [.. shown.Select(row => Describe(row.Provider, row.Model, prices[row]))], models.Count > question.Limit ? new PriceCursor(shown[^1].Provider, shown[^1].Model) : null);
    }

    private static PricedModel Describe(string provider, string model, IEnumerable<RecordedPrice> rows)
    {
        List<RecordedPrice> prices = [.. rows.OrderBy(row => row.Meter).ThenBy(row => row.TenantId is null).ThenBy(row => row.ContextStart).ThenBy(row => row.ServiceTier).ThenBy(row => row.Region).ThenBy(row => row.Id)];
        var entry = prices.Find(row => row.TenantId is null) ?? prices[0];
        return new PricedModel(provider, model, entry.ModelName.Length == 0 ? model : entry.ModelName, entry.Deprecated, entry.ContextWindow, prices);
    }

    /// <summary>What a person typed is text, not a pattern.</summary>
    private static string Literally(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("%", "\\%", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal).Replace("\0", "", StringComparison.Ordinal);
}
