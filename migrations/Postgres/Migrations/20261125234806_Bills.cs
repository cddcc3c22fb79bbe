using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace FinOps.Migrations.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class Bills : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "bill_mappings",
                schema: "finops",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    name = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    mapping = table.Column<string>(type: "jsonb", nullable: false),
                    changed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    changed_by = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_bill_mappings", x => new { x.tenant_id, x.id });
                    table.ForeignKey(
                        name: "fk_bill_mappings_tenants_tenant_id",
                        column: x => x.tenant_id,
                        principalSchema: "finops",
                        principalTable: "tenants",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "bill_skus",
                schema: "finops",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    provider = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false),
                    words = table.Column<string>(type: "text", nullable: false),
                    model = table.Column<string>(type: "character varying(1000)", maxLength: 1000, nullable: false),
                    meter = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: true),
                    tier = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    batch = table.Column<bool>(type: "boolean", nullable: false),
                    changed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    changed_by = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_bill_skus", x => new { x.tenant_id, x.id });
                    table.ForeignKey(
                        name: "fk_bill_skus_tenants_tenant_id",
                        column: x => x.tenant_id,
                        principalSchema: "finops",
                        principalTable: "tenants",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "bills",
                schema: "finops",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    name = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    provider = table.Column<string>(type: "character varying(1000)", maxLength: 1000, nullable: false),
                    account = table.Column<string>(type: "character varying(1000)", maxLength: 1000, nullable: false),
                    from_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    to_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    currency = table.Column<string>(type: "character varying(3)", maxLength: 3, nullable: false),
                    billed = table.Column<decimal>(type: "numeric", nullable: false),
                    lines = table.Column<int>(type: "integer", nullable: false),
                    sha256 = table.Column<byte[]>(type: "bytea", nullable: false),
                    mapping = table.Column<string>(type: "jsonb", nullable: false),
                    imported_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    imported_by = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: false),
                    ended_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    ended_by = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: true),
                    ended_why = table.Column<string>(type: "character varying(1000)", maxLength: 1000, nullable: true),
                    replaced_by = table.Column<Guid>(type: "uuid", nullable: true),
                    reconciled_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    ours = table.Column<decimal>(type: "numeric", nullable: true),
                    rest = table.Column<decimal>(type: "numeric", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_bills", x => new { x.tenant_id, x.id });
                    table.ForeignKey(
                        name: "fk_bills_tenants_tenant_id",
                        column: x => x.tenant_id,
                        principalSchema: "finops",
                        principalTable: "tenants",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "closed_months",
                schema: "finops",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    month = table.Column<DateOnly>(type: "date", nullable: false),
                    state = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    requested_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    requested_by = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: false),
                    closed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    entry_id = table.Column<Guid>(type: "uuid", nullable: false),
                    cost = table.Column<decimal>(type: "numeric", nullable: true),
                    lines = table.Column<int>(type: "integer", nullable: true),
                    unpriced_calls = table.Column<long>(type: "bigint", nullable: true),
                    problem = table.Column<string>(type: "character varying(1000)", maxLength: 1000, nullable: true),
                    compared_through = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    corrections = table.Column<decimal>(type: "numeric", nullable: false),
                    reopened_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    reopened_by = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: true),
                    reopened_why = table.Column<string>(type: "character varying(1000)", maxLength: 1000, nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_closed_months", x => new { x.tenant_id, x.id });
                    table.ForeignKey(
                        name: "fk_closed_months_tenants_tenant_id",
                        column: x => x.tenant_id,
                        principalSchema: "finops",
                        principalTable: "tenants",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "adjustments",
                schema: "finops",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    bill_id = table.Column<Guid>(type: "uuid", nullable: false),
                    date = table.Column<DateOnly>(type: "date", nullable: false),
                    booked_on = table.Column<DateOnly>(type: "date", nullable: false),
                    provider = table.Column<string>(type: "text", nullable: false),
                    model = table.Column<string>(type: "text", nullable: false),
                    meter = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: true),
                    cause = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: true),
                    words = table.Column<string>(type: "text", nullable: false),
                    amount = table.Column<decimal>(type: "numeric", nullable: false),
                    reason = table.Column<string>(type: "character varying(1000)", maxLength: 1000, nullable: false),
                    accepted_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    accepted_by = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: false),
                    reverses = table.Column<Guid>(type: "uuid", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_adjustments", x => new { x.tenant_id, x.id });
                    table.ForeignKey(
                        name: "fk_adjustments_bills_tenant_id_bill_id",
                        columns: x => new { x.tenant_id, x.bill_id },
                        principalSchema: "finops",
                        principalTable: "bills",
                        principalColumns: new[] { "tenant_id", "id" },
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "bill_lines",
                schema: "finops",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    bill_id = table.Column<Guid>(type: "uuid", nullable: false),
                    number = table.Column<int>(type: "integer", nullable: false),
                    from_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    to_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    provider = table.Column<string>(type: "text", nullable: false),
                    sku = table.Column<string>(type: "text", nullable: false),
                    model = table.Column<string>(type: "text", nullable: false),
                    meter = table.Column<string>(type: "text", nullable: false),
                    tier = table.Column<string>(type: "text", nullable: false),
                    region = table.Column<string>(type: "text", nullable: false),
                    account = table.Column<string>(type: "text", nullable: false),
                    quantity = table.Column<decimal>(type: "numeric", nullable: true),
                    unit = table.Column<string>(type: "text", nullable: false),
                    cost = table.Column<decimal>(type: "numeric", nullable: false),
                    is_usage = table.Column<bool>(type: "boolean", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_bill_lines", x => new { x.tenant_id, x.bill_id, x.number });
                    table.ForeignKey(
                        name: "fk_bill_lines_bills_tenant_id_bill_id",
                        columns: x => new { x.tenant_id, x.bill_id },
                        principalSchema: "finops",
                        principalTable: "bills",
                        principalColumns: new[] { "tenant_id", "id" },
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "ix_adjustments_tenant_id_bill_id",
                schema: "finops",
                table: "adjustments",
                columns: new[] { "tenant_id", "bill_id" });

            migrationBuilder.CreateIndex(
                name: "ix_adjustments_tenant_id_booked_on",
                schema: "finops",
                table: "adjustments",
                columns: new[] { "tenant_id", "booked_on" });

            migrationBuilder.CreateIndex(
                name: "ix_adjustments_tenant_id_reverses",
                schema: "finops",
                table: "adjustments",
                columns: new[] { "tenant_id", "reverses" },
                unique: true,
                filter: "reverses IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "ix_bill_mappings_tenant_id_name",
                schema: "finops",
                table: "bill_mappings",
                columns: new[] { "tenant_id", "name" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_bills_tenant_id_sha256",
                schema: "finops",
                table: "bills",
                columns: new[] { "tenant_id", "sha256" },
                unique: true,
                filter: "ended_at IS NULL");

            migrationBuilder.CreateIndex(
                name: "ix_closed_months_tenant_id_month",
                schema: "finops",
                table: "closed_months",
                columns: new[] { "tenant_id", "month" },
                unique: true,
                filter: "state IN ('Closing', 'Closed')");

            foreach (var table in new[] { "bills", "bill_lines", "bill_mappings", "bill_skus", "adjustments", "closed_months" }) migrationBuilder.ProtectTenantTable(table);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder) =>
            throw new NotSupportedException("Migrations go forward only: what was accepted and closed would be gone.");
    }
}
