using System.Diagnostics.Metrics;
using System.Globalization;
using System.Security.Cryptography;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Currencies;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Domain.Currencies;
using FinOps.Domain.Pricing;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Prices;

/// <summary>Who changes the book, and why; both stand in its history and in the audit record.</summary>
public sealed record PriceEdit(Actor Actor, string Reason)
{
    /// <summary>Decides and tells what it would do, and changes nothing: the difference that people see before they save.</summary>
    public bool OnlyPreview { get; init; }
}

/// <summary>
/// A tenant's own prices, discounts and aliases: adds, changes and ends them, and takes the last change back. Each edit is one transaction with its
/// <see cref="PriceChange"/> (the book's next version) and an entry of the audit record. Nothing is deleted or rewritten: a row is superseded, and others take
/// its place. Who hands in a row that another has superseded meanwhile gets that change instead of overwriting it.
/// </summary>
public sealed class EditPrices(FinOpsDatabase database, TimeProvider clock, IOptions<PriceOptions> options)
{
    public const int MaxReasonLength = 1_000;

    /// <summary>Rows of one edit.</summary>
    public const int MaxRowsOfAnEdit = 100;

    /// <summary>What stands as the source of a price that a person made.</summary>
    public const string Source = "own price";

    private static readonly System.Diagnostics.Metrics.Meter Metrics = new("FinOps.Analytics.Prices");
    private static readonly Counter<long> Edits = Metrics.CreateCounter<long>("finops.prices.edits", description: "Edits of own prices and aliases");
    private static readonly Counter<long> RefusedEdits = Metrics.CreateCounter<long>("finops.prices.edits_refused", description: "Edits of own prices and aliases that were refused, by outcome");

    public Task<PriceEditResult> AddPriceAsync(TenantId tenant, PriceRow price, PriceEdit edit, CancellationToken cancellationToken) =>
        AddPricesAsync(tenant, [price], edit, cancellationToken);

    /// <summary>All of them, or none. Whose they are and where they come from is set here, and the rate of what was agreed in another currency, where none was given.</summary>
    public Task<PriceEditResult> AddPricesAsync(TenantId tenant, IReadOnlyList<PriceRow> prices, PriceEdit edit, CancellationToken cancellationToken) =>
        RunAsync(tenant, edit, AuditActs.PriceAdded, async (work, context) =>
        {
            if (prices.Count is 0 or > MaxRowsOfAnEdit) return PriceEditResult.Refused($"An edit has 1 to {MaxRowsOfAnEdit} prices.");
            foreach (var price in prices)
            {
                var row = OwnPriceRules.Normal(price with { Tenant = tenant, Source = Source });
                if (OwnPriceRules.FindProblem(row) is { } problem) return PriceEditResult.Refused(problem);
                var (rated, noRate) = await WithRateAsync(context, row, cancellationToken);
                if (rated is null || (noRate = OwnPriceRules.FindProblem(rated)) is not null) return PriceEditResult.Refused(noRate!);
                row = rated;
                if (await ProblemOfProjectAsync(context, row.Project, cancellationToken) is { } noProject) return PriceEditResult.Refused(noProject);
                work.Add(row);
            }

            return null;
        }, cancellationToken);

    /// <summary>Another price under the same conditions, at the same rate where it was agreed in another currency.</summary>
    public Task<PriceEditResult> ChangePriceAsync(TenantId tenant, SeenRow seen, decimal price, DateTimeOffset? from, PriceEdit edit, CancellationToken cancellationToken) =>
        ChangePriceAsync(tenant, seen, price, null, from, edit, cancellationToken);

