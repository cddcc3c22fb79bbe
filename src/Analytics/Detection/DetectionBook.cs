using FinOps.Analytics.Alerts;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;

namespace FinOps.Analytics.Detection;

/// <summary>A tenant's <see cref="DetectionSettings"/>: read by the jobs, changed by people.</summary>
public sealed class DetectionBook(FinOpsDatabase database, TimeProvider clock)
{
    public Task<DetectionSettings> ReadAsync(TenantId tenant, CancellationToken cancellationToken) =>
        database.RunAsync(tenant, context => ReadAsync(context, tenant, cancellationToken), cancellationToken);

    /// <summary>Puts what <paramref name="change"/> makes of the settings in their place; two that change them at once do so one after the other.</summary>
    /// <exception cref="TenancyException">They cannot be so.</exception>
    public Task<DetectionSettings> ChangeAsync(TenantId tenant, Func<DetectionSettings, DetectionSettings> change, Actor actor, CancellationToken cancellationToken) => database.RunAsync(tenant, async context =>
    {
        await context.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock(hashtextextended({"detection of " + tenant}, 0))", cancellationToken);
        var now = clock.GetUtcNow();
        var row = await context.Set<RecordedDetection>().SingleOrDefaultAsync(one => one.TenantId == tenant.Value, cancellationToken);
        var before = row?.ToSettings() ?? DetectionSettings.Default;
        var after = change(before);
        // What has ended needs no place.
        after = after with { Off = [.. after.Off.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)], Mutes = [.. after.Mutes.Where(mute => mute.Until is not { } until || until > now)] };
        if (after.FindProblem() is { } problem) throw new TenancyException(problem);
        if (before.Off.SequenceEqual(after.Off) && before.Mutes.SequenceEqual(after.Mutes)) return after;
        var author = actor.Name.Length <= DetectionConfiguration.MaxAuthor ? actor.Name : actor.Name[..DetectionConfiguration.MaxAuthor];
        if (row is null) context.Add(new RecordedDetection { TenantId = tenant.Value, KindsOff = [.. after.Off], Mutes = AlertJson.Write(after.Mutes), ChangedAt = Micros(now), ChangedBy = author });
        else (row.KindsOff, row.Mutes, row.ChangedAt, row.ChangedBy) = ([.. after.Off], AlertJson.Write(after.Mutes), Micros(now), author);
        await context.SaveChangesAsync(cancellationToken);
        await AuditTrail.RecordAsync(context, new AuditEntry(actor, AuditActs.DetectionChanged, "detection", "What is told of runaways and anomalies")
        {
            Before = new { before.Off, before.Mutes },
            After = new { after.Off, after.Mutes },
        }, cancellationToken);
        return after;
    }, cancellationToken);

    internal static async Task<DetectionSettings> ReadAsync(FinOpsDbContext context, TenantId tenant, CancellationToken cancellationToken) =>
        (await context.Set<RecordedDetection>().AsNoTracking().SingleOrDefaultAsync(row => row.TenantId == tenant.Value, cancellationToken))?.ToSettings() ?? DetectionSettings.Default;

    /// <summary>To the microsecond, as PostgreSQL keeps it.</summary>
    private static DateTimeOffset Micros(DateTimeOffset now) => now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond)).ToUniversalTime();
}
