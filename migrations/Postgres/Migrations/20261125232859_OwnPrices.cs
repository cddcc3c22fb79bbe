using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace FinOps.Migrations.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class OwnPrices : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<Guid>(
                name: "project_id",
                schema: "finops",
                table: "price_rows",
                type: "uuid",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "price_aliases",
                schema: "finops",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<long>(type: "bigint", nullable: false),
                    recorded_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    superseded_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    told_provider = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: false),
                    match = table.Column<string>(type: "jsonb", nullable: false),
                    provider = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: false),
                    model = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: false),
                    project_id = table.Column<Guid>(type: "uuid", nullable: true),
                    valid_from = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    valid_to = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    author = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: false),
                    reason = table.Column<string>(type: "character varying(1000)", maxLength: 1000, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_price_aliases", x => new { x.tenant_id, x.id, x.recorded_at });
                    table.CheckConstraint("ck_price_aliases_recorded", "superseded_at IS NULL OR superseded_at >= recorded_at");
                    table.CheckConstraint("ck_price_aliases_valid", "valid_from IS NULL OR valid_to IS NULL OR valid_from < valid_to");
                    table.ForeignKey(
                        name: "fk_price_aliases_projects_tenant_id_project_id",
                        columns: x => new { x.tenant_id, x.project_id },
                        principalSchema: "finops",
                        principalTable: "projects",
                        principalColumns: new[] { "tenant_id", "id" });
                    table.ForeignKey(
                        name: "fk_price_aliases_tenants_tenant_id",
                        column: x => x.tenant_id,
                        principalSchema: "finops",
                        principalTable: "tenants",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "ix_price_rows_tenant_id_project_id",
                schema: "finops",
                table: "price_rows",
                columns: new[] { "tenant_id", "project_id" });

            migrationBuilder.CreateIndex(
                name: "ix_price_aliases_tenant_id_project_id",
                schema: "finops",
                table: "price_aliases",
                columns: new[] { "tenant_id", "project_id" });

            migrationBuilder.AddForeignKey(
                name: "fk_price_rows_projects_tenant_id_project_id",
                schema: "finops",
                table: "price_rows",
                columns: new[] { "tenant_id", "project_id" },
                principalSchema: "finops",
                principalTable: "projects",
                principalColumns: new[] { "tenant_id", "id" });

            migrationBuilder.ProtectTenantTable("price_aliases");

            // A tenant's own prices and aliases never hold twice for the same calls, neither at one time nor in what was believed at any moment. The extension
            // gives the index its equality on plain columns; every PostgreSQL has it, and an owner of the database may make it.
            migrationBuilder.Sql("""
                CREATE EXTENSION IF NOT EXISTS btree_gist;

                ALTER TABLE finops.price_rows ADD CONSTRAINT ex_price_rows_overlap EXCLUDE USING gist (
                    tenant_id WITH =, (coalesce(project_id, '00000000-0000-0000-0000-000000000000'::uuid)) WITH =, provider WITH =, host_platform WITH =, (match::text) WITH =,
                    (meter::text) WITH =, context_start WITH =, service_tier WITH =, (batch::int) WITH =, region WITH =, (variant::text) WITH =,
                    (coalesce(day_start, '24:00'::time)) WITH =, (coalesce(day_end, '24:00'::time)) WITH =,
                    (tstzrange(valid_from, valid_to)) WITH &&, (tstzrange(recorded_at, superseded_at)) WITH &&)
                    WHERE (tenant_id IS NOT NULL);

                ALTER TABLE finops.price_aliases ADD CONSTRAINT ex_price_aliases_overlap EXCLUDE USING gist (
                    tenant_id WITH =, (coalesce(project_id, '00000000-0000-0000-0000-000000000000'::uuid)) WITH =, (told_provider::text) WITH =, (match::text) WITH =,
                    (tstzrange(valid_from, valid_to)) WITH &&, (tstzrange(recorded_at, superseded_at)) WITH &&);

                CREATE POLICY price_book ON finops.price_aliases FOR SELECT USING (finops.current_way() = 'price book');
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder) =>
            throw new NotSupportedException("Migrations go forward only: prices of one project would hold for all.");
    }
}
