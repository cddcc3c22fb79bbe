using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace FinOps.Migrations.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class Audit : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "audit_entries",
                schema: "finops",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    sequence = table.Column<long>(type: "bigint", nullable: false),
                    recorded_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    actor_kind = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    actor_id = table.Column<string>(type: "character varying(500)", maxLength: 500, nullable: false),
                    actor_name = table.Column<string>(type: "character varying(500)", maxLength: 500, nullable: false),
                    act = table.Column<string>(type: "character varying(60)", maxLength: 60, nullable: false),
                    subject_id = table.Column<string>(type: "character varying(500)", maxLength: 500, nullable: false),
                    subject_name = table.Column<string>(type: "character varying(500)", maxLength: 500, nullable: false),
                    before = table.Column<string>(type: "json", nullable: true),
                    after = table.Column<string>(type: "json", nullable: true),
                    why = table.Column<string>(type: "text", nullable: true),
                    address = table.Column<string>(type: "text", nullable: true),
                    previous_hash = table.Column<byte[]>(type: "bytea", nullable: false),
                    hash = table.Column<byte[]>(type: "bytea", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_audit_entries", x => new { x.tenant_id, x.sequence });
                });

            migrationBuilder.CreateTable(
                name: "audit_heads",
                schema: "finops",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    sequence = table.Column<long>(type: "bigint", nullable: false),
                    hash = table.Column<byte[]>(type: "bytea", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_audit_heads", x => x.tenant_id);
                });

            migrationBuilder.CreateIndex(
                name: "ix_audit_entries_tenant_id_recorded_at",
                schema: "finops",
                table: "audit_entries",
                columns: new[] { "tenant_id", "recorded_at" });

            migrationBuilder.ProtectTenantTable("audit_entries");
            migrationBuilder.ProtectTenantTable("audit_heads");

            // The one way to write: it holds the chain's head from here to the end of the transaction, so that links have numbers without gaps and
            // follow on one another. The form that is hashed is told in docs/audit.md, and made a second time by AuditChain to verify it.
            migrationBuilder.Sql("""
                CREATE POLICY audit ON finops.audit_heads TO CURRENT_USER USING (finops.current_way() = 'audit') WITH CHECK (finops.current_way() = 'audit');
                CREATE POLICY audit ON finops.audit_entries FOR INSERT TO CURRENT_USER WITH CHECK (finops.current_way() = 'audit');
                CREATE POLICY audit_read ON finops.audit_entries FOR SELECT TO CURRENT_USER USING (finops.current_way() = 'audit');

                CREATE FUNCTION finops.audit_field(field text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
                    RETURN CASE WHEN field IS NULL THEN '-' ELSE octet_length(convert_to(field, 'UTF8'))::text || ':' || field END || E'\n';

                CREATE FUNCTION finops.append_audit(
                    chain uuid, new_actor_kind text, new_actor_id text, new_actor_name text, new_act text, new_subject_id text, new_subject_name text,
                    new_before text, new_after text, new_why text, new_address text)
                    RETURNS bigint
                    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
                $$
                DECLARE
                    earlier_way text := finops.current_way();
                    head finops.audit_heads%ROWTYPE;
                    next_sequence bigint;
                    next_hash bytea;
                    told_at timestamptz;
                BEGIN
                    -- The zero id is the installation's own chain, which everyone may add to.
                    IF chain IS NULL OR (chain <> '00000000-0000-0000-0000-000000000000' AND chain IS DISTINCT FROM finops.current_tenant()) THEN
                        RAISE EXCEPTION 'The audit chain of another tenant cannot be written to.' USING ERRCODE = 'insufficient_privilege';
                    END IF;
                    PERFORM set_config('finops.way', 'audit', true);
                    INSERT INTO finops.audit_heads (tenant_id, sequence, hash) VALUES (chain, 0, decode(repeat('00', 32), 'hex')) ON CONFLICT (tenant_id) DO NOTHING;
                    SELECT * INTO STRICT head FROM finops.audit_heads AS h WHERE h.tenant_id = chain FOR UPDATE;
                    next_sequence := head.sequence + 1;
                    told_at := clock_timestamp();
                    next_hash := sha256(convert_to(
                        E'finops audit 1\n' || finops.audit_field(chain::text) || finops.audit_field(next_sequence::text)
                        || finops.audit_field((extract(epoch FROM told_at) * 1000000)::bigint::text)
                        || finops.audit_field(new_actor_kind) || finops.audit_field(new_actor_id) || finops.audit_field(new_actor_name)
                        || finops.audit_field(new_act) || finops.audit_field(new_subject_id) || finops.audit_field(new_subject_name)
                        || finops.audit_field(new_before) || finops.audit_field(new_after) || finops.audit_field(new_why) || finops.audit_field(new_address)
                        || finops.audit_field(encode(head.hash, 'hex')), 'UTF8'));
                    INSERT INTO finops.audit_entries
                        (tenant_id, sequence, recorded_at, actor_kind, actor_id, actor_name, act, subject_id, subject_name, before, after, why, address, previous_hash, hash)
                    VALUES (chain, next_sequence, told_at, new_actor_kind, new_actor_id, new_actor_name, new_act, new_subject_id, new_subject_name,
                        new_before::json, new_after::json, new_why, new_address, head.hash, next_hash);
                    UPDATE finops.audit_heads SET sequence = next_sequence, hash = next_hash WHERE tenant_id = chain;
                    PERFORM set_config('finops.way', earlier_way, true);
                    RETURN next_sequence;
                END
                $$;

                CREATE FUNCTION finops.audit_chains() RETURNS TABLE (tenant_id uuid)
                    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
                $$
                #variable_conflict use_column
                BEGIN
                    PERFORM set_config('finops.way', 'audit', true);
                    RETURN QUERY SELECT h.tenant_id FROM finops.audit_heads AS h UNION SELECT e.tenant_id FROM finops.audit_entries AS e;
                    PERFORM set_config('finops.way', '', true);
                END
                $$;

                REVOKE EXECUTE ON FUNCTION finops.append_audit(uuid, text, text, text, text, text, text, text, text, text, text), finops.audit_chains() FROM PUBLIC;
                """);

            // Against mistakes of whoever has more rights than the application; against intent there is the chain.
            migrationBuilder.Sql("""
                CREATE FUNCTION finops.refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS
                $$
                BEGIN
                    RAISE EXCEPTION 'The audit record is append-only.' USING ERRCODE = 'insufficient_privilege';
                END
                $$;
                CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON finops.audit_entries FOR EACH ROW EXECUTE FUNCTION finops.refuse_audit_change();
                CREATE TRIGGER append_only_table BEFORE TRUNCATE ON finops.audit_entries FOR EACH STATEMENT EXECUTE FUNCTION finops.refuse_audit_change();
                CREATE TRIGGER append_only BEFORE DELETE ON finops.audit_heads FOR EACH ROW EXECUTE FUNCTION finops.refuse_audit_change();
                CREATE TRIGGER append_only_table BEFORE TRUNCATE ON finops.audit_heads FOR EACH STATEMENT EXECUTE FUNCTION finops.refuse_audit_change();
                CREATE TRIGGER forward_only BEFORE UPDATE ON finops.audit_heads FOR EACH ROW WHEN (NEW.sequence <> OLD.sequence + 1 OR NEW.tenant_id <> OLD.tenant_id)
                    EXECUTE FUNCTION finops.refuse_audit_change();
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder) =>
            throw new System.NotSupportedException("Migrations go forward only: an audit record that could be taken away would prove nothing.");
    }
}
