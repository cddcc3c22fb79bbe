using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace FinOps.Migrations.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class Samples : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<int>(
                name: "call_sample_days",
                schema: "finops",
                table: "tenant_retention",
                type: "integer",
                nullable: false,
                // What held for samples before anybody could set it: the installation's default.
                defaultValue: 30);

            migrationBuilder.CreateTable(
                name: "project_sampling",
                schema: "finops",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    project_id = table.Column<Guid>(type: "uuid", nullable: false),
                    per_mille = table.Column<int>(type: "integer", nullable: false),
                    changed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    changed_by = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_project_sampling", x => new { x.tenant_id, x.project_id });
                    table.ForeignKey(
                        name: "fk_project_sampling_projects_tenant_id_project_id",
                        columns: x => new { x.tenant_id, x.project_id },
                        principalSchema: "finops",
                        principalTable: "projects",
                        principalColumns: new[] { "tenant_id", "id" },
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "sample_keys",
                schema: "finops",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    protected_key = table.Column<byte[]>(type: "bytea", nullable: false),
                    made_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_sample_keys", x => new { x.tenant_id, x.id });
                    table.ForeignKey(
                        name: "fk_sample_keys_tenants_tenant_id",
                        column: x => x.tenant_id,
                        principalSchema: "finops",
                        principalTable: "tenants",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.ProtectTenantTable("project_sampling");
            migrationBuilder.ProtectTenantTable("sample_keys");

            // The front door follows which projects of all tenants keep samples, with the keys, which are encrypted, in one question.
            migrationBuilder.Sql("""
                CREATE POLICY samples ON finops.project_sampling FOR SELECT USING (finops.current_way() = 'samples');
                CREATE POLICY samples ON finops.sample_keys FOR SELECT USING (finops.current_way() = 'samples');

                DROP FUNCTION finops.retention_of_all();
                CREATE FUNCTION finops.retention_of_all()
                    RETURNS TABLE (
                        tenant_id uuid, call_days int, link_days int, ingest_event_days int, resource_sample_days int, sum_days int, call_sample_days int, changed_at timestamptz)
                    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
                $$
                #variable_conflict use_column
                BEGIN
                    PERFORM set_config('finops.way', 'retention', true);
                    RETURN QUERY SELECT t.id, r.call_days, r.link_days, r.ingest_event_days, r.resource_sample_days, r.sum_days, r.call_sample_days, r.changed_at
                    FROM finops.tenants AS t LEFT JOIN finops.tenant_retention AS r ON r.tenant_id = t.id
                    ORDER BY t.id;
                    PERFORM set_config('finops.way', '', true);
                END
                $$;
                REVOKE EXECUTE ON FUNCTION finops.retention_of_all() FROM PUBLIC;
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder) =>
            throw new NotSupportedException("Migrations go forward only: what was sealed could never be opened again without the keys.");
    }
}
