using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace FinOps.Migrations.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class KeyScopes : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AlterColumn<string>(
                name: "created_by",
                schema: "finops",
                table: "access_keys",
                type: "character varying(500)",
                maxLength: 500,
                nullable: false,
                oldClrType: typeof(string),
                oldType: "character varying(256)",
                oldMaxLength: 256);

            migrationBuilder.AddColumn<string[]>(
                name: "scopes",
                schema: "finops",
                table: "access_keys",
                type: "text[]",
                nullable: false,
                defaultValue: new string[0]);

            migrationBuilder.AddColumn<Guid>(
                name: "successor_id",
                schema: "finops",
                table: "access_keys",
                type: "uuid",
                nullable: true);

            migrationBuilder.CreateIndex(
                name: "ix_access_keys_tenant_id_name",
                schema: "finops",
                table: "access_keys",
                columns: new[] { "tenant_id", "name" });

            // Keys of before scopes could ask everything that there was. An owner who is no superuser is held by row-level security, too: it goes by a way.
            migrationBuilder.Sql("""
                SELECT set_config('finops.way', 'key use', true);
                UPDATE finops.access_keys SET scopes = ARRAY['calls.read', 'costs.read'] WHERE kind = 'Api';
                SELECT set_config('finops.way', '', true);
                """);

            // The look-up tells the name and the scopes, too.
            migrationBuilder.Sql("""
                DROP FUNCTION finops.find_access_key(bytea);
                CREATE FUNCTION finops.find_access_key(token_sha256 bytea)
                    RETURNS TABLE (
                        id uuid, tenant_id uuid, project_id uuid, kind text, name text, prefix text, scopes text[], bound_tags text, expires_at timestamptz,
                        revoked_at timestamptz, hash_key bytea, suspended boolean)
                    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
                $$
                #variable_conflict use_column
                BEGIN
                    PERFORM set_config('finops.way', 'key look-up', true);
                    RETURN QUERY SELECT
                        k.id, k.tenant_id, k.project_id, k.kind::text, k.name::text, k.prefix::text, k.scopes, k.bound_tags::text, k.expires_at, k.revoked_at, t.hash_key,
                        t.suspended_at IS NOT NULL
                    FROM finops.access_keys AS k INNER JOIN finops.tenants AS t ON t.id = k.tenant_id
                    WHERE k.sha256 = token_sha256;
                    PERFORM set_config('finops.way', '', true);
                END
                $$;
                REVOKE EXECUTE ON FUNCTION finops.find_access_key(bytea) FROM PUBLIC;
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder) =>
            throw new System.NotSupportedException("Migrations go forward only: keys would lose what they may.");
    }
}
