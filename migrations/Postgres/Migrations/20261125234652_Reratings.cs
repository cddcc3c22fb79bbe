using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace FinOps.Migrations.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class Reratings : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "reratings",
                schema: "finops",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    range_from = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    range_to = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    provider = table.Column<string>(type: "character varying(1000)", maxLength: 1000, nullable: true),
                    model = table.Column<string>(type: "character varying(1000)", maxLength: 1000, nullable: true),
                    reason = table.Column<string>(type: "character varying(1000)", maxLength: 1000, nullable: false),
                    requested_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    requested_by = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: false),
                    book_version = table.Column<long>(type: "bigint", nullable: false),
                    state = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    next_start = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    writes_in_range = table.Column<long>(type: "bigint", nullable: false),
                    writes_done = table.Column<long>(type: "bigint", nullable: false),
                    state_since = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    held_until = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    failures = table.Column<int>(type: "integer", nullable: false),
                    problem = table.Column<string>(type: "character varying(1000)", maxLength: 1000, nullable: false),
                    calls = table.Column<long>(type: "bigint", nullable: false),
                    changed_calls = table.Column<long>(type: "bigint", nullable: false),
                    priced_calls = table.Column<long>(type: "bigint", nullable: false),
                    unpriced_calls = table.Column<long>(type: "bigint", nullable: false),
                    old_cost = table.Column<decimal>(type: "numeric", nullable: false),
                    new_cost = table.Column<decimal>(type: "numeric", nullable: false),
                    moved_calls = table.Column<long>(type: "bigint", nullable: false),
                    applied_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    applied_by = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: true),
                    ended_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    ended_by = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_reratings", x => new { x.tenant_id, x.id });
                    table.ForeignKey(
                        name: "fk_reratings_tenants_tenant_id",
                        column: x => x.tenant_id,
                        principalSchema: "finops",
                        principalTable: "tenants",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "ix_reratings_tenant_id_requested_at",
                schema: "finops",
                table: "reratings",
                columns: new[] { "tenant_id", "requested_at" });

            migrationBuilder.ProtectTenantTable("reratings");

            // A job goes on with those of all tenants whose worker was killed.
            migrationBuilder.Sql("CREATE POLICY reratings ON finops.reratings FOR SELECT USING (finops.current_way() = 'reratings')");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder) =>
            throw new NotSupportedException("Migrations go forward only: which costs were changed, and by whom, would be forgotten.");
    }
}
