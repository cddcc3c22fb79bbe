using FinOps.Analytics.Audit;
using FinOps.Analytics.Deletion;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using NpgsqlTypes;

namespace FinOps.Analytics.Tenancy;

/// <summary>An organisation as whoever runs the installation sees it.</summary>
/// <param name="Suspension">Null while it is not suspended.</param>
/// <param name="LiveKeys">Keys that are neither revoked nor expired.</param>
public sealed record TenantRow(
    TenantId Id, string Name, string Slug, DateTimeOffset CreatedAt, TenantSuspension? Suspension, long Members, long Admins, long Projects, long LiveKeys);

public sealed record TenantSuspension(DateTimeOffset Since, string Reason, string By);

/// <summary>
/// The organisations of this installation, for whoever runs it. Through functions of the owner alone, which tell of each organisation no more than counts and names: row-level
/// security stays closed to the application as before. That an operator asks is the caller's to make sure (<c>installation.manage</c>).
/// </summary>
public sealed class Installations(FinOpsDatabase database, TimeProvider clock)
{
    /// <summary>Organisations of one page. Default 50.</summary>
    public const int PageSize = 50;

    private const string Columns = "SELECT id, name, slug, created_at, suspended_at, suspended_reason, suspended_by, members, admins, projects, live_keys FROM finops.list_tenants($1, $2, $3, $4)";

    /// <param name="search">Part of the name or short name; empty = all.</param>
    /// <param name="page">From 0.</param>
    /// <param name="cancellationToken">Ends the question.</param>
    /// <returns>One more than <see cref="PageSize"/> where there is a further page.</returns>
    public Task<IReadOnlyList<TenantRow>> ListAsync(string search, int page, CancellationToken cancellationToken) =>
        ReadAsync(Columns, [search.Trim(), clock.GetUtcNow().UtcDateTime, PageSize + 1, page * PageSize], cancellationToken);

    /// <summary>The organisation with exactly this short name; null where there is none.</summary>
    public async Task<TenantRow?> FindAsync(string slug, CancellationToken cancellationToken) =>
        await ReadAsync(Columns + " WHERE slug = $1", [slug, clock.GetUtcNow().UtcDateTime, int.MaxValue, 0], cancellationToken) is [var tenant] ? tenant : null;

    private async Task<IReadOnlyList<TenantRow>> ReadAsync(string statement, object[] parameters, CancellationToken cancellationToken)
    {
        await using var command = database.CreateWay(statement);
        foreach (var value in parameters) command.Parameters.Add(new NpgsqlParameter { Value = value });
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        List<TenantRow> tenants = [];
        while (await row.ReadAsync(cancellationToken)) tenants.Add(Read(row));
        return tenants;
    }

    /// <summary>From now on nothing of the organisation is taken, answered or shown. False when there is no such organisation; one that is suspended gets the new reason.</summary>
    /// <exception cref="TenancyException">There is no reason, or it is too long.</exception>
    public Task<bool> SuspendAsync(TenantRow tenant, string reason, Actor actor, CancellationToken cancellationToken)
    {
        var told = reason.Trim();
        if (told.Length is 0 or > Tenant.MaxReasonLength) throw new TenancyException($"Say why, in 1 to {Tenant.MaxReasonLength} characters: the members read it.");
        return SetAsync(tenant, new TenantSuspension(clock.GetUtcNow(), told, actor.Name), actor, cancellationToken);
    }

    /// <summary>False when there is no such organisation.</summary>
    public Task<bool> ResumeAsync(TenantRow tenant, Actor actor, CancellationToken cancellationToken) => SetAsync(tenant, null, actor, cancellationToken);

    /// <summary>Recorded in the organisation's own chain and in the installation's.</summary>
    private Task<bool> SetAsync(TenantRow tenant, TenantSuspension? suspension, Actor actor, CancellationToken cancellationToken) => database.RunAsync(tenant.Id, async context =>
    {
        if (suspension is null && await context.Set<TenantDeletion>().AnyAsync(row => row.Id == tenant.Id.Value, cancellationToken))
            throw new TenancyException($"{tenant.Name} is being deleted.");
        var changed = await context.Database.SqlQueryRaw<bool>(
            """SELECT finops.set_suspension(@tenant, @since, @reason, @author) AS "Value" """,
            new NpgsqlParameter("tenant", tenant.Id.Value),
            new NpgsqlParameter("since", NpgsqlDbType.TimestampTz) { Value = (object?)suspension?.Since.UtcDateTime ?? DBNull.Value },
            new NpgsqlParameter("reason", NpgsqlDbType.Text) { Value = (object?)suspension?.Reason ?? DBNull.Value },
            new NpgsqlParameter("author", NpgsqlDbType.Text) { Value = (object?)suspension?.By ?? DBNull.Value }).SingleAsync(cancellationToken);
        if (!changed) return false;
        var entry = new AuditEntry(actor, suspension is null ? AuditActs.OrganisationResumed : AuditActs.OrganisationSuspended, tenant.Id.ToString(), tenant.Name)
        {
            Before = tenant.Suspension,
            After = suspension,
            Why = suspension?.Reason,
        };
        await AuditTrail.RecordAsync(context, entry, cancellationToken);
        await AuditTrail.RecordForInstallationAsync(context, entry, cancellationToken);
        return true;
    }, cancellationToken);

    private static TenantRow Read(NpgsqlDataReader row) => new(
        new TenantId(row.GetGuid(0)), row.GetString(1), row.GetString(2), row.GetFieldValue<DateTimeOffset>(3),
        row.IsDBNull(4) ? null : new TenantSuspension(row.GetFieldValue<DateTimeOffset>(4), row.GetString(5), row.GetString(6)),
        row.GetInt64(7), row.GetInt64(8), row.GetInt64(9), row.GetInt64(10));
}
