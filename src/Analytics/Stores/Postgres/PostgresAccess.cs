using FinOps.Analytics.Tenancy;
using Npgsql;

namespace FinOps.Analytics.Stores.Postgres;

/// <summary>
/// The application's own login: made and given its rights by whoever migrates, checked by every process. It owns nothing, so row-level security holds for
/// it. Rights are given anew at each migration, so that one that was given by hand does not stay.
/// </summary>
internal sealed class PostgresAccess(NpgsqlDataSource owner, string appConnectionString)
{
    private const string Everything = "SELECT, INSERT, UPDATE, DELETE";

    /// <summary>Tables on which the application may do less than change everything. What is not listed can be changed, within its policies.</summary>
    private static readonly Dictionary<string, string> Rights = new(StringComparer.Ordinal)
    {
        ["migrations"] = "SELECT",
        // Made by a function, and not deleted in passing: that would take everything of the tenant along.
        ["tenants"] = "SELECT, UPDATE (name)",
        // Written by a function alone, which keeps the chain; nobody changes what it wrote.
        ["audit_entries"] = "SELECT",
        ["audit_heads"] = "SELECT",
        // What stays of a tenant that is gone.
        ["tenant_deletions"] = "SELECT, INSERT, UPDATE",
        // History stays.
        ["access_keys"] = "SELECT, INSERT, UPDATE",
        ["price_catalogues"] = "SELECT, INSERT, UPDATE",
        ["price_changes"] = "SELECT, INSERT, UPDATE",
        ["price_rows"] = "SELECT, INSERT, UPDATE",
        ["price_aliases"] = "SELECT, INSERT, UPDATE",
        ["resource_prices"] = "SELECT, INSERT, UPDATE",
        ["data_store_prices"] = "SELECT, INSERT, UPDATE",
        ["commitments"] = "SELECT, INSERT, UPDATE",
        ["currency_rates"] = "SELECT, INSERT, UPDATE",
        ["data_protection_keys"] = "SELECT, INSERT",
        ["budgets"] = "SELECT, INSERT, UPDATE",
        ["budget_versions"] = "SELECT, INSERT",
        ["adjustments"] = "SELECT, INSERT",
        ["bill_lines"] = "SELECT, INSERT",
        ["bills"] = "SELECT, INSERT, UPDATE",
        ["closed_months"] = "SELECT, INSERT, UPDATE",
        ["policy_versions"] = "SELECT, INSERT, UPDATE",
        ["policy_bundles"] = "SELECT, INSERT, DELETE",
        ["agents"] = "SELECT, INSERT, UPDATE",
        ["gateway_keys"] = "SELECT, INSERT, UPDATE",
        // Agents trust it alone.
        ["bundle_signing_keys"] = "SELECT, INSERT",
        // Without it what it sealed is lost: it goes with its tenant alone.
        ["sample_keys"] = "SELECT, INSERT",
    };

    private readonly NpgsqlConnectionStringBuilder _app = new(appConnectionString);

    private string Login => Quote(_app.Username!);

    /// <summary>Makes the login where it is missing or has another password, then gives it its rights on the application's tables and functions.</summary>
    public async Task EnsureAsync(CancellationToken cancellationToken)
    {
        if (!await CanSignInAsync(cancellationToken)) await MakeLoginAsync(cancellationToken);
        await using var connection = await owner.OpenConnectionAsync(cancellationToken);
        var tables = await ReadAsync(connection, "SELECT relname::text FROM pg_class WHERE relnamespace = 'finops'::regnamespace AND relkind IN ('r', 'p')", cancellationToken);
        var grants = tables.Select(table => $"GRANT {Rights.GetValueOrDefault(table, Everything)} ON finops.{Quote(table)} TO {Login};");
        // One transaction: nobody ever meets a moment without rights.
        await ExecuteAsync(connection, $"""
            BEGIN;
            GRANT CONNECT, TEMPORARY ON DATABASE {Quote(connection.Database)} TO {Login};
            GRANT USAGE ON SCHEMA finops TO {Login};
            REVOKE ALL ON ALL TABLES IN SCHEMA finops FROM {Login};
            {string.Join('\n', grants)}
            GRANT USAGE ON ALL SEQUENCES IN SCHEMA finops TO {Login};
            GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA finops TO {Login};
            COMMIT;
            """, cancellationToken);
    }

