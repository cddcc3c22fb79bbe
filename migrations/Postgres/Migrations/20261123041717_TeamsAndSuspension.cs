using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace FinOps.Migrations.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class TeamsAndSuspension : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<Guid>(
                name: "last_tenant_id",
                schema: "finops",
                table: "users",
                type: "uuid",
                nullable: true);

            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "suspended_at",
                schema: "finops",
                table: "tenants",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "suspended_by",
                schema: "finops",
                table: "tenants",
                type: "character varying(256)",
                maxLength: 256,
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "suspended_reason",
                schema: "finops",
                table: "tenants",
                type: "character varying(500)",
                maxLength: 500,
                nullable: true);

            migrationBuilder.AddColumn<string[]>(
                name: "teams",
                schema: "finops",
                table: "memberships",
                type: "text[]",
                nullable: true);

            migrationBuilder.AddCheckConstraint(
                name: "ck_memberships_teams",
                schema: "finops",
                table: "memberships",
                sql: "teams IS NULL OR (cardinality(teams) > 0 AND role <> 'Admin')");

            // The functions tell more now: a place among the members with its teams, a suspended tenant with its reason.
            migrationBuilder.Sql("""
                DROP FUNCTION finops.memberships_of(uuid);
                CREATE FUNCTION finops.memberships_of(member uuid)
                    RETURNS TABLE (tenant_id uuid, name text, role text, teams text[], suspension text, created_at timestamptz)
                    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
                $$
                #variable_conflict use_column
                BEGIN
                    PERFORM set_config('finops.way', 'sign-in', true);
                    RETURN QUERY SELECT m.tenant_id, t.name::text, m.role::text, m.teams, CASE WHEN t.suspended_at IS NOT NULL THEN t.suspended_reason::text END, m.created_at
                    FROM finops.memberships AS m INNER JOIN finops.tenants AS t ON t.id = m.tenant_id
                    WHERE m.user_id = member;
                    PERFORM set_config('finops.way', '', true);
                END
                $$;

                CREATE FUNCTION finops.standing_of(member uuid, wanted_tenant uuid)
                    RETURNS TABLE (security_stamp text, is_operator boolean, tenant_id uuid, name text, role text, teams text[], suspension text)
                    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
                $$
                #variable_conflict use_column
                BEGIN
                    PERFORM set_config('finops.way', 'sign-in', true);
                    RETURN QUERY SELECT u.security_stamp::text, u.is_operator, m.tenant_id, t.name::text, m.role::text, m.teams,
                        CASE WHEN t.suspended_at IS NOT NULL THEN t.suspended_reason::text END
                    FROM finops.users AS u
                    LEFT JOIN finops.memberships AS m ON m.user_id = u.id AND m.tenant_id = wanted_tenant
                    LEFT JOIN finops.tenants AS t ON t.id = m.tenant_id
                    WHERE u.id = member;
                    PERFORM set_config('finops.way', '', true);
                END
                $$;

                DROP FUNCTION finops.find_access_key(bytea);
                CREATE FUNCTION finops.find_access_key(token_sha256 bytea)
                    RETURNS TABLE (
                        id uuid, tenant_id uuid, project_id uuid, kind text, prefix text, bound_tags text, expires_at timestamptz, revoked_at timestamptz, hash_key bytea,
                        suspended boolean)
                    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
                $$
                #variable_conflict use_column
                BEGIN
                    PERFORM set_config('finops.way', 'key look-up', true);
                    RETURN QUERY SELECT k.id, k.tenant_id, k.project_id, k.kind::text, k.prefix::text, k.bound_tags::text, k.expires_at, k.revoked_at, t.hash_key,
                        t.suspended_at IS NOT NULL
                    FROM finops.access_keys AS k INNER JOIN finops.tenants AS t ON t.id = k.tenant_id
                    WHERE k.sha256 = token_sha256;
                    PERFORM set_config('finops.way', '', true);
                END
                $$;

                CREATE POLICY operators_way ON finops.tenants TO CURRENT_USER USING (finops.current_way() = 'operator') WITH CHECK (finops.current_way() = 'operator');
                CREATE POLICY operators_way ON finops.memberships FOR SELECT TO CURRENT_USER USING (finops.current_way() = 'operator');
                CREATE POLICY operators_way ON finops.projects FOR SELECT TO CURRENT_USER USING (finops.current_way() = 'operator');
                CREATE POLICY operators_way ON finops.access_keys FOR SELECT TO CURRENT_USER USING (finops.current_way() = 'operator');
                CREATE FUNCTION finops.list_tenants(search text, asked_at timestamptz, most int, skipped int)
                    RETURNS TABLE (
                        id uuid, name text, slug text, created_at timestamptz, suspended_at timestamptz, suspended_reason text, suspended_by text,
                        members bigint, admins bigint, projects bigint, live_keys bigint)
                    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
                $$
                #variable_conflict use_column
                BEGIN
                    PERFORM set_config('finops.way', 'operator', true);
                    RETURN QUERY SELECT t.id, t.name::text, t.slug::text, t.created_at, t.suspended_at, t.suspended_reason::text, t.suspended_by::text,
                        (SELECT count(*) FROM finops.memberships AS m WHERE m.tenant_id = t.id),
                        (SELECT count(*) FROM finops.memberships AS m WHERE m.tenant_id = t.id AND m.role = 'Admin'),
                        (SELECT count(*) FROM finops.projects AS p WHERE p.tenant_id = t.id),
                        (SELECT count(*) FROM finops.access_keys AS k WHERE k.tenant_id = t.id AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > asked_at))
                    FROM finops.tenants AS t
                    WHERE strpos(lower(t.name), lower(search)) > 0 OR strpos(t.slug, lower(search)) > 0
                    ORDER BY lower(t.name), t.id
                    LIMIT most OFFSET skipped;
                    PERFORM set_config('finops.way', '', true);
                END
                $$;

                CREATE FUNCTION finops.set_suspension(wanted_tenant uuid, since timestamptz, reason text, author text) RETURNS boolean
                    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
                $$
                DECLARE changed bigint;
                BEGIN
                    PERFORM set_config('finops.way', 'operator', true);
                    UPDATE finops.tenants SET suspended_at = since, suspended_reason = reason, suspended_by = author WHERE id = wanted_tenant;
                    GET DIAGNOSTICS changed = ROW_COUNT;
                    PERFORM set_config('finops.way', '', true);
                    RETURN changed = 1;
                END
                $$;

                REVOKE EXECUTE ON FUNCTION
                    finops.find_access_key(bytea), finops.memberships_of(uuid), finops.standing_of(uuid, uuid), finops.list_tenants(text, timestamptz, int, int),
                    finops.set_suspension(uuid, timestamptz, text, text) FROM PUBLIC;
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder) =>
            throw new System.NotSupportedException("Migrations go forward only: a member who is limited to teams would see everything.");
    }
}
