using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace FinOps.Migrations.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class Leases : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "budget_leased_hours",
                schema: "finops",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    budget_id = table.Column<Guid>(type: "uuid", nullable: false),
                    policy_id = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false),
                    starts_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    hour = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    settled_usd = table.Column<decimal>(type: "numeric", nullable: false),
                    calls = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_budget_leased_hours", x => new { x.tenant_id, x.budget_id, x.policy_id, x.starts_at, x.hour });
                    table.ForeignKey(
                        name: "fk_budget_leased_hours_budgets_tenant_id_budget_id",
                        columns: x => new { x.tenant_id, x.budget_id },
                        principalSchema: "finops",
                        principalTable: "budgets",
                        principalColumns: new[] { "tenant_id", "id" },
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "budget_leases",
                schema: "finops",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    budget_id = table.Column<Guid>(type: "uuid", nullable: false),
                    policy_id = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false),
                    agent_id = table.Column<Guid>(type: "uuid", nullable: false),
                    starts_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    granted_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    expires_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    granted_usd = table.Column<decimal>(type: "numeric", nullable: false),
                    settled_usd = table.Column<decimal>(type: "numeric", nullable: false),
                    calls = table.Column<long>(type: "bigint", nullable: false),
                    returned_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_budget_leases", x => new { x.tenant_id, x.id });
                    table.ForeignKey(
                        name: "fk_budget_leases_agents_tenant_id_agent_id",
                        columns: x => new { x.tenant_id, x.agent_id },
                        principalSchema: "finops",
                        principalTable: "agents",
                        principalColumns: new[] { "tenant_id", "id" },
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "fk_budget_leases_budgets_tenant_id_budget_id",
                        columns: x => new { x.tenant_id, x.budget_id },
                        principalSchema: "finops",
                        principalTable: "budgets",
                        principalColumns: new[] { "tenant_id", "id" },
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "ix_budget_leases_tenant_id_agent_id_expires_at",
                schema: "finops",
                table: "budget_leases",
                columns: new[] { "tenant_id", "agent_id", "expires_at" });

            migrationBuilder.CreateIndex(
                name: "ix_budget_leases_tenant_id_budget_id_expires_at",
                schema: "finops",
                table: "budget_leases",
                columns: new[] { "tenant_id", "budget_id", "expires_at" });

            migrationBuilder.CreateIndex(
                name: "ix_budget_leases_tenant_id_expires_at",
                schema: "finops",
                table: "budget_leases",
                columns: new[] { "tenant_id", "expires_at" });

            migrationBuilder.ProtectTenantTable("budget_leases");
            migrationBuilder.ProtectTenantTable("budget_leased_hours");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder) =>
            throw new NotSupportedException("Migrations go forward only: what gateways hold and settled would be forgotten, and leased again.");
    }
}
