using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace FinOps.Migrations.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class ResourcePrices : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "resource_prices",
                schema: "finops",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    change = table.Column<long>(type: "bigint", nullable: false),
                    valid_from = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    superseded_by = table.Column<long>(type: "bigint", nullable: true),
                    recorded_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    superseded_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    accelerator = table.Column<string>(type: "character varying(120)", maxLength: 120, nullable: false),
                    hosts = table.Column<string>(type: "character varying(120)", maxLength: 120, nullable: false),
                    provider = table.Column<string>(type: "character varying(120)", maxLength: 120, nullable: false),
                    region = table.Column<string>(type: "character varying(120)", maxLength: 120, nullable: false),
                    purchase = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    price_per_hour = table.Column<decimal>(type: "numeric", nullable: false),
                    valid_to = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    author = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: false),
                    reason = table.Column<string>(type: "character varying(1000)", maxLength: 1000, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_resource_prices", x => new { x.tenant_id, x.id, x.change, x.valid_from });
                    table.CheckConstraint("ck_resource_prices_price", "price_per_hour >= 0 AND price_per_hour <= 100000");
                    table.CheckConstraint("ck_resource_prices_recorded", "superseded_at IS NULL OR superseded_at >= recorded_at");
                    table.CheckConstraint("ck_resource_prices_valid", "valid_to IS NULL OR valid_from < valid_to");
                    table.ForeignKey(
                        name: "fk_resource_prices_tenants_tenant_id",
                        column: x => x.tenant_id,
                        principalSchema: "finops",
                        principalTable: "tenants",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.ProtectTenantTable("resource_prices");

            // Two prices never hold for the same accelerator on the same hosts, neither at one time nor in what was believed at any moment.
            migrationBuilder.Sql("""
                ALTER TABLE finops.resource_prices ADD CONSTRAINT ex_resource_prices_overlap EXCLUDE USING gist (
                    tenant_id WITH =, (accelerator::text) WITH =, (hosts::text) WITH =,
                    (tstzrange(valid_from, valid_to)) WITH &&, (tstzrange(recorded_at, superseded_at)) WITH &&);
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "resource_prices",
                schema: "finops");
        }
    }
}
