using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using FinOps.Analytics.Prices;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Domain.Pricing;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.PriceChecks;

/// <summary>
/// Every night: holds the public prices against a second public list and keeps where they differ. Changes no price: which of the two is right is for a person to find out.
/// A list that cannot be read leaves the differences that were found before.
/// </summary>
public sealed class CrossCheckPrices(FinOpsDatabase database, IPriceSource prices, IOptions<PriceCheckOptions> options, TimeProvider clock, ILogger<CrossCheckPrices> logger)
{
    /// <summary>Any number, as long as every release uses the same: "FinOpsCC". Two workers that meet compare one after the other.</summary>
    private const long LockKey = 0x46696E4F70734343;

    /// <summary>Comparisons that are remembered: a good year of nights.</summary>
    internal const int KeptChecks = 400;

    /// <summary>Nobody's: the public prices alone.</summary>
    private static readonly TenantId Nobody = new(Guid.Empty);

    private static readonly System.Diagnostics.Metrics.Meter Metrics = new("FinOps.Analytics.PriceChecks");
    private static readonly Counter<long> Runs = Metrics.CreateCounter<long>("finops.price_checks.runs", description: "Comparisons of the price book with the second list, by whether there was one");
    private static readonly Gauge<long> Gaps = Metrics.CreateGauge<long>("finops.price_checks.gaps", description: "Prices that differ from the second list by more than the tolerance, at the last comparison");
    private static readonly Counter<long> LeftOut = Metrics.CreateCounter<long>("finops.price_checks.gaps_left_out", description: "Differences beyond the number that is kept");

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (options.Value.Source.Length == 0) return;
        var fetched = await new FetchPriceList(options).RunAsync(cancellationToken);
        var (list, problem) = fetched.File is { } file ? Parse(file) : (null, fetched.Problem);
        Runs.Add(1, new KeyValuePair<string, object?>("outcome", list is null ? "not read" : "compared"));
        if (list is null) Log.SecondListNotRead(logger, options.Value.ShownSource, problem!);

        var book = prices.Current(Nobody).Listed;
        var result = list is null ? null : PriceComparison.Of(book, list, clock.GetUtcNow(), options.Value.TolerancePercent / 100);
        await database.RunAsync(StoreScope.PriceImport, context => KeepAsync(context, Check(book, fetched.File, list, result, problem), result, cancellationToken), cancellationToken);
        if (result is null) return;
        Gaps.Record(result.Gaps.Count);
        if (result.Gaps.Count > options.Value.MaxGaps) LeftOut.Add(result.Gaps.Count - options.Value.MaxGaps);
        Log.PricesCompared(logger, options.Value.ShownSource, result.Compared, result.Gaps.Count);
    }

    private static (SecondPriceList? List, string? Problem) Parse(byte[] file)
    {
        try
        {
            return (SecondPriceList.Parse(file), null);
        }
        catch (FormatException other)
        {
            return (null, $"It is not a price list in LiteLLM's layout: {other.Message}.");
        }
    }

    private PriceCheck Check(PriceSnapshot book, byte[]? file, SecondPriceList? list, PriceComparison? result, string? problem) => new()
    {
        CheckedAt = clock.GetUtcNow(),
        Source = options.Value.ShownSource,
        Problem = problem ?? "",
        BookVersion = book.BookVersion,
        Sha256 = file is null ? [] : SHA256.HashData(file),
        Entries = list?.Entries ?? 0,
        NotUnderstood = list?.NotUnderstood ?? 0,
        Compared = result?.Compared ?? 0,
        Unknown = result?.Unknown ?? 0,
        Gaps = result?.Gaps.Count ?? 0,
        TolerancePercent = options.Value.TolerancePercent,
    };

    private async Task<int> KeepAsync(FinOpsDbContext context, PriceCheck check, PriceComparison? result, CancellationToken cancellationToken)
    {
        await context.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock({LockKey})", cancellationToken);
        context.Add(check);
        if (result is not null) await KeepGapsAsync(context, [.. result.Gaps.Take(options.Value.MaxGaps)], check.CheckedAt, cancellationToken);
        await context.SaveChangesAsync(cancellationToken);
        // The last good one stays, however many failed since: pages tell what it compared.
        var good = await context.Set<PriceCheck>().Where(one => one.Problem == "").MaxAsync(one => (long?)one.Id, cancellationToken);
        return await context.Set<PriceCheck>().Where(one => one.Id <= check.Id - KeptChecks && one.Id != good).ExecuteDeleteAsync(cancellationToken);
    }

    private static async Task KeepGapsAsync(FinOpsDbContext context, PriceGap[] found, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var ids = found.Select(gap => gap.PriceId).Distinct().ToList();
        var since = await context.Set<RecordedPrice>().Where(row => row.SupersededAt == null && row.TenantId == null && ids.Contains(row.Id))
            .ToDictionaryAsync(row => row.Id, row => row.RecordedAt, cancellationToken);
        var known = (await context.Set<RecordedGap>().ToListAsync(cancellationToken)).ToDictionary(gap => gap.Key);
        foreach (var gap in found)
        {
            var seen = Record(gap, since.TryGetValue(gap.PriceId, out var recorded) ? recorded : null, now);
            if (known.Remove(seen.Key, out var before))
            {
                (before.Provider, before.Model, before.BookPrice, before.BookSource, before.BookSince, before.OtherPrice, before.Share) =
                    (seen.Provider, seen.Model, seen.BookPrice, seen.BookSource, seen.BookSince, seen.OtherPrice, seen.Share);
            }
            else
            {
                context.Add(seen);
            }
        }

        context.RemoveRange(known.Values);
    }

    private static RecordedGap Record(PriceGap gap, DateTimeOffset? since, DateTimeOffset now) => new()
    {
        OtherName = gap.Other.Name,
        Meter = gap.Other.Meter,
        ContextStart = gap.Other.ContextStart,
        ServiceTier = gap.Other.ServiceTier,
        Batch = gap.Other.Batch,
        Provider = gap.Provider,
        Model = gap.Model,
        BookPrice = gap.BookPrice,
        BookSource = gap.BookSource,
        BookSince = since,
        OtherPrice = gap.Other.Price,
        Share = gap.Share,
        FirstSeenAt = now,
    };
}