    /// <summary>Another price under the same conditions.</summary>
    /// <param name="price">USD; of a price that was agreed in another currency, in that one.</param>
    /// <param name="rate">Of a price that was agreed in another currency: what 1 USD is from now on, and the day that it is of. Null = as before.</param>
    /// <param name="from">From this instant on; the old price keeps the time before. Null = a correction: the old one never held.</param>
    public Task<PriceEditResult> ChangePriceAsync(
        TenantId tenant, SeenRow seen, decimal price, DailyRate? rate, DateTimeOffset? from, PriceEdit edit, CancellationToken cancellationToken) =>
        RunAsync(tenant, edit, AuditActs.PriceChanged, async (work, context) =>
        {
            var (old, problem) = await FindPriceAsync(context, seen, cancellationToken);
            if (old is null) return problem;
            if (rate is not null && old.Agreed is null) return PriceEditResult.Refused("A price in USD has no rate.");
            var row = OwnPriceRules.Normal(old.ToRow() with
            {
                Price = price,
                ValidFrom = from ?? old.ValidFrom,
                Agreed = old.Agreed is { } agreed ? agreed with { Amount = price, Rate = rate?.Value ?? agreed.Rate, RateDay = rate?.Day ?? agreed.RateDay } : null,
            });
            if (row.Price == old.Price && row.Agreed == old.Agreed) return PriceEditResult.Refused("That is the price already.");
            if (row.Agreed is { Rate: 0 }) return PriceEditResult.Refused(RateList.FindProblem(0)!);
            if (from is not null && ProblemOfInstant(from.Value, old.ValidFrom, old.ValidTo) is { } outside) return PriceEditResult.Refused(outside);
            if (OwnPriceRules.FindProblem(row) is { } impossible) return PriceEditResult.Refused(impossible);
            work.Supersede(old);
            if (from is not null && row.ValidFrom != old.ValidFrom) work.Add(old.ToRow() with { ValidTo = row.ValidFrom });
            work.Add(row);
            return null;
        }, cancellationToken);

    /// <param name="at">From this instant on the price holds no more. Null = it never held.</param>
    public Task<PriceEditResult> EndPriceAsync(TenantId tenant, SeenRow seen, DateTimeOffset? at, PriceEdit edit, CancellationToken cancellationToken) =>
        RunAsync(tenant, edit, AuditActs.PriceEnded, async (work, context) =>
        {
            var (old, problem) = await FindPriceAsync(context, seen, cancellationToken);
            if (old is null) return problem;
            if (at is not null && ProblemOfInstant(at.Value, old.ValidFrom, old.ValidTo) is { } outside) return PriceEditResult.Refused(outside);
            work.Supersede(old);
            if (at is not null && OwnPriceRules.Normal(old.ToRow() with { ValidTo = at }) is var ended && ended.ValidTo != ended.ValidFrom) work.Add(ended);
            return null;
        }, cancellationToken);

