using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace FinOps.Migrations.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class Accounts : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<long>(
                name: "last_code_step",
                schema: "finops",
                table: "users",
                type: "bigint",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<bool>(
                name: "from_groups",
                schema: "finops",
                table: "memberships",
                type: "boolean",
                nullable: false,
                defaultValue: false);

            migrationBuilder.CreateTable(
                name: "invitations",
                schema: "finops",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    email = table.Column<string>(type: "character varying(254)", maxLength: 254, nullable: false),
                    role = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    teams = table.Column<string[]>(type: "text[]", nullable: true),
                    sha256 = table.Column<byte[]>(type: "bytea", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    created_by = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: false),
                    expires_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    mail_id = table.Column<Guid>(type: "uuid", nullable: true),
                    accepted_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    accepted_by = table.Column<Guid>(type: "uuid", nullable: true),
                    revoked_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_invitations", x => x.id);
                    table.ForeignKey(
                        name: "fk_invitations_tenants_tenant_id",
                        column: x => x.tenant_id,
                        principalSchema: "finops",
                        principalTable: "tenants",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "mail_outbox",
                schema: "finops",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    recipient = table.Column<string>(type: "character varying(254)", maxLength: 254, nullable: false),
                    subject = table.Column<string>(type: "character varying(300)", maxLength: 300, nullable: false),
                    body = table.Column<byte[]>(type: "bytea", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    state = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    tries = table.Column<int>(type: "integer", nullable: false),
                    due_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    ended_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    reason = table.Column<string>(type: "character varying(500)", maxLength: 500, nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_mail_outbox", x => x.id);
                    table.ForeignKey(
                        name: "fk_mail_outbox_tenants_tenant_id",
                        column: x => x.tenant_id,
                        principalSchema: "finops",
                        principalTable: "tenants",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "user_sessions",
                schema: "finops",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    user_id = table.Column<Guid>(type: "uuid", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    last_seen_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    expires_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    address = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false),
                    device = table.Column<string>(type: "character varying(400)", maxLength: 400, nullable: false),
                    method = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_user_sessions", x => x.id);
                    table.ForeignKey(
                        name: "fk_user_sessions_users_user_id",
                        column: x => x.user_id,
                        principalSchema: "finops",
                        principalTable: "users",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "ix_invitations_email",
                schema: "finops",
                table: "invitations",
                column: "email");

            migrationBuilder.CreateIndex(
                name: "ix_invitations_sha256",
                schema: "finops",
                table: "invitations",
                column: "sha256",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_invitations_tenant_id_email",
                schema: "finops",
                table: "invitations",
                columns: new[] { "tenant_id", "email" },
                unique: true,
                filter: "accepted_at IS NULL AND revoked_at IS NULL");

            migrationBuilder.CreateIndex(
                name: "ix_mail_outbox_due_at",
                schema: "finops",
                table: "mail_outbox",
                column: "due_at",
                filter: "state = 'Waiting'");

            migrationBuilder.CreateIndex(
                name: "ix_mail_outbox_tenant_id",
                schema: "finops",
                table: "mail_outbox",
                column: "tenant_id");

            migrationBuilder.CreateIndex(
                name: "ix_user_sessions_expires_at",
                schema: "finops",
                table: "user_sessions",
                column: "expires_at");

            migrationBuilder.CreateIndex(
                name: "ix_user_sessions_user_id_last_seen_at",
                schema: "finops",
                table: "user_sessions",
                columns: new[] { "user_id", "last_seen_at" });

            migrationBuilder.ProtectTenantTable("invitations");
            migrationBuilder.ProtectTenantTable("mail_outbox");

            // The sender of mails works on the mails of all tenants, and on nothing else.
            migrationBuilder.Sql("""
                CREATE POLICY mail ON finops.mail_outbox USING (finops.current_way() = 'mail') WITH CHECK (finops.current_way() = 'mail');
                """);

            // Further ways through for the application, each a function of the owner (docs/isolation.md). A token, or an address that somebody proved, is
            // what leads to a tenant here.
            migrationBuilder.Sql("""
                CREATE POLICY invitation ON finops.invitations FOR SELECT TO CURRENT_USER USING (finops.current_way() = 'invitation');
                CREATE POLICY invitation ON finops.tenants FOR SELECT TO CURRENT_USER USING (finops.current_way() = 'invitation');
                CREATE FUNCTION finops.find_invitation(token_sha256 bytea)
                    RETURNS TABLE (
                        id uuid, tenant_id uuid, name text, email text, role text, expires_at timestamptz, accepted_at timestamptz, revoked_at timestamptz, mailed boolean)
                    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
                $$
                #variable_conflict use_column
                BEGIN
                    PERFORM set_config('finops.way', 'invitation', true);
                    RETURN QUERY SELECT i.id, i.tenant_id, t.name::text, i.email::text, i.role::text, i.expires_at, i.accepted_at, i.revoked_at, i.mail_id IS NOT NULL
                    FROM finops.invitations AS i INNER JOIN finops.tenants AS t ON t.id = i.tenant_id
                    WHERE i.sha256 = token_sha256;
                    PERFORM set_config('finops.way', '', true);
                END
                $$;
                CREATE FUNCTION finops.open_invitations_of(address text)
                    RETURNS TABLE (
                        id uuid, tenant_id uuid, name text, email text, role text, expires_at timestamptz, accepted_at timestamptz, revoked_at timestamptz, mailed boolean)
                    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
                $$
                #variable_conflict use_column
                BEGIN
                    PERFORM set_config('finops.way', 'invitation', true);
                    RETURN QUERY SELECT i.id, i.tenant_id, t.name::text, i.email::text, i.role::text, i.expires_at, i.accepted_at, i.revoked_at, i.mail_id IS NOT NULL
                    FROM finops.invitations AS i INNER JOIN finops.tenants AS t ON t.id = i.tenant_id
                    WHERE i.email = address AND i.accepted_at IS NULL AND i.revoked_at IS NULL AND i.expires_at > now();
                    PERFORM set_config('finops.way', '', true);
                END
                $$;

                CREATE POLICY group_mapping ON finops.tenants FOR SELECT TO CURRENT_USER USING (finops.current_way() = 'group mapping');
                CREATE FUNCTION finops.find_tenants(slugs text[]) RETURNS TABLE (slug text, id uuid)
                    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
                $$
                #variable_conflict use_column
                BEGIN
                    PERFORM set_config('finops.way', 'group mapping', true);
                    RETURN QUERY SELECT t.slug::text, t.id FROM finops.tenants AS t WHERE t.slug = ANY (slugs);
                    PERFORM set_config('finops.way', '', true);
                END
                $$;

                REVOKE EXECUTE ON FUNCTION finops.find_invitation(bytea), finops.open_invitations_of(text), finops.find_tenants(text[]) FROM PUBLIC;
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder) =>
            throw new System.NotSupportedException("Migrations go forward only.");
    }
}
