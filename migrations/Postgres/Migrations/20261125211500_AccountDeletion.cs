using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace FinOps.Migrations.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class AccountDeletion : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            // Which tenants have something of a person's, so that each can be emptied within its own walls; nothing else of them. The address is null where nobody proved it.
            migrationBuilder.Sql("""
                CREATE POLICY account_deletion ON finops.memberships FOR SELECT TO CURRENT_USER USING (finops.current_way() = 'account deletion');
                CREATE POLICY account_deletion ON finops.invitations FOR SELECT TO CURRENT_USER USING (finops.current_way() = 'account deletion');
                CREATE POLICY account_deletion ON finops.mail_outbox FOR SELECT TO CURRENT_USER USING (finops.current_way() = 'account deletion');
                CREATE FUNCTION finops.tenants_of_person(person uuid, address text) RETURNS TABLE (tenant_id uuid)
                    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
                $$
                #variable_conflict use_column
                BEGIN
                    PERFORM set_config('finops.way', 'account deletion', true);
                    RETURN QUERY
                        SELECT m.tenant_id FROM finops.memberships AS m WHERE m.user_id = person
                        UNION SELECT i.tenant_id FROM finops.invitations AS i WHERE i.accepted_by = person OR i.email = address
                        UNION SELECT o.tenant_id FROM finops.mail_outbox AS o WHERE o.recipient = address
                        ORDER BY 1;
                    PERFORM set_config('finops.way', '', true);
                END
                $$;
                REVOKE EXECUTE ON FUNCTION finops.tenants_of_person(uuid, text) FROM PUBLIC;
                """);

            // Every table with a user_id that is no tenant's, whatever is added later. With the rights of whoever calls: they open nothing that was closed. Whoever signs in at this
            // moment waits for the person's row and finds it gone.
            migrationBuilder.Sql("""
                CREATE FUNCTION finops.account_tables() RETURNS SETOF text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS
                $$
                    SELECT c.relname::text FROM pg_class AS c
                    WHERE c.relnamespace = 'finops'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
                        AND EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attname = 'user_id' AND NOT a.attisdropped)
                        AND NOT EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped)
                    ORDER BY 1
                $$;

                CREATE FUNCTION finops.account_rows(people uuid[]) RETURNS TABLE (table_name text, present bigint)
                    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS
                $$
                BEGIN
                    FOR table_name IN SELECT * FROM finops.account_tables() LOOP
                        EXECUTE format('SELECT count(*) FROM finops.%I WHERE user_id = ANY ($1)', table_name) INTO present USING people;
                        RETURN NEXT;
                    END LOOP;
                    SELECT count(*) INTO present FROM finops.users AS u WHERE u.id = ANY (people);
                    table_name := 'users';
                    RETURN NEXT;
                END
                $$;

                CREATE FUNCTION finops.delete_accounts(people uuid[]) RETURNS TABLE (table_name text, deleted bigint)
                    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS
                $$
                BEGIN
                    PERFORM FROM finops.users AS u WHERE u.id = ANY (people) ORDER BY u.id FOR UPDATE;
                    FOR table_name IN SELECT * FROM finops.account_tables() LOOP
                        EXECUTE format('DELETE FROM finops.%I WHERE user_id = ANY ($1)', table_name) USING people;
                        GET DIAGNOSTICS deleted = ROW_COUNT;
                        RETURN NEXT;
                    END LOOP;
                    DELETE FROM finops.users AS u WHERE u.id = ANY (people);
                    GET DIAGNOSTICS deleted = ROW_COUNT;
                    table_name := 'users';
                    RETURN NEXT;
                END
                $$;
                REVOKE EXECUTE ON FUNCTION finops.account_tables(), finops.account_rows(uuid[]), finops.delete_accounts(uuid[]) FROM PUBLIC;
                """);

            // As before, but that accounts go by the function above, which tells the rows of each of their tables.
            migrationBuilder.Sql("""
                CREATE OR REPLACE FUNCTION finops.delete_tenant(wanted uuid) RETURNS TABLE (table_name text, deleted bigint)
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
                    RETURN QUERY SELECT a.table_name, a.deleted FROM finops.delete_accounts(people) AS a;
                    PERFORM set_config('finops.way', '', true);
                    PERFORM set_config('finops.tenant', '', true);
                END
                $$;
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder) =>
            throw new System.NotSupportedException("Migrations go forward only: accounts that were deleted do not come back.");
    }
}
