using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace FinOps.Migrations.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class RowLevelSecurity : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<bool>(
                name: "is_operator",
                schema: "finops",
                table: "users",
                type: "boolean",
                nullable: false,
                defaultValue: false);

            // A setting that was local to an earlier transaction of the same connection reads as '', one that never was as NULL.
            migrationBuilder.Sql("""
                CREATE FUNCTION finops.current_tenant() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
                    RETURN nullif(current_setting('finops.tenant', true), '')::uuid;
                CREATE FUNCTION finops.current_way() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
                    RETURN coalesce(current_setting('finops.way', true), '');
                """);

            migrationBuilder.ProtectTenantTable("tenants", tenantColumn: "id");
            migrationBuilder.ProtectTenantTable("projects");
            migrationBuilder.ProtectTenantTable("memberships");
            migrationBuilder.ProtectTenantTable("access_keys");
            migrationBuilder.ProtectTenantTable("price_changes");
            migrationBuilder.ProtectTenantTable("price_rows");

            // Prices of nobody in particular are everybody's to read, and the import's to write.
            foreach (var table in new[] { "price_changes", "price_rows" })
            {
                migrationBuilder.Sql($"""
                    CREATE POLICY public_prices ON finops.{table} FOR SELECT USING (tenant_id IS NULL);
                    CREATE POLICY price_book ON finops.{table} FOR SELECT USING (finops.current_way() = 'price book');
                    CREATE POLICY price_import ON finops.{table}
                        USING (tenant_id IS NULL AND finops.current_way() = 'price import')
                        WITH CHECK (tenant_id IS NULL AND finops.current_way() = 'price import');
                    """);
            }

            // The ways through for the application: functions that run as the owner, each admitted by a policy of its own and to nobody else. The way is
            // set in the body: in the function's head PostgreSQL would let superusers alone set it.
            migrationBuilder.Sql("""
                CREATE POLICY key_look_up ON finops.access_keys FOR SELECT TO CURRENT_USER USING (finops.current_way() IN ('key look-up', 'key use'));
                CREATE POLICY key_look_up ON finops.tenants FOR SELECT TO CURRENT_USER USING (finops.current_way() = 'key look-up');
                CREATE FUNCTION finops.find_access_key(token_sha256 bytea)
                    RETURNS TABLE (
                        id uuid, tenant_id uuid, project_id uuid, kind text, prefix text, bound_tags text, expires_at timestamptz, revoked_at timestamptz, hash_key bytea)
                    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
                $$
                #variable_conflict use_column
                BEGIN
                    PERFORM set_config('finops.way', 'key look-up', true);
                    RETURN QUERY SELECT k.id, k.tenant_id, k.project_id, k.kind::text, k.prefix::text, k.bound_tags::text, k.expires_at, k.revoked_at, t.hash_key
                    FROM finops.access_keys AS k INNER JOIN finops.tenants AS t ON t.id = k.tenant_id
                    WHERE k.sha256 = token_sha256;
                    PERFORM set_config('finops.way', '', true);
                END
                $$;

                CREATE POLICY key_use ON finops.access_keys FOR UPDATE TO CURRENT_USER USING (finops.current_way() = 'key use');
                CREATE FUNCTION finops.record_key_use(ids uuid[], times timestamptz[]) RETURNS void
                    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
                $$
                #variable_conflict use_column
                BEGIN
                    PERFORM set_config('finops.way', 'key use', true);
                    UPDATE finops.access_keys AS k
                    SET last_used_at = greatest(k.last_used_at, u.used_at)
                    FROM unnest(ids, times) AS u(id, used_at)
                    WHERE k.id = u.id;
                    PERFORM set_config('finops.way', '', true);
                END
                $$;

                CREATE POLICY sign_in ON finops.memberships FOR SELECT TO CURRENT_USER USING (finops.current_way() = 'sign-in');
                CREATE POLICY sign_in ON finops.tenants FOR SELECT TO CURRENT_USER USING (finops.current_way() = 'sign-in');
                CREATE FUNCTION finops.memberships_of(member uuid)
                    RETURNS TABLE (tenant_id uuid, name text, role text, created_at timestamptz)
                    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
                $$
                #variable_conflict use_column
                BEGIN
                    PERFORM set_config('finops.way', 'sign-in', true);
                    RETURN QUERY SELECT m.tenant_id, t.name::text, m.role::text, m.created_at
                    FROM finops.memberships AS m INNER JOIN finops.tenants AS t ON t.id = m.tenant_id
                    WHERE m.user_id = member;
                    PERFORM set_config('finops.way', '', true);
                END
                $$;

                CREATE POLICY tenant_making ON finops.tenants FOR SELECT TO CURRENT_USER USING (finops.current_way() = 'tenant making');
                CREATE POLICY tenant_made ON finops.tenants FOR INSERT TO CURRENT_USER WITH CHECK (finops.current_way() = 'tenant making');
                CREATE FUNCTION finops.ensure_tenant(new_id uuid, new_name text, wanted_slug text, made_at timestamptz, new_hash_key bytea)
                    RETURNS TABLE (id uuid, name text)
                    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
                $$
                #variable_conflict use_column
                BEGIN
                    PERFORM set_config('finops.way', 'tenant making', true);
                    INSERT INTO finops.tenants (id, name, slug, created_at, hash_key) VALUES (new_id, new_name, wanted_slug, made_at, new_hash_key)
                    ON CONFLICT (slug) DO NOTHING;
                    RETURN QUERY SELECT t.id, t.name::text FROM finops.tenants AS t WHERE t.slug = wanted_slug;
                    PERFORM set_config('finops.way', '', true);
                END
                $$;

                REVOKE EXECUTE ON FUNCTION
                    finops.find_access_key(bytea), finops.record_key_use(uuid[], timestamptz[]), finops.memberships_of(uuid),
                    finops.ensure_tenant(uuid, text, text, timestamptz, bytea) FROM PUBLIC;
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder) =>
            throw new System.NotSupportedException("Migrations go forward only: taking row-level security away would open every tenant's rows.");
    }
}
