using System.Globalization;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Bills;
using FinOps.Domain.Pricing;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;

namespace FinOps.Analytics.Bills;

/// <summary>What became of an import.</summary>
/// <param name="Bill">Null where it was refused.</param>
/// <param name="Earlier">The bill that stands in its way, or whose place it took.</param>
/// <param name="IsSameFile">It is the very file that <paramref name="Earlier"/> came from.</param>
public sealed record BillImport(Bill? Bill, Bill? Earlier, bool IsSameFile);

/// <summary>Keeps bills, and how a tenant reads them.</summary>
public sealed class Bills(FinOpsDatabase database, TimeProvider clock)
{
    /// <summary>Bills that are listed, the latest period first. Default 200.</summary>
    public const int MaxListed = 200;

    /// <summary>Mappings of one tenant, of columns and of words each. Default 2,000.</summary>
    public const int MaxMappings = 2_000;

    private const int LinesPerInsert = 5_000;

    public async Task<IReadOnlyList<Bill>> ListAsync(TenantId tenant, CancellationToken cancellationToken) => await database.RunAsync(
        tenant, context => Rows(context, tenant).AsNoTracking().OrderBy(row => row.EndedAt != null).ThenByDescending(row => row.FromAt).ThenByDescending(row => row.ImportedAt).Take(MaxListed).ToListAsync(cancellationToken), cancellationToken);

    public async Task<Bill?> FindAsync(TenantId tenant, Guid id, CancellationToken cancellationToken) => await database.RunAsync(
        tenant, context => Rows(context, tenant).AsNoTracking().SingleOrDefaultAsync(row => row.Id == id, cancellationToken), cancellationToken);

    /// <summary>The bill that an import of this file would meet; null where there is none.</summary>
    public async Task<BillImport> FindEarlierAsync(TenantId tenant, BillFile file, CancellationToken cancellationToken) =>
        await database.RunAsync(tenant, context => FindEarlierAsync(context, tenant, file, cancellationToken), cancellationToken);

    /// <summary>All lines in one transaction. A file, or a bill of the same provider, account and time, that is there already is refused, unless its place is to be taken on purpose.</summary>
    /// <exception cref="TenancyException">The file has errors.</exception>
    public Task<BillImport> ImportAsync(TenantId tenant, BillFile file, BillMapping mapping, string name, bool replaces, Actor actor, CancellationToken cancellationToken)
    {
        if (file.Errors.Count > 0 || file.Lines.Count == 0) throw new TenancyException("A bill with errors is not imported.");
        return database.RunAsync(tenant, async context =>
        {
            await LockAsync(context, tenant, cancellationToken);
            var found = await FindEarlierAsync(context, tenant, file, cancellationToken);
            if (found.IsSameFile || (found.Earlier is not null && !replaces)) return found;
            var bill = new Bill
            {
                TenantId = tenant.Value,
                Id = Guid.NewGuid(),
                Name = Short(name.Length == 0 ? "bill.csv" : name, BillMapping.MaxNameLength),
                Provider = Short(file.Provider, BillConfiguration.MaxReason),
                Account = Short(file.Account, BillConfiguration.MaxReason),
                FromAt = file.From,
                ToAt = file.To,
                Currency = file.Currency,
                Billed = file.Cost,
                Lines = file.Lines.Count,
                Sha256 = file.Sha256,
                Mapping = mapping.ToJson(),
                ImportedAt = clock.GetUtcNow(),
                ImportedBy = Short(actor.Name, BillConfiguration.MaxAuthor),
            };
            if (found.Earlier is { } earlier)
            {
                var old = await Rows(context, tenant).SingleAsync(row => row.Id == earlier.Id, cancellationToken);
                (old.EndedAt, old.EndedBy, old.EndedWhy, old.ReplacedBy) = (bill.ImportedAt, bill.ImportedBy, "another version of it was imported", bill.Id);
                await ReverseAllAsync(context, tenant, old.Id, old.EndedWhy, bill.ImportedBy, cancellationToken);
            }

            context.Add(bill);
            await context.SaveChangesAsync(cancellationToken);
            foreach (var chunk in file.Lines.Chunk(LinesPerInsert))
            {
                context.AddRange(chunk.Select(line => RecordedBillLine.From(tenant.Value, bill.Id, line)));
                await context.SaveChangesAsync(cancellationToken);
                context.ChangeTracker.Clear();
            }

            await AuditTrail.RecordAsync(context, new AuditEntry(actor, AuditActs.BillImported, bill.Id.ToString(), bill.Name) { After = Told(bill), Before = found.Earlier is { } before ? Told(before) : null }, cancellationToken);
            return new BillImport(bill, found.Earlier, false);
        }, cancellationToken);
    }

