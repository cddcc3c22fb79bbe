using FinOps.Analytics.Stores.Postgres;
using FinOps.Domain.Tenancy;
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

    /// <param name="search">Part of the name or short name; empty = all.</param>
    /// <param name="page">From 0.</param>
    /// <param name="cancellationToken">Ends the question.</param>
    /// <returns>One more than <see cref="PageSize"/> where there is a further page.</returns>
    public async Task<IReadOnlyList<TenantRow>> ListAsync(string search, int page, CancellationToken cancellationToken)
    {
        await using var command = database.CreateWay(
            "SELECT id, name, slug, created_at, suspended_at, suspended_reason, suspended_by, members, admins, projects, live_keys FROM finops.list_tenants($1, $2, $3, $4)");
        foreach (object value in (object[])[search.Trim(), clock.GetUtcNow().UtcDateTime, PageSize + 1, page * PageSize])
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        List<TenantRow> tenants = [];
        while (await row.ReadAsync(cancellationToken)) tenants.Add(Read(row));
        return tenants;
    }

    /// <summary>From now on nothing of the organisation is taken, answered or shown. False when there is no such organisation; one that is suspended gets the new reason.</summary>
    /// <exception cref="TenancyException">There is no reason, or it is too long.</exception>
    public Task<bool> SuspendAsync(TenantId tenant, string reason, string by, CancellationToken cancellationToken)
    {
        var told = reason.Trim();
        if (told.Length is 0 or > Tenant.MaxReasonLength) throw new TenancyException($"Say why, in 1 to {Tenant.MaxReasonLength} characters: the members read it.");
        return SetAsync(tenant, clock.GetUtcNow().UtcDateTime, told, by, cancellationToken);
    }

    /// <summary>False when there is no such organisation.</summary>
    public Task<bool> ResumeAsync(TenantId tenant, CancellationToken cancellationToken) => SetAsync(tenant, null, null, null, cancellationToken);

    private async Task<bool> SetAsync(TenantId tenant, DateTime? since, string? reason, string? by, CancellationToken cancellationToken)
    {
        await using var command = database.CreateWay("SELECT finops.set_suspension($1, $2, $3, $4)");
        command.Parameters.Add(new NpgsqlParameter { Value = tenant.Value });
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)since ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)reason ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)by ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }

    private static TenantRow Read(NpgsqlDataReader row) => new(
        new TenantId(row.GetGuid(0)), row.GetString(1), row.GetString(2), row.GetFieldValue<DateTimeOffset>(3),
        row.IsDBNull(4) ? null : new TenantSuspension(row.GetFieldValue<DateTimeOffset>(4), row.GetString(5), row.GetString(6)),
        row.GetInt64(7), row.GetInt64(8), row.GetInt64(9), row.GetInt64(10));
}
