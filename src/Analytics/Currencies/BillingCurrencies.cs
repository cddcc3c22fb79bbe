using System.Globalization;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Currencies;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;

namespace FinOps.Analytics.Currencies;

/// <param name="Currency">ISO 4217; USD where nothing was set.</param>
/// <param name="ChangedBy">Null where nothing was set.</param>
public sealed record CurrencyState(string Currency, DateTimeOffset? ChangedAt, string? ChangedBy);

/// <summary>One rate with its history.</summary>
/// <param name="SupersededAt">Null = in force.</param>
public sealed record RateEntry(DateOnly Day, decimal Rate, string Source, string Author, DateTimeOffset RecordedAt, DateTimeOffset? SupersededAt);

/// <summary>What an import did.</summary>
/// <param name="Unchanged">Were there already, with the same rate.</param>
public sealed record RateImport(int Added, int Changed, int Unchanged);

/// <summary>A tenant's billing currency and its dated rates: prices are USD, and what is shown in another currency is converted day by day.</summary>
public sealed class BillingCurrencies(FinOpsDatabase database, TimeProvider clock)
{
    public const int MaxSourceLength = 200;

    /// <summary>Rates of one page. Default 500.</summary>
    public const int MaxListed = 500;

    public Task<CurrencyState> FindAsync(TenantId tenant, CancellationToken cancellationToken) => database.RunAsync(
        tenant, async context => StateOf(await Settings(context, tenant).AsNoTracking().SingleOrDefaultAsync(cancellationToken)), cancellationToken);

    /// <summary>Idempotent: the same again changes and records nothing. Rates of other currencies stay.</summary>
    /// <exception cref="TenancyException">It is no code of a currency.</exception>
    public Task<CurrencyState> SetAsync(TenantId tenant, string currency, Actor actor, CancellationToken cancellationToken)
    {
        if (!ExchangeRates.IsCode(currency)) throw new TenancyException($"\"{currency}\" is not a currency's code of three capital letters, for example EUR.");
        return database.RunAsync(tenant, async context =>
        {
            await LockAsync(context, tenant, cancellationToken);
            var row = await Settings(context, tenant).SingleOrDefaultAsync(cancellationToken);
            var before = row?.Currency ?? ExchangeRates.Usd;
            if (before == currency) return StateOf(row);
            var now = Now();
            if (row is null) context.Add(row = new TenantCurrency { TenantId = tenant.Value, Currency = currency, ChangedAt = now, ChangedBy = NameOf(actor) });
            else (row.Currency, row.ChangedAt, row.ChangedBy) = (currency, now, NameOf(actor));
            await context.SaveChangesAsync(cancellationToken);
            await AuditTrail.RecordAsync(context, new AuditEntry(actor, AuditActs.CurrencyChanged, tenant.ToString(), "billing currency") { Before = new { Currency = before }, After = new { Currency = currency } }, cancellationToken);
            return StateOf(row);
        }, cancellationToken);
    }