    /// <summary>Everything in a schema that holds no tenant's rows: Hangfire's.</summary>
    public async Task AllowSchemaAsync(string schema, CancellationToken cancellationToken)
    {
        await using var connection = await owner.OpenConnectionAsync(cancellationToken);
        await ExecuteAsync(connection, $"""
            BEGIN;
            GRANT USAGE ON SCHEMA {Quote(schema)} TO {Login};
            GRANT {Everything} ON ALL TABLES IN SCHEMA {Quote(schema)} TO {Login};
            GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA {Quote(schema)} TO {Login};
            COMMIT;
            """, cancellationToken);
    }

    /// <summary>Why row-level security would not hold for the login that this source signs in with; null when it holds.</summary>
    public static async Task<string?> FindWeaknessAsync(NpgsqlDataSource app, CancellationToken cancellationToken)
    {
        await using var command = app.CreateCommand("""
            SELECT current_user::text,
                rolsuper OR rolbypassrls,
                EXISTS (SELECT FROM pg_class WHERE relnamespace = 'finops'::regnamespace AND pg_has_role(relowner, 'MEMBER')),
                ARRAY(
                    SELECT relname::text FROM pg_class c
                    WHERE relnamespace = 'finops'::regnamespace AND relkind IN ('r', 'p') AND NOT (relrowsecurity AND relforcerowsecurity)
                        AND (relname = 'tenants' OR EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped)))
            FROM pg_roles WHERE rolname = current_user
            """);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var (login, passes, owns, open) = (reader.GetString(0), reader.GetBoolean(1), reader.GetBoolean(2), reader.GetFieldValue<string[]>(3));
        if (passes) return $"PostgreSQL: the login {login} is a superuser or has BYPASSRLS, so row-level security would not hold for it.";
        if (owns) return $"PostgreSQL: the login {login} owns the tables or is a member of their owner, so row-level security would not hold for it.";
        return open.Length == 0 ? null : $"PostgreSQL: row-level security is not forced on {string.Join(", ", open)}.";
    }

    private async Task<bool> CanSignInAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(_app.ConnectionString) { Pooling = false }.ConnectionString);
            await connection.OpenAsync(cancellationToken);
            return true;
        }
        catch (PostgresException refused) when (refused.SqlState is PostgresErrorCodes.InvalidPassword
            or PostgresErrorCodes.InvalidAuthorizationSpecification or PostgresErrorCodes.InsufficientPrivilege)
        {
            // No such login, another password, or no right to connect yet.
            return false;
        }
    }

    private async Task MakeLoginAsync(CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(_app.Password)) throw new TenancyException($"PostgreSQL refuses the login {_app.Username}, and there is no password in FINOPS_POSTGRES_APP to make it with.");
        await using var connection = await owner.OpenConnectionAsync(cancellationToken);
        var known = await ReadAsync(connection, "SELECT rolname::text FROM pg_roles WHERE rolname = $1", cancellationToken, _app.Username!);
        // As its verifier, so that the password itself stands in no log of the server.
        var verifier = ScramVerifier.Of(_app.Password);
        try
        {
            await ExecuteAsync(connection, known.Count == 0
                ? $"CREATE ROLE {Login} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD '{verifier}'"
                : $"ALTER ROLE {Login} LOGIN PASSWORD '{verifier}'", cancellationToken);
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new TenancyException(
                $"PostgreSQL: the owner may not make the login {_app.Username} ({refused.MessageText}). Make it yourself "
                + $"(CREATE ROLE {Login} LOGIN PASSWORD '...') and give its connection string in FINOPS_POSTGRES_APP.");
        }
    }

    private static async Task<List<string>> ReadAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params string[] parameters)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var parameter in parameters) command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<string> values = [];
        while (await reader.ReadAsync(cancellationToken)) values.Add(reader.GetString(0));
        return values;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
