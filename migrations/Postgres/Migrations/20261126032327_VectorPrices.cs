using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace FinOps.Migrations.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class VectorPrices : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "data_store_prices",
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
                    system = table.Column<string>(type: "character varying(120)", maxLength: 120, nullable: false),
                    places = table.Column<string>(type: "character varying(120)", maxLength: 120, nullable: false),
                    tier = table.Column<string>(type: "character varying(120)", maxLength: 120, nullable: false),
                    meter = table.Column<string>(type: "character varying(30)", maxLength: 30, nullable: false),
                    price = table.Column<decimal>(type: "numeric", nullable: false),
                    valid_to = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    author = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: false),
                    reason = table.Column<string>(type: "character varying(1000)", maxLength: 1000, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_data_store_prices", x => new { x.tenant_id, x.id, x.change, x.valid_from });
                    table.CheckConstraint("ck_data_store_prices_price", "price >= 0 AND price <= 100000");
                    table.CheckConstraint("ck_data_store_prices_recorded", "superseded_at IS NULL OR superseded_at >= recorded_at");
                    table.CheckConstraint("ck_data_store_prices_valid", "valid_to IS NULL OR valid_from < valid_to");
                    table.ForeignKey(
                        name: "fk_data_store_prices_tenants_tenant_id",
                        column: x => x.tenant_id,
                        principalSchema: "finops",
                        principalTable: "tenants",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.ProtectTenantTable("data_store_prices");

            // Two prices never hold for the same meter of the same places and tier, neither at one time nor in what was believed at any moment.
            migrationBuilder.Sql("""
                ALTER TABLE finops.data_store_prices ADD CONSTRAINT ex_data_store_prices_overlap EXCLUDE USING gist (
                    tenant_id WITH =, (system::text) WITH =, (places::text) WITH =, (tier::text) WITH =, (meter::text) WITH =,
                    (tstzrange(valid_from, valid_to)) WITH &&, (tstzrange(recorded_at, superseded_at)) WITH &&);
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "data_store_prices",
                schema: "finops");
        }
    }
}
