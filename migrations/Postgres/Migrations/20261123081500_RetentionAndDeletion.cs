using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace FinOps.Migrations.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class RetentionAndDeletion : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "tenant_retention",
                schema: "finops",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    call_days = table.Column<int>(type: "integer", nullable: false),
                    link_days = table.Column<int>(type: "integer", nullable: false),
                    ingest_event_days = table.Column<int>(type: "integer", nullable: false),
                    resource_sample_days = table.Column<int>(type: "integer", nullable: false),
                    sum_days = table.Column<int>(type: "integer", nullable: false),
                    changed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    changed_by = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_tenant_retention", x => x.tenant_id);
                    table.ForeignKey(
                        name: "fk_tenant_retention_tenants_tenant_id",
                        column: x => x.tenant_id,
                        principalSchema: "finops",
                        principalTable: "tenants",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.ProtectTenantTable("tenant_retention");

            // For the job that removes what tenants keep no longer: whose data goes by which days, and nothing else.
            migrationBuilder.Sql("""
                CREATE POLICY retention_way ON finops.tenants FOR SELECT TO CURRENT_USER USING (finops.current_way() = 'retention');
                CREATE POLICY retention_way ON finops.tenant_retention FOR SELECT TO CURRENT_USER USING (finops.current_way() = 'retention');
                CREATE FUNCTION finops.retention_of_all()
                    RETURNS TABLE (tenant_id uuid, call_days int, link_days int, ingest_event_days int, resource_sample_days int, sum_days int, changed_at timestamptz)
                    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
                $$
                #variable_conflict use_column
                BEGIN
                    PERFORM set_config('finops.way', 'retention', true);
                    RETURN QUERY SELECT t.id, r.call_days, r.link_days, r.ingest_event_days, r.resource_sample_days, r.sum_days, r.changed_at
                    FROM finops.tenants AS t LEFT JOIN finops.tenant_retention AS r ON r.tenant_id = t.id
                    ORDER BY t.id;
                    PERFORM set_config('finops.way', '', true);
                END
                $$;
                REVOKE EXECUTE ON FUNCTION finops.retention_of_all() FROM PUBLIC;
                """);

            migrationBuilder.CreateTable(
                name: "tenant_deletions",
                schema: "finops",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    name = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false),
                    requested_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    requested_by = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: false),
                    step = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false),
                    finished_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    counts = table.Column<string>(type: "json", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_tenant_deletions", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "user_erasures",
                schema: "finops",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    user_value = table.Column<string>(type: "character varying(1000)", maxLength: 1000, nullable: false),
                    deletes_calls = table.Column<bool>(type: "boolean", nullable: false),
                    requested_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    requested_by = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: false),
                    finished_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    counts = table.Column<string>(type: "json", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_user_erasures", x => new { x.tenant_id, x.id });
                    table.ForeignKey(
                        name: "fk_user_erasures_tenants_tenant_id",
                        column: x => x.tenant_id,
                        principalSchema: "finops",
                        principalTable: "tenants",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "ix_tenant_deletions_requested_at",
                schema: "finops",
                table: "tenant_deletions",
                column: "requested_at");

            migrationBuilder.ProtectTenantTable("user_erasures");

            // Every table with a tenant_id, whatever is added later: the tenant that is set for the transaction lets the owner see and delete its rows. Counted before
            // anything goes, because rows of one table take those of others along.
            migrationBuilder.Sql("""
                CREATE FUNCTION finops.delete_tenant(wanted uuid) RETURNS TABLE (table_name text, deleted bigint)
                    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
                $$
                #variable_conflict use_column
                DECLARE
                    tables text[];
                    one text;
                    people uuid[];
                BEGIN
                    IF NOT EXISTS (SELECT FROM finops.tenant_deletions AS d WHERE d.id = wanted) THEN
                        RAISE EXCEPTION 'Nobody asked for the deletion of this tenant.' USING ERRCODE = 'insufficient_privilege';
                    END IF;
                    PERFORM set_config('finops.tenant', wanted::text, true);
                    PERFORM set_config('finops.way', 'tenant deletion', true);
                    SELECT array_agg(c.relname::text ORDER BY c.relname) INTO tables
                    FROM pg_class AS c INNER JOIN pg_attribute AS a ON a.attrelid = c.oid
                    WHERE c.relnamespace = 'finops'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.attname = 'tenant_id' AND NOT a.attisdropped;
                    SELECT array_agg(m.user_id) INTO people FROM finops.memberships AS m WHERE m.tenant_id = wanted;

                    FOREACH one IN ARRAY tables LOOP
                        table_name := one;
                        EXECUTE format('SELECT count(*) FROM finops.%I WHERE tenant_id = $1', one) INTO deleted USING wanted;
                        RETURN NEXT;
                    END LOOP;
                    FOREACH one IN ARRAY tables LOOP
                        EXECUTE format('DELETE FROM finops.%I WHERE tenant_id = $1', one) USING wanted;
                    END LOOP;
                    DELETE FROM finops.tenants AS t WHERE t.id = wanted;
                    GET DIAGNOSTICS deleted = ROW_COUNT;
                    table_name := 'tenants';
                    RETURN NEXT;

                    -- Whether they belong to another tenant, too, is what the way of signing in lets see.
                    PERFORM set_config('finops.way', 'sign-in', true);
                    UPDATE finops.users AS u SET last_tenant_id = NULL WHERE u.last_tenant_id = wanted;
                    SELECT array_agg(u.id) INTO people FROM finops.users AS u
                    WHERE u.id = ANY (people) AND NOT u.is_operator AND NOT EXISTS (SELECT FROM finops.memberships AS m WHERE m.user_id = u.id);
                    SELECT count(*) INTO deleted FROM finops.user_sessions AS s WHERE s.user_id = ANY (people);
                    table_name := 'user_sessions';
                    RETURN NEXT;
                    DELETE FROM finops.users AS u WHERE u.id = ANY (people);
                    GET DIAGNOSTICS deleted = ROW_COUNT;
                    table_name := 'users';
                    RETURN NEXT;
                    PERFORM set_config('finops.way', '', true);
                    PERFORM set_config('finops.tenant', '', true);
                END
                $$;
                REVOKE EXECUTE ON FUNCTION finops.delete_tenant(uuid) FROM PUBLIC;

                CREATE OR REPLACE FUNCTION finops.refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS
                $$
                BEGIN
                    -- A chain goes with its tenant, by the function above alone: the application may delete nothing here itself.
                    IF TG_OP = 'DELETE' AND TG_LEVEL = 'ROW' AND finops.current_way() = 'tenant deletion'
                        AND EXISTS (SELECT FROM finops.tenant_deletions AS d WHERE d.id = OLD.tenant_id) THEN
                        RETURN OLD;
                    END IF;
                    RAISE EXCEPTION 'The audit record is append-only.' USING ERRCODE = 'insufficient_privilege';
                END
                $$;
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder) =>
            throw new NotSupportedException("Migrations go forward only: tenants would keep their data for other times than they have set, and what was deleted does not come back.");
    }
}