    public Task<PriceEditResult> AddAliasAsync(TenantId tenant, PriceAlias alias, PriceEdit edit, CancellationToken cancellationToken) =>
        RunAsync(tenant, edit, AuditActs.AliasAdded, async (work, context) =>
        {
            var wanted = OwnPriceRules.Normal(alias);
            if (OwnPriceRules.FindProblem(wanted) is { } problem) return PriceEditResult.Refused(problem);
            if (await ProblemOfProjectAsync(context, wanted.Project, cancellationToken) is { } noProject) return PriceEditResult.Refused(noProject);
            if (!await HasPriceAsync(context, wanted, cancellationToken))
                return PriceEditResult.Refused($"{wanted.Provider} has no price of \"{wanted.Model}\". An alias leads to a model of the list or to an own price, never to another alias.");
            work.Add(wanted, BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long))) & long.MaxValue);
            return null;
        }, cancellationToken);

    /// <param name="at">From this instant on the alias holds no more. Null = it never held.</param>
    public Task<PriceEditResult> EndAliasAsync(TenantId tenant, SeenRow seen, DateTimeOffset? at, PriceEdit edit, CancellationToken cancellationToken) =>
        RunAsync(tenant, edit, AuditActs.AliasEnded, async (work, context) =>
        {
            var versions = context.Set<RecordedAlias>().Where(row => row.Id == seen.Id);
            var old = await versions.FirstOrDefaultAsync(row => row.SupersededAt == null && row.RecordedAt == seen.RecordedAt.ToUniversalTime(), cancellationToken);
            if (old is null)
            {
                return !await versions.AnyAsync(cancellationToken)
                    ? new PriceEditResult(PriceEditOutcome.NotFound, "There is no such alias.")
                    : await ConflictAsync(context, await versions.MaxAsync(row => row.SupersededAt ?? row.RecordedAt, cancellationToken), cancellationToken);
            }

            if (at is not null && ProblemOfInstant(at.Value, old.ValidFrom, old.ValidTo) is { } outside) return PriceEditResult.Refused(outside);
            work.Supersede(old);
            if (at is not null && OwnPriceRules.Normal(old.ToAlias() with { ValidTo = at }) is var ended && ended.ValidTo != ended.ValidFrom) work.Add(ended, old.Id);
            return null;
        }, cancellationToken);

    /// <summary>Takes the tenant's last change back: what it superseded is believed again, what it added is not. Undoing an undo brings the change back.</summary>
    /// <param name="change">The last change as it was seen; another one since is a conflict.</param>
    public Task<PriceEditResult> UndoAsync(TenantId tenant, long change, PriceEdit edit, CancellationToken cancellationToken) =>
        RunAsync(tenant, edit, AuditActs.PriceChangeUndone, async (work, context) =>
        {
            var last = await context.Set<PriceChange>().Where(c => c.TenantId == tenant.Value).OrderByDescending(c => c.Id).FirstOrDefaultAsync(cancellationToken);
            if (last is null || last.Id < change) return new PriceEditResult(PriceEditOutcome.NotFound, "There is no such change.");
            if (last.Id != change) return Conflict(last);
            var (prices, aliases) = (await ChangeRows.PricesAsync(context, last, cancellationToken), await ChangeRows.AliasesAsync(context, last, cancellationToken));
            foreach (var row in prices.Where(row => row.RecordedAt == last.ChangedAt)) work.Supersede(row);
            foreach (var row in prices.Where(row => row.SupersededAt == last.ChangedAt && row.RecordedAt != last.ChangedAt)) work.Add(row.ToRow());
            foreach (var row in aliases.Where(row => row.RecordedAt == last.ChangedAt)) work.Supersede(row);
            foreach (var row in aliases.Where(row => row.SupersededAt == last.ChangedAt && row.RecordedAt != last.ChangedAt)) work.Add(row.ToAlias(), row.Id);
            return null;
        }, cancellationToken);

    private async Task<PriceEditResult> RunAsync(
        TenantId tenant, PriceEdit edit, string act, Func<PriceEditWork, FinOpsDbContext, Task<PriceEditResult?>> decide, CancellationToken cancellationToken)
    {
        var reason = edit.Reason.Trim();
        var result = reason.Length is 0 or > MaxReasonLength || reason.Contains('\0', StringComparison.Ordinal)
            ? PriceEditResult.Refused($"Give a reason of at most {MaxReasonLength} characters: it stands in the price's history.")
            : await database.RunAsync(tenant, async context =>
            {
                var now = await PriceBookLock.TakeAsync(context, clock, cancellationToken);
                var work = new PriceEditWork(tenant, now, edit with { Reason = reason });
                return await decide(work, context) ?? await SaveAsync(context, work, act, cancellationToken);
            }, cancellationToken);
        if (edit.OnlyPreview) return result;
        if (result.IsDone) Edits.Add(1, new KeyValuePair<string, object?>("act", act));
        else RefusedEdits.Add(1, new KeyValuePair<string, object?>("outcome", result.Outcome.ToString()));
        return result;
    }

    private async Task<PriceEditResult> SaveAsync(FinOpsDbContext context, PriceEditWork work, string act, CancellationToken cancellationToken)
    {
        var believed = await context.Set<RecordedPrice>().Where(row => row.TenantId == work.Tenant.Value && row.SupersededAt == null).ToListAsync(cancellationToken);
        var aliases = await context.Set<RecordedAlias>().Where(row => row.SupersededAt == null).ToListAsync(cancellationToken);
        if (work.FindOverlap(believed, aliases) is { } overlap) return overlap;
        if (work.Added.Count > 0 && believed.Count - work.Superseded.Count + work.Added.Count > options.Value.MaxOwnPrices)
            return PriceEditResult.Refused(string.Create(CultureInfo.InvariantCulture, $"There may be at most {options.Value.MaxOwnPrices:N0} own prices ({PriceOptions.Section}:{nameof(PriceOptions.MaxOwnPrices)})."));
        if (work.AliasesAdded.Count > 0 && aliases.Count - work.AliasesSuperseded.Count + work.AliasesAdded.Count > options.Value.MaxAliases)
            return PriceEditResult.Refused(string.Create(CultureInfo.InvariantCulture, $"There may be at most {options.Value.MaxAliases:N0} aliases ({PriceOptions.Section}:{nameof(PriceOptions.MaxAliases)})."));

        if (work.IsPreview) return Done(work, bookVersion: 0);
        // First what ends, then what begins: the table refuses two at a time, at any moment.
        work.MarkSuperseded();
        await context.SaveChangesAsync(cancellationToken);
        context.AddRange(work.Added);
        context.AddRange(work.AliasesAdded);
        var change = work.ToChange();
        context.Add(change);
        await context.SaveChangesAsync(cancellationToken);
        await AuditTrail.RecordAsync(context, work.ToEntry(act, change.Id), cancellationToken);
        return Done(work, change.Id);
    }

    private static PriceEditResult Done(PriceEditWork work, long bookVersion) => new(PriceEditOutcome.Done)
    {
        BookVersion = bookVersion,
        Added = work.Added,
        Superseded = work.Superseded,
        AliasesAdded = work.AliasesAdded,
        AliasesSuperseded = work.AliasesSuperseded,
    };

    private static async Task<(RecordedPrice? Row, PriceEditResult? Problem)> FindPriceAsync(FinOpsDbContext context, SeenRow seen, CancellationToken cancellationToken)
    {
        var versions = context.Set<RecordedPrice>().Where(row => row.TenantId != null && row.Id == seen.Id);
        var row = await versions.FirstOrDefaultAsync(row => row.SupersededAt == null && row.RecordedAt == seen.RecordedAt.ToUniversalTime(), cancellationToken);
        if (row is not null) return (row, null);
        if (!await versions.AnyAsync(cancellationToken)) return (null, new PriceEditResult(PriceEditOutcome.NotFound, "There is no such own price."));
        return (null, await ConflictAsync(context, await versions.MaxAsync(row => row.SupersededAt ?? row.RecordedAt, cancellationToken), cancellationToken));
    }

    /// <summary>The change that came first is found by its instant.</summary>
    private static async Task<PriceEditResult> ConflictAsync(FinOpsDbContext context, DateTimeOffset changedAt, CancellationToken cancellationToken) =>
        Conflict(await context.Set<PriceChange>().Where(c => c.TenantId != null && c.ChangedAt == changedAt).OrderBy(c => c.Id).FirstOrDefaultAsync(cancellationToken));

    private static PriceEditResult Conflict(PriceChange? theirs) => new(PriceEditOutcome.Conflict, theirs is null
        ? "It was changed since you looked at it. Look again, then decide."
        : string.Create(CultureInfo.InvariantCulture, $"{theirs.Author} changed it on {theirs.ChangedAt:d MMM yyyy, HH:mm:ss} UTC: \"{theirs.Reason}\". Look again, then decide."))
    {
        Theirs = theirs,
    };

    private static async Task<bool> HasPriceAsync(FinOpsDbContext context, PriceAlias alias, CancellationToken cancellationToken)
    {
        var sellers = await BelievedBook.SellersAsync(context, cancellationToken);
        var rows = await context.Set<RecordedPrice>().AsNoTracking().Where(row => row.SupersededAt == null).ToListAsync(cancellationToken);
        return PriceSnapshot.Create(sellers, rows.ConvertAll(row => row.ToRow()), "").HasPrice(alias.Provider, alias.Model);
    }

    /// <summary>
    /// With the organisation's own rate of the day from which the price holds (today, where it always does), as costs are converted: of that day or of the last one before it, at most <see cref="ExchangeRates.MaxDaysCarried"/> days old.
    /// </summary>
    private async Task<(PriceRow? Row, string? Problem)> WithRateAsync(FinOpsDbContext context, PriceRow row, CancellationToken cancellationToken)
    {
        if (row.Agreed is not { } agreed) return (row, null);
        var day = agreed.RateDay != default ? agreed.RateDay : DateOnly.FromDateTime((row.ValidFrom ?? clock.GetUtcNow()).UtcDateTime);
        if (agreed.Rate != 0) return (OwnPriceRules.Normal(row with { Agreed = agreed with { RateDay = day } }), null);
        var known = await context.Set<RecordedRate>().AsNoTracking().Where(rate => rate.Currency == agreed.Currency && rate.SupersededAt == null && rate.Day <= day && rate.Day >= day.AddDays(-ExchangeRates.MaxDaysCarried))
            .Select(rate => new DailyRate(rate.Day, rate.Rate)).ToListAsync(cancellationToken);
        return new ExchangeRates(agreed.Currency, known).Find(day) is { } found
            ? (OwnPriceRules.Normal(row with { Agreed = agreed with { Rate = found.Value, RateDay = found.Day } }), null)
            : (null, string.Create(CultureInfo.InvariantCulture, $"There is no rate of {agreed.Currency} for {day:yyyy-MM-dd} among your exchange rates: give what 1 USD is, or import rates first."));
    }

    private static async Task<string?> ProblemOfProjectAsync(FinOpsDbContext context, ProjectId? project, CancellationToken cancellationToken) =>
        project is null || await context.Projects.AnyAsync(row => row.Id == project.Value.Value, cancellationToken) ? null : "There is no such project.";

    private static string? ProblemOfInstant(DateTimeOffset at, DateTimeOffset? from, DateTimeOffset? to) =>
        at < from ? "That is before the price begins." : at >= to ? "That is after the price ends." : null;
}
