using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace FinOps.Migrations.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class Outcomes : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "outcome_definitions",
                schema: "finops",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    name = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false),
                    source = table.Column<int>(type: "integer", nullable: false),
                    key = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false),
                    event_attribute = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false),
                    success_values = table.Column<string[]>(type: "text[]", nullable: false),
                    failure_values = table.Column<string[]>(type: "text[]", nullable: false),
                    value_key = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false),
                    features = table.Column<string[]>(type: "text[]", nullable: false),
                    valid_from = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    made_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    made_by = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: false),
                    ended_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    ended_by = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_outcome_definitions", x => new { x.tenant_id, x.id });
                    table.ForeignKey(
                        name: "fk_outcome_definitions_tenants_tenant_id",
                        column: x => x.tenant_id,
                        principalSchema: "finops",
                        principalTable: "tenants",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "ix_outcome_definitions_tenant_id_name",
                schema: "finops",
                table: "outcome_definitions",
                columns: new[] { "tenant_id", "name" },
                unique: true,
                filter: "ended_at IS NULL");

            migrationBuilder.ProtectTenantTable("outcome_definitions");

            // The front door follows what tenants count as outcomes, in one question.
            migrationBuilder.Sql("CREATE POLICY outcomes ON finops.outcome_definitions FOR SELECT USING (finops.current_way() = 'outcomes');");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder) =>
            throw new NotSupportedException("Migrations go forward only: without its definition nobody knows what an outcome meant.");
    }
}
