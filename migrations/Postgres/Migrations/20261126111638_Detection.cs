using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace FinOps.Migrations.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class Detection : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "detection_progress",
                schema: "finops",
                columns: table => new
                {
                    watcher = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    read_to = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_detection_progress", x => x.watcher);
                });

            migrationBuilder.CreateTable(
                name: "detection_settings",
                schema: "finops",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    kinds_off = table.Column<string[]>(type: "text[]", nullable: false),
                    mutes = table.Column<string>(type: "jsonb", nullable: false),
                    changed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    changed_by = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_detection_settings", x => x.tenant_id);
                    table.ForeignKey(
                        name: "fk_detection_settings_tenants_tenant_id",
                        column: x => x.tenant_id,
                        principalSchema: "finops",
                        principalTable: "tenants",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "runaway_watches",
                schema: "finops",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false),
                    marks = table.Column<string>(type: "jsonb", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_runaway_watches", x => x.tenant_id);
                    table.ForeignKey(
                        name: "fk_runaway_watches_tenants_tenant_id",
                        column: x => x.tenant_id,
                        principalSchema: "finops",
                        principalTable: "tenants",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            foreach (var table in (string[])["detection_settings", "runaway_watches"]) migrationBuilder.ProtectTenantTable(table);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder) =>
            throw new NotSupportedException("Migrations go forward only: what people muted, and what was told, would be forgotten.");
    }
}