    /// <summary>
    /// Takes in many rates at once, all or none. A day that has another rate gets the new one, and keeps the old one as what was believed until now. The same again changes and records nothing.
    /// </summary>
    /// <exception cref="TenancyException">Something is wrong with the currency, the source or a rate.</exception>
    public Task<RateImport> ImportAsync(TenantId tenant, string currency, IReadOnlyList<DailyRate> rates, string source, Actor actor, CancellationToken cancellationToken)
    {
        if (!ExchangeRates.IsCode(currency) || currency == ExchangeRates.Usd) throw new TenancyException($"\"{currency}\" is not another currency's code of three capital letters, for example EUR.");
        var told = source.Trim();
        if (told.Length is 0 or > MaxSourceLength) throw new TenancyException($"Say where the rates are from, in 1 to {MaxSourceLength} characters.");
        if (rates.Count is 0 or > RateList.MaxLines) throw new TenancyException($"1 to {RateList.MaxLines} rates at once.");
        if (rates.Select(rate => RateList.FindProblem(rate.Value)).FirstOrDefault(problem => problem is not null) is { } wrong) throw new TenancyException(wrong);
        if (rates.Select(rate => rate.Day).Distinct().Count() != rates.Count) throw new TenancyException("A day stands twice.");
        return database.RunAsync(tenant, async context =>
        {
            await LockAsync(context, tenant, cancellationToken);
            var (first, last) = (rates.Min(rate => rate.Day), rates.Max(rate => rate.Day));
            var believed = await Rates(context, tenant, currency).Where(row => row.SupersededAt == null && row.Day >= first && row.Day <= last).ToDictionaryAsync(row => row.Day, cancellationToken);
            var now = Now();
            var (changed, unchanged) = (0, 0);
            var arriving = new List<RecordedRate>();
            foreach (var rate in rates)
            {
                if (believed.TryGetValue(rate.Day, out var old))
                {
                    if (old.Rate == rate.Value)
                    {
                        unchanged++;
                        continue;
                    }

                    old.SupersededAt = now;
                    changed++;
                }

                arriving.Add(new RecordedRate { TenantId = tenant.Value, Currency = currency, Day = rate.Day, RecordedAt = now, Rate = rate.Value, Source = told, Author = NameOf(actor) });
            }

            if (arriving.Count == 0) return new RateImport(0, 0, unchanged);
            // The old ones first: at no instant are two of a day in force.
            await context.SaveChangesAsync(cancellationToken);
            context.AddRange(arriving);
            await context.SaveChangesAsync(cancellationToken);
            var import = new RateImport(arriving.Count - changed, changed, unchanged);
            await AuditTrail.RecordAsync(context, new AuditEntry(actor, AuditActs.RatesImported, currency, $"rates of {currency}")
            {
                After = new { import.Added, import.Changed, First = first.ToString("O", CultureInfo.InvariantCulture), Last = last.ToString("O", CultureInfo.InvariantCulture), Source = told },
            }, cancellationToken);
            return import;
        }, cancellationToken);
    }

    /// <summary>Rates from the latest day, with those that were believed before; at most <see cref="MaxListed"/>.</summary>
    public Task<IReadOnlyList<RateEntry>> ListAsync(TenantId tenant, string currency, CancellationToken cancellationToken) => database.RunAsync<IReadOnlyList<RateEntry>>(tenant, async context =>
        await Rates(context, tenant, currency).AsNoTracking().OrderByDescending(row => row.Day).ThenByDescending(row => row.RecordedAt).Take(MaxListed)
            .Select(row => new RateEntry(row.Day, row.Rate, row.Source, row.Author, row.RecordedAt, row.SupersededAt)).ToListAsync(cancellationToken), cancellationToken);

    /// <summary>What is needed to convert the days of a range.</summary>
    public Task<ExchangeRates> RatesAsync(TenantId tenant, string currency, TimeRange range, CancellationToken cancellationToken)
    {
        if (currency == ExchangeRates.Usd) return Task.FromResult(ExchangeRates.OfUsd);
        // A day of any time zone begins and ends within a day of UTC's.
        var first = DateOnly.FromDateTime(range.From.UtcDateTime).AddDays(-ExchangeRates.MaxDaysCarried - 1);
        var last = DateOnly.FromDateTime(range.To.UtcDateTime).AddDays(1);
        return database.RunAsync(tenant, async context => new ExchangeRates(currency, await Rates(context, tenant, currency).AsNoTracking()
            .Where(row => row.SupersededAt == null && row.Day >= first && row.Day <= last).Select(row => new DailyRate(row.Day, row.Rate)).ToListAsync(cancellationToken)), cancellationToken);
    }

    private static IQueryable<TenantCurrency> Settings(FinOpsDbContext context, TenantId tenant) => context.Set<TenantCurrency>().Where(row => row.TenantId == tenant.Value);

    private static IQueryable<RecordedRate> Rates(FinOpsDbContext context, TenantId tenant, string currency) =>
        context.Set<RecordedRate>().Where(row => row.TenantId == tenant.Value && row.Currency == currency);

    /// <summary>One change at a time, so that states before and after follow on one another.</summary>
    private static Task LockAsync(FinOpsDbContext context, TenantId tenant, CancellationToken cancellationToken) =>
        context.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock(hashtextextended({"currency of " + tenant}, 0))", cancellationToken);

    private static CurrencyState StateOf(TenantCurrency? row) => new(row?.Currency ?? ExchangeRates.Usd, row?.ChangedAt, row?.ChangedBy);

    private static string NameOf(Actor actor) => actor.Name.Length <= 256 ? actor.Name : actor.Name[..256];

    /// <summary>To the microsecond, as PostgreSQL keeps it.</summary>
    private DateTimeOffset Now()
    {
        var now = clock.GetUtcNow();
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
    }
}
