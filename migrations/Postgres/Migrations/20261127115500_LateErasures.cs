using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace FinOps.Migrations.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class LateErasures : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder) =>
            // A job starts those of all tenants again whose own was never started, or gave up. What is done is of nobody's interest there.
            migrationBuilder.Sql("CREATE POLICY late_erasures ON finops.user_erasures FOR SELECT USING (finops.current_way() = 'erasures' AND finished_at IS NULL)");

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder) =>
            throw new NotSupportedException("Migrations go forward only: what nobody finds again would never be erased.");
    }
}
