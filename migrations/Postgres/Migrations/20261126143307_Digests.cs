using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace FinOps.Migrations.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class Digests : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_mail_outbox_tenant_id",
                schema: "finops",
                table: "mail_outbox");

            migrationBuilder.AddColumn<Guid>(
                name: "member_id",
                schema: "finops",
                table: "mail_outbox",
                type: "uuid",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "digest_subscriptions",
                schema: "finops",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    user_id = table.Column<Guid>(type: "uuid", nullable: false),
                    weekly = table.Column<bool>(type: "boolean", nullable: false),
                    monthly = table.Column<bool>(type: "boolean", nullable: false),
                    time_zone = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false),
                    weekly_told = table.Column<DateOnly>(type: "date", nullable: true),
                    monthly_told = table.Column<DateOnly>(type: "date", nullable: true),
                    asked_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    changed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_digest_subscriptions", x => new { x.tenant_id, x.user_id });
                    table.ForeignKey(
                        name: "fk_digest_subscriptions_memberships_tenant_id_user_id",
                        columns: x => new { x.tenant_id, x.user_id },
                        principalSchema: "finops",
                        principalTable: "memberships",
                        principalColumns: new[] { "tenant_id", "user_id" },
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "ix_mail_outbox_tenant_id_member_id",
                schema: "finops",
                table: "mail_outbox",
                columns: new[] { "tenant_id", "member_id" });

            migrationBuilder.AddForeignKey(
                name: "fk_mail_outbox_memberships_tenant_id_member_id",
                schema: "finops",
                table: "mail_outbox",
                columns: new[] { "tenant_id", "member_id" },
                principalSchema: "finops",
                principalTable: "memberships",
                principalColumns: new[] { "tenant_id", "user_id" },
                onDelete: ReferentialAction.Cascade);

            migrationBuilder.ProtectTenantTable("digest_subscriptions");

            // The job finds out whose morning has come; what it then writes is behind each tenant's own policy.
            migrationBuilder.Sql("CREATE POLICY digests ON finops.digest_subscriptions FOR SELECT USING (finops.current_way() = 'digests')");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder) =>
            throw new NotSupportedException("Migrations go forward only: who gets digests, and which they have got, would be forgotten.");
    }
}
