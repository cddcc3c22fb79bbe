using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace FinOps.Migrations.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class Commitments : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "commitments",
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
                    name = table.Column<string>(type: "character varying(120)", maxLength: 120, nullable: false),
                    kind = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    seller = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: false),
                    host_platform = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: false),
                    models = table.Column<string>(type: "character varying(12900)", maxLength: 12900, nullable: false),
                    period = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    amount = table.Column<decimal>(type: "numeric", nullable: false),
                    currency = table.Column<string>(type: "character varying(3)", maxLength: 3, nullable: false),
                    rate = table.Column<decimal>(type: "numeric", nullable: false),
                    rate_day = table.Column<DateOnly>(type: "date", nullable: false),
                    valid_to = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    author = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: false),
                    reason = table.Column<string>(type: "character varying(1000)", maxLength: 1000, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_commitments", x => new { x.tenant_id, x.id, x.change, x.valid_from });
                    table.CheckConstraint("ck_commitments_amount", "amount > 0 AND amount <= 10000000000");
                    table.CheckConstraint("ck_commitments_rate", "rate > 0 AND rate <= 10000000");
                    table.CheckConstraint("ck_commitments_recorded", "superseded_at IS NULL OR superseded_at >= recorded_at");
                    table.CheckConstraint("ck_commitments_valid", "valid_to IS NULL OR valid_from < valid_to");
                    table.ForeignKey(
                        name: "fk_commitments_tenants_tenant_id",
                        column: x => x.tenant_id,
                        principalSchema: "finops",
                        principalTable: "tenants",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.ProtectTenantTable("commitments");

            // Two commitments of one kind never hold for an equal scope, neither at one time nor in what was believed at any moment. Scopes that only meet are refused by the application, one edit at a time.
            migrationBuilder.Sql("""
                ALTER TABLE finops.commitments ADD CONSTRAINT ex_commitments_overlap EXCLUDE USING gist (
                    tenant_id WITH =, (kind::text) WITH =, (seller::text) WITH =, (host_platform::text) WITH =, (md5(models)) WITH =,
                    (tstzrange(valid_from, valid_to)) WITH &&, (tstzrange(recorded_at, superseded_at)) WITH &&);
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "commitments",
                schema: "finops");
        }
    }
}
