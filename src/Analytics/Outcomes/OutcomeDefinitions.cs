using FinOps.Analytics.Audit;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Outcomes;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;

namespace FinOps.Analytics.Outcomes;

/// <summary>Lists, makes and ends what a tenant counts as outcomes.</summary>
public sealed class OutcomeDefinitions(FinOpsDatabase database, TimeProvider clock)
{
    /// <summary>Definitions of one tenant that go on at once. Default 50: each is looked for in every span of the tenant.</summary>
    public const int MaxGoingOn = 50;

    /// <summary>Ended ones that are listed, the latest first. Default 50.</summary>
    public const int MaxEnded = 50;

    /// <summary>Those that go on by name, then ended ones.</summary>
    public Task<IReadOnlyList<OutcomeDefinition>> ListAsync(TenantId tenant, CancellationToken cancellationToken) => database.RunAsync<IReadOnlyList<OutcomeDefinition>>(tenant, async context =>
    {
        var all = context.Set<OutcomeDefinition>().AsNoTracking().Where(row => row.TenantId == tenant.Value);
        var going = await all.Where(row => row.EndedAt == null).OrderBy(row => row.Name).Take(MaxGoingOn).ToListAsync(cancellationToken);
        var ended = await all.Where(row => row.EndedAt != null).OrderByDescending(row => row.EndedAt).Take(MaxEnded).ToListAsync(cancellationToken);
        return [.. going, .. ended];
    }, cancellationToken);

    /// <summary>Makes one that holds from <see cref="OutcomeRule.ValidFrom"/> on, for what arrives from now on: what arrived before kept none of its attributes.</summary>
    /// <exception cref="TenancyException">It cannot be so, one of its name goes on, or there are <see cref="MaxGoingOn"/>.</exception>
    public Task<OutcomeDefinition> AddAsync(TenantId tenant, OutcomeRule rule, IReadOnlyList<string> features, Actor actor, CancellationToken cancellationToken) => database.RunAsync(tenant, async context =>
    {
        if (FindProblem(rule, features) is { } problem) throw new TenancyException(problem);
        await LockAsync(context, tenant, cancellationToken);
        var going = await context.Set<OutcomeDefinition>().Where(row => row.TenantId == tenant.Value && row.EndedAt == null).Select(row => row.Name).ToListAsync(cancellationToken);
        if (going.Contains(rule.Name)) throw new TenancyException($"\"{rule.Name}\" is defined already. End that definition first, or choose another name.");
        if (going.Count >= MaxGoingOn) throw new TenancyException($"An organisation defines at most {MaxGoingOn} outcomes at once. End one first.");
        var now = Now();
        var row = new OutcomeDefinition
        {
            TenantId = tenant.Value,
            Id = rule.Id,
            Name = rule.Name,
            Source = rule.Source,
            Key = rule.Key,
            EventAttribute = rule.EventAttribute,
            SuccessValues = [.. rule.SuccessValues],
            FailureValues = [.. rule.FailureValues],
            ValueKey = rule.ValueKey,
            Features = [.. features],
            ValidFrom = rule.ValidFrom == DateTimeOffset.MinValue ? now : rule.ValidFrom.ToUniversalTime(),
            MadeAt = now,
            MadeBy = Author(actor),
        };
        context.Add(row);
        await context.SaveChangesAsync(cancellationToken);
        await AuditTrail.RecordAsync(context, new AuditEntry(actor, AuditActs.OutcomeDefined, row.Id.ToString(), row.Name)
        {
            After = new { Source = row.Source.ToString(), row.Key, row.EventAttribute, row.SuccessValues, row.FailureValues, row.ValueKey, row.Features, row.ValidFrom },
        }, cancellationToken);
        return row;
    }, cancellationToken);

    /// <summary>From now on (within seconds) nothing counts by it; what was counted stays. Idempotent. False: the tenant has no such definition.</summary>
    public Task<bool> EndAsync(TenantId tenant, Guid id, Actor actor, CancellationToken cancellationToken) => database.RunAsync(tenant, async context =>
    {
        await LockAsync(context, tenant, cancellationToken);
        var row = await context.Set<OutcomeDefinition>().SingleOrDefaultAsync(one => one.TenantId == tenant.Value && one.Id == id, cancellationToken);
        if (row is null) return false;
        if (row.EndedAt is not null) return true;
        (row.EndedAt, row.EndedBy) = (Now(), Author(actor));
        await context.SaveChangesAsync(cancellationToken);
        await AuditTrail.RecordAsync(context, new AuditEntry(actor, AuditActs.OutcomeEnded, row.Id.ToString(), row.Name), cancellationToken);
        return true;
    }, cancellationToken);

    /// <summary>What is wrong with a definition, for people; null when it can be made.</summary>
    public static string? FindProblem(OutcomeRule rule, IReadOnlyList<string> features)
    {
        if (rule.FindProblem() is { } problem) return problem;
        if (features.Count > OutcomeRule.MaxValues) return $"At most {OutcomeRule.MaxValues} features can lead to an outcome; name none for all calls.";
        return features.Any(feature => feature.Length is 0 or > OutcomeRule.MaxLength) ? $"Features have 1 to {OutcomeRule.MaxLength} characters." : null;
    }

    private static Task LockAsync(FinOpsDbContext context, TenantId tenant, CancellationToken cancellationToken) =>
        context.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock(hashtextextended({"outcomes of " + tenant}, 0))", cancellationToken);

    private static string Author(Actor actor) => actor.Name.Length <= 256 ? actor.Name : actor.Name[..256];

    /// <summary>To the microsecond, as PostgreSQL keeps it.</summary>
    private DateTimeOffset Now()
    {
        var now = clock.GetUtcNow();
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
    }
}