    /// <summary>It no longer counts, and the adjustments that were accepted from it are taken back. False where there is none, or it ended before.</summary>
    public Task<bool> WithdrawAsync(TenantId tenant, Guid id, string why, Actor actor, CancellationToken cancellationToken) => database.RunAsync(tenant, async context =>
    {
        await LockAsync(context, tenant, cancellationToken);
        if (await Rows(context, tenant).SingleOrDefaultAsync(row => row.Id == id && row.EndedAt == null, cancellationToken) is not { } bill) return false;
        (bill.EndedAt, bill.EndedBy, bill.EndedWhy) = (clock.GetUtcNow(), Short(actor.Name, BillConfiguration.MaxAuthor), Short(why, BillConfiguration.MaxReason));
        await ReverseAllAsync(context, tenant, id, "the bill was withdrawn", bill.EndedBy, cancellationToken);
        await context.SaveChangesAsync(cancellationToken);
        await AuditTrail.RecordAsync(context, new AuditEntry(actor, AuditActs.BillWithdrawn, id.ToString(), bill.Name) { Before = Told(bill), Why = why }, cancellationToken);
        return true;
    }, cancellationToken);

    public async Task<IReadOnlyList<KeptMapping>> MappingsAsync(TenantId tenant, CancellationToken cancellationToken) => await database.RunAsync(
        tenant, context => context.Set<KeptMapping>().AsNoTracking().Where(row => row.TenantId == tenant.Value).OrderBy(row => row.Name).Take(MaxMappings).ToListAsync(cancellationToken), cancellationToken);

    /// <summary>Under its name, in the place of one of that name.</summary>
    /// <exception cref="TenancyException">It cannot be used, or there are too many.</exception>
    public Task<KeptMapping> KeepMappingAsync(TenantId tenant, string name, BillMapping mapping, Actor actor, CancellationToken cancellationToken)
    {
        if (name.Trim().Length is 0 or > BillMapping.MaxNameLength) throw new TenancyException($"Name the mapping in 1 to {BillMapping.MaxNameLength} characters.");
        if (mapping.Problems().FirstOrDefault() is { } problem) throw new TenancyException(problem);
        return database.RunAsync(tenant, async context =>
        {
            await LockAsync(context, tenant, cancellationToken);
            var rows = context.Set<KeptMapping>().Where(row => row.TenantId == tenant.Value);
            var kept = await rows.SingleOrDefaultAsync(row => row.Name == name.Trim(), cancellationToken);
            var before = kept?.Mapping;
            if (kept is null)
            {
                if (await rows.CountAsync(cancellationToken) >= MaxMappings) throw new TenancyException($"There are {MaxMappings} mappings already.");
                kept = new KeptMapping { TenantId = tenant.Value, Id = Guid.NewGuid(), Name = name.Trim(), Mapping = "", ChangedAt = default, ChangedBy = "" };
                context.Add(kept);
            }

            (kept.Mapping, kept.ChangedAt, kept.ChangedBy) = (mapping.ToJson(), clock.GetUtcNow(), Short(actor.Name, BillConfiguration.MaxAuthor));
            await context.SaveChangesAsync(cancellationToken);
            await AuditTrail.RecordAsync(context, new AuditEntry(actor, AuditActs.BillMappingKept, kept.Id.ToString(), kept.Name) { Before = before, After = kept.Mapping }, cancellationToken);
            return kept;
        }, cancellationToken);
    }

