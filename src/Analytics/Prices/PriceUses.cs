using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Domain.Pricing;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using Microsoft.EntityFrameworkCore;

namespace FinOps.Analytics.Prices;

/// <summary>Calls of the last <see cref="PriceUses.Days"/> days under one told name.</summary>
/// <param name="Provider">As told.</param>
/// <param name="Model">As told.</param>
/// <param name="EntrySeller">Whose entry of the book prices them; null = none does.</param>
public sealed record PriceUse(string Provider, string Model, string? EntrySeller, string? EntryModel, SpendFigures Figures);

/// <summary>What an edit would have changed on the last <see cref="PriceUses.Days"/> days, if it had held then.</summary>
/// <param name="Names">Told names whose cost differs.</param>
/// <param name="Calls">Their calls.</param>
/// <param name="Before">USD, by the book as it is.</param>
/// <param name="After">USD, by the book with the edit.</param>
/// <param name="NewlyPriced">Calls that had no price.</param>
/// <param name="NoLongerPriced">Calls that would have none.</param>
public sealed record PriceEffect(int Names, long Calls, decimal Before, decimal After, long NewlyPriced, long NoLongerPriced);

/// <summary>Tells which calls a price is for, and estimates what an edit would change.</summary>
public sealed class PriceUses(FinOpsDatabase database, SpendReader spend, IPriceSource prices, TimeProvider clock)
{
    public const int Days = 30;

    public async Task<IReadOnlyList<PriceUse>> AskAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        var snapshot = prices.Current(tenant);
        return [.. (await ByNameAsync(tenant, cancellationToken)).Select(row =>
        {
            var entry = snapshot.EntryOf(row.Group[0], row.Group[1], clock.GetUtcNow());
            return new PriceUse(row.Group[0], row.Group[1], entry?.Seller, entry?.Model, row.Figures);
        })];
    }

    /// <summary>An estimate: the average call of each told name, by the standard price, without steps of context, tiers and projects.</summary>
    /// <param name="preview">An edit that was only looked at.</param>
    public async Task<PriceEffect> EstimateAsync(TenantId tenant, PriceEditResult preview, CancellationToken cancellationToken)
    {
        var (before, after) = await database.RunAsync(tenant, context => SnapshotsAsync(context, preview, cancellationToken), cancellationToken);
        var now = clock.GetUtcNow();
        // What begins later is measured as if it held already.
        var starts = preview.Added.Select(row => row.ValidFrom).Concat(preview.AliasesAdded.Select(row => row.ValidFrom)).OfType<DateTimeOffset>();
        var instant = starts.Append(now).Max();
        var effect = new PriceEffect(0, 0, 0, 0, 0, 0);
        foreach (var row in await ByNameAsync(tenant, cancellationToken))
        {
            if (row.Figures.Calls == 0) continue;
            var (old, changed) = (AverageCall(row, instant), AverageCall(row, instant));
            before.Rate(old);
            after.Rate(changed);
            if (old.Cost == changed.Cost && IsUnpriced(old) == IsUnpriced(changed)) continue;
            effect = new PriceEffect(
                effect.Names + 1, effect.Calls + row.Figures.Calls, effect.Before + (old.Cost * row.Figures.Calls), effect.After + (changed.Cost * row.Figures.Calls),
                effect.NewlyPriced + (IsUnpriced(old) && !IsUnpriced(changed) ? row.Figures.Calls : 0), effect.NoLongerPriced + (IsUnpriced(changed) && !IsUnpriced(old) ? row.Figures.Calls : 0));
        }

        return effect;
    }

    private async Task<IReadOnlyList<SpendRow>> ByNameAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var question = new SpendQuestion(ReadScope.Whole(tenant), new TimeRange(now.AddDays(-Days), now)) { GroupBy = [Dimension.Provider, Dimension.Model] };
        return (await spend.AskAsync(question, cancellationToken)).Rows;
    }

    private static async Task<(PriceSnapshot Before, PriceSnapshot After)> SnapshotsAsync(FinOpsDbContext context, PriceEditResult preview, CancellationToken cancellationToken)
    {
        context.ChangeTracker.QueryTrackingBehavior = QueryTrackingBehavior.NoTracking;
        var sellers = await BelievedBook.SellersAsync(context, cancellationToken);
        var rows = await context.Set<RecordedPrice>().Where(row => row.SupersededAt == null).ToListAsync(cancellationToken);
        var aliases = await context.Set<RecordedAlias>().Where(row => row.SupersededAt == null).ToListAsync(cancellationToken);
        return (Snapshot(rows, aliases), Snapshot(
            [.. rows.Where(row => preview.Superseded.All(gone => gone.Seen != row.Seen)), .. preview.Added],
            [.. aliases.Where(row => preview.AliasesSuperseded.All(gone => gone.Seen != row.Seen)), .. preview.AliasesAdded]));

        PriceSnapshot Snapshot(IEnumerable<RecordedPrice> prices, IEnumerable<RecordedAlias> names) =>
            PriceSnapshot.Create(sellers, prices.Select(row => row.ToRow()), "", aliases: names.Select(row => row.ToAlias()));
    }

    private static CallReport AverageCall(SpendRow row, DateTimeOffset instant)
    {
        var figures = row.Figures;
        return new CallReport
        {
            Provider = row.Group[0],
            ServedModel = row.Group[1],
            StartUnixMicros = (instant - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond,
            UsageSource = UsageSource.Reported,
            Usage = new UsageVector
            {
                InputFresh = Average(figures.InputTokens - figures.CacheReadTokens - figures.CacheWriteTokens),
                CacheRead = Average(figures.CacheReadTokens),
                CacheWrite5m = Average(figures.CacheWriteTokens),
                OutputText = Average(figures.OutputTokens),
            },
        };

        uint Average(long sum) => (uint)Math.Clamp(Math.Round((decimal)sum / figures.Calls), 0, uint.MaxValue);
    }

    private static bool IsUnpriced(CallReport report) => report.Flags.HasFlag(CallFlags.Unpriced);
}
