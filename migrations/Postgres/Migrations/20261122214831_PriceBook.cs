using System;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

#nullable disable

namespace FinOps.Migrations.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class PriceBook : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "price_catalogues",
                schema: "finops",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    source = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false),
                    version = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    imported_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    sha256 = table.Column<byte[]>(type: "bytea", nullable: false),
                    providers = table.Column<string>(type: "jsonb", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_price_catalogues", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "price_changes",
                schema: "finops",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    changed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: true),
                    catalogue_id = table.Column<long>(type: "bigint", nullable: true),
                    author = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: false),
                    reason = table.Column<string>(type: "character varying(1000)", maxLength: 1000, nullable: false),
                    rows_added = table.Column<int>(type: "integer", nullable: false),
                    rows_superseded = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_price_changes", x => x.id);
                    table.ForeignKey(
                        name: "fk_price_changes_price_catalogues_catalogue_id",
                        column: x => x.catalogue_id,
                        principalSchema: "finops",
                        principalTable: "price_catalogues",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_price_changes_tenants_tenant_id",
                        column: x => x.tenant_id,
                        principalSchema: "finops",
                        principalTable: "tenants",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "price_rows",
                schema: "finops",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false),
                    recorded_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    superseded_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    catalogue_id = table.Column<long>(type: "bigint", nullable: true),
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: true),
                    source = table.Column<string>(type: "text", nullable: false),
                    provider = table.Column<string>(type: "text", nullable: false),
                    host_platform = table.Column<string>(type: "text", nullable: false),
                    model = table.Column<string>(type: "text", nullable: false),
                    model_name = table.Column<string>(type: "text", nullable: false),
                    ordinal = table.Column<int>(type: "integer", nullable: false),
                    match = table.Column<string>(type: "jsonb", nullable: false),
                    context_window = table.Column<long>(type: "bigint", nullable: false),
                    deprecated = table.Column<bool>(type: "boolean", nullable: false),
                    meter = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    unit = table.Column<string>(type: "text", nullable: false),
                    unit_size = table.Column<decimal>(type: "numeric", nullable: false),
                    price = table.Column<decimal>(type: "numeric", nullable: false),
                    context_start = table.Column<long>(type: "bigint", nullable: false),
                    service_tier = table.Column<string>(type: "text", nullable: false),
                    batch = table.Column<bool>(type: "boolean", nullable: false),
                    region = table.Column<string>(type: "text", nullable: false),
                    day_start = table.Column<TimeOnly>(type: "time", nullable: true),
                    day_end = table.Column<TimeOnly>(type: "time", nullable: true),
                    valid_from = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    valid_to = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_price_rows", x => new { x.id, x.recorded_at });
                    table.CheckConstraint("ck_price_rows_day", "(day_start IS NULL) = (day_end IS NULL)");
                    table.CheckConstraint("ck_price_rows_price", "price >= 0 AND price <= 1000000");
                    table.CheckConstraint("ck_price_rows_recorded", "superseded_at IS NULL OR superseded_at >= recorded_at");
                    table.CheckConstraint("ck_price_rows_unit_size", "unit_size > 0");
                    table.CheckConstraint("ck_price_rows_valid", "valid_from IS NULL OR valid_to IS NULL OR valid_from < valid_to");
                    table.ForeignKey(
                        name: "fk_price_rows_price_catalogues_catalogue_id",
                        column: x => x.catalogue_id,
                        principalSchema: "finops",
                        principalTable: "price_catalogues",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_price_rows_tenants_tenant_id",
                        column: x => x.tenant_id,
                        principalSchema: "finops",
                        principalTable: "tenants",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "ix_price_changes_catalogue_id",
                schema: "finops",
                table: "price_changes",
                column: "catalogue_id");

            migrationBuilder.CreateIndex(
                name: "ix_price_changes_tenant_id",
                schema: "finops",
                table: "price_changes",
                column: "tenant_id");

            migrationBuilder.CreateIndex(
                name: "ix_price_rows_catalogue_id",
                schema: "finops",
                table: "price_rows",
                column: "catalogue_id");

            migrationBuilder.CreateIndex(
                name: "ix_price_rows_id",
                schema: "finops",
                table: "price_rows",
                column: "id",
                unique: true,
                filter: "superseded_at IS NULL AND tenant_id IS NULL");

            migrationBuilder.CreateIndex(
                name: "ix_price_rows_provider_model",
                schema: "finops",
                table: "price_rows",
                columns: new[] { "provider", "model" });

            migrationBuilder.CreateIndex(
                name: "ix_price_rows_tenant_id_id",
                schema: "finops",
                table: "price_rows",
                columns: new[] { "tenant_id", "id" },
                unique: true,
                filter: "superseded_at IS NULL AND tenant_id IS NOT NULL");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "price_changes",
                schema: "finops");

            migrationBuilder.DropTable(
                name: "price_rows",
                schema: "finops");

            migrationBuilder.DropTable(
                name: "price_catalogues",
                schema: "finops");
        }
    }
}