    /// <summary>From now on these words of the provider mean this, in every bill.</summary>
    /// <exception cref="TenancyException">There is no model, or there are too many mappings.</exception>
    public Task<SkuMapping> MapWordsAsync(TenantId tenant, string provider, string words, SkuReading meaning, Actor actor, CancellationToken cancellationToken)
    {
        var model = ModelKey.Of(meaning.Model);
        if (model.Length == 0 || words.Length == 0) throw new TenancyException("Name the model that these words mean.");
        return database.RunAsync(tenant, async context =>
        {
            await LockAsync(context, tenant, cancellationToken);
            var rows = context.Set<SkuMapping>().Where(row => row.TenantId == tenant.Value);
            var kept = await rows.SingleOrDefaultAsync(row => row.Provider == provider && row.Words == words, cancellationToken);
            var before = kept is null ? null : new { kept.Model, kept.Meter, kept.Tier, kept.Batch };
            if (kept is null)
            {
                if (await rows.CountAsync(cancellationToken) >= MaxMappings) throw new TenancyException($"There are {MaxMappings} mappings already.");
                kept = new SkuMapping { TenantId = tenant.Value, Id = Guid.NewGuid(), Provider = provider, Words = words, Model = "", Tier = "", Batch = false, ChangedAt = default, ChangedBy = "" };
                context.Add(kept);
            }

            (kept.Model, kept.Meter, kept.Tier, kept.Batch) = (model, meaning.Meter, meaning.Tier, meaning.Batch);
            (kept.ChangedAt, kept.ChangedBy) = (clock.GetUtcNow(), Short(actor.Name, BillConfiguration.MaxAuthor));
            await context.SaveChangesAsync(cancellationToken);
            var entry = new AuditEntry(actor, AuditActs.BillWordsMapped, kept.Id.ToString(), Short(words, 200)) { Before = before, After = new { kept.Provider, kept.Words, kept.Model, kept.Meter, kept.Tier, kept.Batch } };
            await AuditTrail.RecordAsync(context, entry, cancellationToken);
            return kept;
        }, cancellationToken);
    }

    internal static IQueryable<Bill> Rows(FinOpsDbContext context, TenantId tenant) => context.Set<Bill>().Where(row => row.TenantId == tenant.Value);

    /// <summary>One change of a tenant's bills, adjustments and months after the other.</summary>
    internal static Task<int> LockAsync(FinOpsDbContext context, TenantId tenant, CancellationToken cancellationToken) =>
        context.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock(hashtextextended({"bills of " + tenant}, 0))", cancellationToken);

    internal static string Short(string text, int length) => text.Length <= length ? text : text[..length];

    private async Task ReverseAllAsync(FinOpsDbContext context, TenantId tenant, Guid bill, string why, string by, CancellationToken cancellationToken)
    {
        foreach (var adjustment in await Adjustments.InForceAsync(context, tenant, bill, cancellationToken))
            context.Add(await Adjustments.OppositeAsync(context, tenant, adjustment, why, by, clock.GetUtcNow(), cancellationToken));
    }

    private static async Task<BillImport> FindEarlierAsync(FinOpsDbContext context, TenantId tenant, BillFile file, CancellationToken cancellationToken)
    {
        var live = Rows(context, tenant).AsNoTracking().Where(row => row.EndedAt == null);
        if (await live.FirstOrDefaultAsync(row => row.Sha256 == file.Sha256, cancellationToken) is { } same) return new BillImport(null, same, true);
        var (from, to, provider, account) = (file.From, file.To, Short(file.Provider, BillConfiguration.MaxReason), Short(file.Account, BillConfiguration.MaxReason));
        var earlier = await live.OrderByDescending(row => row.ImportedAt).FirstOrDefaultAsync(row => row.Provider == provider && row.Account == account && row.FromAt < to && row.ToAt > from, cancellationToken);
        return new BillImport(null, earlier, false);
    }

    private static object Told(Bill bill) => new
    {
        bill.Provider,
        bill.Account,
        From = bill.FromAt.ToString("O", CultureInfo.InvariantCulture),
        To = bill.ToAt.ToString("O", CultureInfo.InvariantCulture),
        bill.Billed,
        bill.Lines,
        Sha256 = Convert.ToHexStringLower(bill.Sha256),
    };
}
