using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace FinOps.Migrations.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class LeaseRequests : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<decimal>(
                name: "left_usd",
                schema: "finops",
                table: "budget_leases",
                type: "numeric",
                nullable: true);

            migrationBuilder.AddColumn<Guid>(
                name: "request_id",
                schema: "finops",
                table: "budget_leases",
                type: "uuid",
                nullable: true);

            migrationBuilder.CreateIndex(
                name: "ix_budget_leases_request",
                schema: "finops",
                table: "budget_leases",
                columns: new[] { "tenant_id", "agent_id", "budget_id", "policy_id", "request_id" },
                unique: true,
                filter: "request_id IS NOT NULL");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder) =>
            throw new NotSupportedException("Migrations go forward only: a request that is repeated would be granted twice.");
    }
}
