using Microsoft.EntityFrameworkCore.Migrations;

namespace FinOps.Migrations.Postgres;

/// <summary>How a migration puts a table of tenants' rows behind row-level security. Every table with a <c>tenant_id</c> needs it; a test finds one without.</summary>
internal static class TenantTables
{
    /// <summary>
    /// Rows are seen and written by their own tenant only. Forced, so that it holds for the owner, too: functions that run as the owner pass by policies
    /// of their own, which name their way (docs/isolation.md).
    /// </summary>
    public static void ProtectTenantTable(this MigrationBuilder migration, string table, string tenantColumn = "tenant_id")
    {
        migration.ForceRowLevelSecurity(table);
        migration.Sql($"""
            CREATE POLICY tenant ON finops.{table}
                USING ({tenantColumn} = finops.current_tenant()) WITH CHECK ({tenantColumn} = finops.current_tenant());
            """);
    }

    /// <summary>For tables whose policies a migration writes by hand.</summary>
    public static void ForceRowLevelSecurity(this MigrationBuilder migration, string table) => migration.Sql($"""
        ALTER TABLE finops.{table} ENABLE ROW LEVEL SECURITY;
        ALTER TABLE finops.{table} FORCE ROW LEVEL SECURITY;
        """);
}
