using System.Globalization;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Analytics.Tests.Accounts;
using FinOps.Analytics.Tests.Prices;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace FinOps.Analytics.Tests.Isolation;

/// <summary>Row-level security on the real engine: what the application's login sees with one tenant set, with another, and with none.</summary>
public sealed class PostgresWallsTests(PriceBookFixture fixture)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EveryTenantTable_WithoutATenant_ShowsNoRow()
    {
        await using var walls = await Walls.OpenAsync(fixture);

        foreach (var table in await walls.TenantTablesAsync())
        {
            // The owner of the embedded engine is its superuser: the rows are there.
            Assert.True(await walls.CountAsync(walls.Owner, table) > 0, $"{table.Name} has no rows: the test would prove nothing.");
            Assert.Equal(0, await walls.CountAsync(walls.App, table));
        }
    }

    [Fact]
    public async Task EveryTenantTable_WithATenant_ShowsItsRowsAlone()
    {
        await using var walls = await Walls.OpenAsync(fixture);

        foreach (var table in await walls.TenantTablesAsync())
        {
            foreach (var tenant in (TenantId[])[walls.Mine, walls.Theirs])
            {
                await using var connection = await walls.App.OpenConnectionAsync(Token);
                await using var transaction = await connection.BeginTransactionAsync(Token);
                await ExecuteAsync(connection, $"SELECT set_config('finops.tenant', '{tenant}', true)");
                var seen = await TextsAsync(connection, $"SELECT DISTINCT {table.Column}::text FROM finops.{table.Name} WHERE {table.Column} IS NOT NULL");
                Assert.Equal([tenant.ToString()], seen);
            }
        }
    }

    [Fact]
    public async Task EveryTenantTable_IsForcedBehindAPolicy_AndOneWithoutIsFound()
    {
        await using var walls = await Walls.OpenAsync(fixture);

        Assert.Null(await PostgresAccess.FindWeaknessAsync(walls.App, Token));
        Assert.Empty(await walls.TablesWithoutPolicyAsync());
        Assert.Equal(
            ["access_keys", "adjustments", "agent_enrolments", "agents", "alert_events", "alert_routes", "alerts", "audit_entries", "audit_heads", "bill_lines", "bill_mappings", "bill_skus", "bills", "budget_forecasts", "budget_leased_hours", "budget_leases", "budget_periods", "budget_ranges", "budget_versions", "budgets", "channel_attempts", "channel_messages", "channels", "closed_months", "commitments", "currency_rates", "data_store_prices", "detection_settings", "digest_subscriptions", "gateway_keys", "invitations", "mail_outbox", "memberships", "outcome_definitions", "policy_bundles", "policy_heads", "policy_versions", "price_aliases", "price_changes", "price_rows", "project_sampling", "projects", "reratings", "resource_prices", "runaway_watches", "sample_keys", "tenant_currencies", "tenant_quotas", "tenant_retention", "tenants", "user_erasures"],
            (await walls.TenantTablesAsync()).Select(table => table.Name).Order(StringComparer.Ordinal));

        // The proof that this test can fail.
        await using var connection = await walls.Owner.OpenConnectionAsync(Token);
        await ExecuteAsync(connection, "CREATE TABLE finops.forgotten (id int, tenant_id uuid)");
        Assert.Contains("forgotten", await PostgresAccess.FindWeaknessAsync(walls.App, Token), StringComparison.Ordinal);
        Assert.Equal(["forgotten"], await walls.TablesWithoutPolicyAsync());
    }

    [Fact]
    public async Task TablesWithoutATenant_AreTheListedOnes()
    {
        await using var walls = await Walls.OpenAsync(fixture);
        await using var connection = await walls.Owner.OpenConnectionAsync(Token);

        var all = await TextsAsync(connection, "SELECT relname::text FROM pg_class WHERE relnamespace = 'finops'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')");

        // Each of these is everybody's or the installation's. A new table either has a tenant_id and a policy, or a reason to stand here and in docs/isolation.md.
        Assert.Equal(
            ["bundle_signing_keys", "data_protection_keys", "detection_progress", "migrations", "price_catalogues", "price_checks", "price_gaps", "tenant_deletions", "user_claims", "user_logins", "user_sessions", "user_tokens", "users"],
            all.Except((await walls.TenantTablesAsync()).Select(table => table.Name)).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("")]
    [InlineData(";No Reset On Close=true")]
    public async Task PooledConnection_UsedAgain_HasForgottenTheTenant(string more)
    {
        await using var walls = await Walls.OpenAsync(fixture);
        // One connection, and without the reset as behind a pool of the server's own.
        await using var source = NpgsqlDataSource.Create(walls.AppAddress + ";Maximum Pool Size=1" + more);
        var builder = new DbContextOptionsBuilder<FinOpsDbContext>();
        PostgresExtensions.Use(builder, source);
        var database = new FinOpsDatabase(source, builder.Options);

        Assert.Equal(1, await database.RunAsync(walls.Mine, context => context.Projects.CountAsync(Token), Token));
        await using (var connection = await source.OpenConnectionAsync(Token))
            Assert.Equal("0", Assert.Single(await TextsAsync(connection, "SELECT count(*)::text FROM finops.projects")));
        await Assert.ThrowsAsync<InvalidOperationException>(() => database.RunAsync<int>(walls.Mine, _ => throw new InvalidOperationException(), Token));
        await using (var connection = await source.OpenConnectionAsync(Token))
            Assert.Equal("0", Assert.Single(await TextsAsync(connection, "SELECT count(*)::text FROM finops.projects")));
    }

    [Fact]
    public async Task Visits_OfOneTransaction_SeeOneTenantEach_AndLeaveNothingBehind()
    {
        await using var walls = await Walls.OpenAsync(fixture);

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => walls.Database.RunAcrossAsync<bool>(async visits =>
        {
            foreach (var tenant in (TenantId[])[walls.Mine, walls.Theirs, walls.Mine])
            {
                // Without the filters of the context, so that row-level security alone decides.
                Assert.Equal([tenant.Value], await visits.VisitAsync(tenant, context => context.Memberships.IgnoreQueryFilters().Select(row => row.TenantId).ToListAsync(Token), Token));
                Assert.Equal(1, await visits.VisitAsync(tenant, context => context.Memberships.ExecuteDeleteAsync(Token), Token));
                await visits.VisitAsync(tenant, context => context.Database.ExecuteSqlAsync($"INSERT INTO finops.memberships (user_id, tenant_id, role, created_at) VALUES ({tenant.Value}, {tenant.Value}, 'Viewer', now())", Token), Token);
            }

            Assert.Equal(0, await visits.VisitNobodyAsync(context => context.Memberships.IgnoreQueryFilters().CountAsync(Token), Token));
            throw new InvalidOperationException("nothing of it is kept");
        }, Token));

        Assert.Equal("nothing of it is kept", refused.Message);
        foreach (var tenant in (TenantId[])[walls.Mine, walls.Theirs])
            Assert.Equal([TenantRole.Admin], await walls.Database.RunAsync(tenant, context => context.Memberships.Select(row => row.Role).ToListAsync(Token), Token));
    }

    [Fact]
    public async Task Rows_OfAnotherTenant_CanBeNeitherChangedNorMadeNorTaken()
    {
        await using var walls = await Walls.OpenAsync(fixture);
        await using var connection = await walls.App.OpenConnectionAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await ExecuteAsync(connection, $"SELECT set_config('finops.tenant', '{walls.Mine}', true)");

        Assert.Equal(0, await ExecuteAsync(connection, $"UPDATE finops.access_keys SET name = 'mine now' WHERE tenant_id = '{walls.Theirs}'"));
        Assert.Equal(0, await ExecuteAsync(connection, $"DELETE FROM finops.memberships WHERE tenant_id = '{walls.Theirs}'"));
        Assert.Equal(0, await ExecuteAsync(connection, $"UPDATE finops.tenants SET name = 'mine now' WHERE id = '{walls.Theirs}'"));
        var refused = await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(
            connection, $"INSERT INTO finops.projects (id, tenant_id, name, created_at) VALUES (gen_random_uuid(), '{walls.Theirs}', 'planted', now())"));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
    }

    [Fact]
    public async Task Filters_OfTheContext_HoldWithoutRowLevelSecurity_AndRowLevelSecurityWithoutThem()
    {
        await using var walls = await Walls.OpenAsync(fixture);

        // The superuser passes row-level security: only the filters stand.
        var builder = new DbContextOptionsBuilder<FinOpsDbContext>();
        PostgresExtensions.Use(builder, walls.Owner);
        await using (var context = new FinOpsDbContext(builder.Options, StoreScope.Of(walls.Mine)))
        {
            Assert.Equal([walls.Mine.Value], await context.Projects.Select(row => row.TenantId).Distinct().ToListAsync(Token));
            Assert.Equal([walls.Mine.Value], await context.Tenants.Select(row => row.Id).ToListAsync(Token));
        }

        await using (var nobody = new FinOpsDbContext(builder.Options))
        {
            Assert.Empty(await nobody.AccessKeys.ToListAsync(Token));
            Assert.Empty(await nobody.Memberships.ToListAsync(Token));
            Assert.Equal(2, await nobody.Projects.IgnoreQueryFilters().CountAsync(Token));
        }

        // The application's login without the filters: only row-level security stands.
        Assert.Equal([walls.Mine.Value], await walls.Database.RunAsync(
            walls.Mine, context => context.Projects.IgnoreQueryFilters().Select(row => row.TenantId).Distinct().ToListAsync(Token), Token));
    }

    [Fact]
    public async Task Context_OfOneTenant_SavesNoRowOfAnother()
    {
        await using var walls = await Walls.OpenAsync(fixture);

        await Assert.ThrowsAsync<InvalidOperationException>(() => walls.Database.RunAsync(walls.Mine, context =>
        {
            context.Add(new Project { Id = Guid.NewGuid(), TenantId = walls.Theirs.Value, Name = "planted", CreatedAt = DateTimeOffset.UnixEpoch });
            return context.SaveChangesAsync(Token);
        }, Token));
    }

    [Fact]
    public async Task EntitiesWithATenant_AllHaveAFilter()
    {
        await using var walls = await Walls.OpenAsync(fixture);
        await using var context = walls.Database.OpenWithoutTenant();

        var without = context.Model.GetEntityTypes()
            .Where(type => type.FindProperty("TenantId") is not null && type.GetDeclaredQueryFilters().Count == 0).Select(type => type.Name);

        Assert.Empty(without);
    }

    [Theory]
    [InlineData("key look-up")]
    [InlineData("key use")]
    [InlineData("sign-in")]
    [InlineData("tenant making")]
    [InlineData("audit")]
    [InlineData("operator")]
    [InlineData("retention")]
    [InlineData("tenant deletion")]
    [InlineData("account deletion")]
    [InlineData("agent enrolment")]
    public async Task WaysOfTheOwnersFunctions_TakenByTheApplicationItself_OpenNothing(string way)
    {
        await using var walls = await Walls.OpenAsync(fixture);
        await using var connection = await walls.App.OpenConnectionAsync(Token);
        await ExecuteAsync(connection, $"SET finops.way = '{way}'");

        foreach (var table in await walls.TenantTablesAsync())
            Assert.Equal("0", Assert.Single(await TextsAsync(connection, $"SELECT count(*)::text FROM finops.{table.Name} WHERE {table.Column} IS NOT NULL")));
    }

    [Fact]
    public async Task ApplicationsLogin_IsNoOwnerNoSuperuserAndNamesItself()
    {
        await using var walls = await Walls.OpenAsync(fixture);
        await using var connection = await walls.App.OpenConnectionAsync(Token);

        Assert.Equal(["false false false false"], await TextsAsync(
            connection, "SELECT concat_ws(' ', rolsuper::text, rolbypassrls::text, rolcreaterole::text, rolcreatedb::text) FROM pg_roles WHERE rolname = current_user"));
        Assert.Equal(["0"], await TextsAsync(connection, "SELECT count(*)::text FROM pg_class WHERE pg_has_role(current_user, relowner, 'MEMBER') AND relkind <> 't'"));
        foreach (var forbidden in (string[])["DROP TABLE finops.projects", "ALTER TABLE finops.projects DISABLE ROW LEVEL SECURITY", "DELETE FROM finops.tenants", "DELETE FROM finops.access_keys", "DELETE FROM finops.sample_keys", "UPDATE finops.sample_keys SET protected_key = ''", "UPDATE finops.bundle_signing_keys SET public_key = ''", "UPDATE finops.policy_bundles SET payload = ''", "DELETE FROM finops.policy_versions", "DELETE FROM finops.gateway_keys", "INSERT INTO finops.audit_heads VALUES (gen_random_uuid(), 1, '')", "UPDATE finops.audit_heads SET sequence = 0", "UPDATE finops.audit_entries SET act = ''", "DELETE FROM finops.audit_entries", "TRUNCATE finops.audit_entries", "CREATE TABLE finops.mine (id int)", "SET ROLE finops"])
        {
            var refused = await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(connection, forbidden));
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
        }

        Assert.Contains("superuser", await PostgresAccess.FindWeaknessAsync(walls.Owner, Token), StringComparison.Ordinal);
    }

    private static async Task<int> ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteNonQueryAsync(Token);
    }

    private static async Task<List<string>> TextsAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync(Token);
        List<string> rows = [];
        while (await reader.ReadAsync(Token)) rows.Add(reader.GetString(0));
        return rows;
    }

    internal sealed record TenantTable(string Name, string Column);

    /// <summary>A migrated database with two tenants that have a row in every table of tenants' rows.</summary>
    internal sealed class Walls(ServiceProvider services, NpgsqlDataSource owner, TenantId mine, TenantId theirs) : IAsyncDisposable
    {
        public ServiceProvider Services => services;

        public FinOpsDatabase Database { get; } = services.GetRequiredService<FinOpsDatabase>();

        public NpgsqlDataSource App { get; } = services.GetRequiredService<NpgsqlDataSource>();

        public string AppAddress { get; } = services.GetRequiredService<PostgresOptions>().ForApp();

        public NpgsqlDataSource Owner => owner;

        public TenantId Mine => mine;

        public TenantId Theirs => theirs;

        public static async Task<Walls> OpenAsync(PriceBookFixture fixture, bool emptyBills = false)
        {
            var services = await fixture.CreateAsync();
            var owner = NpgsqlDataSource.Create(services.GetRequiredService<PostgresOptions>().ForOwner()!);
            var ids = new List<TenantId>();
            foreach (var name in (string[])["Mine", "Theirs"])
            {
                var tenant = await services.GetRequiredService<Tenants>().EnsureAsync(name, Token);
                await services.GetRequiredService<AccessKeys>().CreateAsync(tenant.Id, new NewAccessKey(tenant.DefaultProject, KeyKind.Ingest, "key"), Actor.Start, Token);
                await using var connection = await owner.OpenConnectionAsync(Token);
                await ExecuteAsync(connection, string.Create(CultureInfo.InvariantCulture, $"""
                    INSERT INTO finops.users (id, created_at, email_confirmed, phone_number_confirmed, two_factor_enabled, lockout_enabled, access_failed_count)
                        VALUES ('{tenant.Id}', now(), true, false, false, false, 0);
                    INSERT INTO finops.memberships (user_id, tenant_id, role, created_at) VALUES ('{tenant.Id}', '{tenant.Id}', 'Admin', now());
                    INSERT INTO finops.mail_outbox (id, tenant_id, recipient, subject, created_at, state, tries, due_at) VALUES (gen_random_uuid(), '{tenant.Id}', 'a@b.test', 's', now(), 'Waiting', 0, now());
                    INSERT INTO finops.invitations (id, tenant_id, email, role, sha256, created_at, created_by, expires_at)
                        VALUES (gen_random_uuid(), '{tenant.Id}', 'a@b.test', 'Viewer', sha256('{tenant.Id}'), now(), 'a', now());
                    INSERT INTO finops.tenant_quotas (tenant_id, name, value, set_at, set_by) VALUES ('{tenant.Id}', 'storageBytes', 1, now(), 'a');
                    INSERT INTO finops.tenant_retention (tenant_id, call_days, link_days, ingest_event_days, resource_sample_days, sum_days, call_sample_days, changed_at, changed_by)
                        VALUES ('{tenant.Id}', 30, 3, 30, 30, 30, 30, now(), 'a');
                    INSERT INTO finops.project_sampling (tenant_id, project_id, per_mille, changed_at, changed_by) VALUES ('{tenant.Id}', '{tenant.DefaultProject}', 10, now(), 'a');
                    INSERT INTO finops.outcome_definitions (tenant_id, id, name, source, key, event_attribute, success_values, failure_values, value_key, features, valid_from, made_at, made_by)
                        VALUES ('{tenant.Id}', gen_random_uuid(), 'o', 0, 'k', '', array[]::text[], array[]::text[], '', array[]::text[], now(), now(), 'a');
                    INSERT INTO finops.sample_keys (tenant_id, id, protected_key, made_at) VALUES ('{tenant.Id}', gen_random_uuid(), '', now());
                    INSERT INTO finops.user_erasures (tenant_id, id, user_value, deletes_calls, requested_at, requested_by, counts) VALUES ('{tenant.Id}', gen_random_uuid(), 'u', false, now(), 'a', json_build_object());
                    INSERT INTO finops.reratings (tenant_id, id, range_from, range_to, reason, requested_at, requested_by, book_version, state, next_start, writes_in_range, writes_done, state_since, failures,
                        problem, calls, changed_calls, priced_calls, unpriced_calls, old_cost, new_cost, moved_calls)
                        VALUES ('{tenant.Id}', gen_random_uuid(), now(), now(), 'r', now(), 'a', 1, 'Previewed', now(), 0, 0, now(), 0, '', 0, 0, 0, 0, 0, 0, 0);
                    INSERT INTO finops.bills (tenant_id, id, name, provider, account, from_at, to_at, currency, billed, lines, sha256, mapping, imported_at, imported_by)
                        VALUES ('{tenant.Id}', '{tenant.Id}', 'b', 'openai', '', now(), now(), 'USD', 1, 1, '', json_build_object(), now(), 'a');
                    INSERT INTO finops.bill_lines (tenant_id, bill_id, number, from_at, to_at, provider, sku, model, meter, tier, region, account, unit, cost, is_usage)
                        VALUES ('{tenant.Id}', '{tenant.Id}', 1, now(), now(), 'openai', 's', '', '', '', '', '', '', 1, true);
                    INSERT INTO finops.bill_mappings (tenant_id, id, name, mapping, changed_at, changed_by) VALUES ('{tenant.Id}', gen_random_uuid(), 'm', json_build_object(), now(), 'a');
                    INSERT INTO finops.bill_skus (tenant_id, id, provider, words, model, tier, batch, changed_at, changed_by) VALUES ('{tenant.Id}', gen_random_uuid(), 'openai', 's', 'm', '', false, now(), 'a');
                    INSERT INTO finops.adjustments (tenant_id, id, bill_id, date, booked_on, provider, model, words, amount, reason, accepted_at, accepted_by)
                        VALUES ('{tenant.Id}', gen_random_uuid(), '{tenant.Id}', now(), now(), 'openai', 'm', '', 1, 'r', now(), 'a');
                    INSERT INTO finops.closed_months (tenant_id, id, month, state, requested_at, requested_by, entry_id, corrections)
                        VALUES ('{tenant.Id}', gen_random_uuid(), '2026-10-01', 'Closed', now(), 'a', gen_random_uuid(), 0);
                    INSERT INTO finops.budgets (tenant_id, id, name, definition, version, made_at, made_by, changed_at, changed_by) VALUES ('{tenant.Id}', '{tenant.Id}', 'b', json_build_object(), 1, now(), 'a', now(), 'a');
                    INSERT INTO finops.budget_versions (tenant_id, budget_id, version, act, definition, changed_at, changed_by) VALUES ('{tenant.Id}', '{tenant.Id}', 1, 'Made', json_build_object(), now(), 'a');
                    INSERT INTO finops.budget_periods (tenant_id, budget_id, starts_at, ends_at, version, cost, left_out, unpriced_calls, spent, carried, allowance, alerted, fallen, problem, asked_at)
                        VALUES ('{tenant.Id}', '{tenant.Id}', '2026-11-01', '2026-12-01', 1, 1, 0, 0, 1, 0, 1, array[]::text[], array[]::text[], '', now());
                    INSERT INTO finops.budget_forecasts (tenant_id, budget_id, version, starts_at, ends_at, day_ends_at, until_at, history_days, made_at)
                        VALUES ('{tenant.Id}', '{tenant.Id}', 1, '2026-11-01', '2026-12-01', now(), now(), 0, now());
                    INSERT INTO finops.budget_ranges (tenant_id, starts_at, ends_at, changes, asked_at) VALUES ('{tenant.Id}', '2026-11-01', '2026-12-01', 1, now());
                    INSERT INTO finops.alerts (tenant_id, id, key, group_key, kind, severity, state, subject, scope, facts, link, opened_at)
                        VALUES ('{tenant.Id}', '{tenant.Id}', 'k', 'g', 'Budget', 'Notice', 'Open', 's', json_build_object(), '[]', '', now());
                    INSERT INTO finops.alert_events (tenant_id, id, alert_id, at, act, by) VALUES ('{tenant.Id}', gen_random_uuid(), '{tenant.Id}', now(), 'Opened', 'a');
                    INSERT INTO finops.channels (tenant_id, id, name, definition, secrets, shown, unsubscribed, version, changed_at, changed_by) VALUES ('{tenant.Id}', '{tenant.Id}', 'c', json_build_object(), '', '', array[]::text[], 1, now(), 'a');
                    INSERT INTO finops.alert_routes (tenant_id, id, name, definition, version, changed_at, changed_by) VALUES ('{tenant.Id}', gen_random_uuid(), 'r', json_build_object(), 1, now(), 'a');
                    INSERT INTO finops.channel_messages (tenant_id, id, channel_id, recipient, kind, group_key, alert_ids, more, told, state, created_at, due_at, tries, takes)
                        VALUES ('{tenant.Id}', gen_random_uuid(), '{tenant.Id}', '', 'Raised', 'g', array['{tenant.Id}'::uuid], 0, 0, 'Waiting', now(), now(), 0, 0);
                    INSERT INTO finops.channel_attempts (tenant_id, id, channel_id, recipient, at, outcome, status, answer, milliseconds, alerts) VALUES ('{tenant.Id}', gen_random_uuid(), '{tenant.Id}', '', now(), 'Sent', 200, '', 1, 1);
                    INSERT INTO finops.detection_settings (tenant_id, kinds_off, mutes, changed_at, changed_by) VALUES ('{tenant.Id}', array[]::text[], '[]', now(), 'a');
                    INSERT INTO finops.digest_subscriptions (tenant_id, user_id, weekly, monthly, time_zone, changed_at) VALUES ('{tenant.Id}', '{tenant.Id}', true, false, 'UTC', now());
                    INSERT INTO finops.runaway_watches (tenant_id, version, marks) VALUES ('{tenant.Id}', 1, '[]');
                    INSERT INTO finops.policy_versions (tenant_id, policy_id, version, name, kind, state, definition, reason, drafted_at, drafted_by, authors)
                        VALUES ('{tenant.Id}', 'p', 1, 'p', 'OutputLimit', 'Draft', '', '', now(), 'a', array[]::text[]);
                    INSERT INTO finops.policy_bundles (tenant_id, version, payload, key_id, signature, policies, made_at, made_by) VALUES ('{tenant.Id}', 1, '', 'k', '', 0, now(), 'a');
                    INSERT INTO finops.policy_heads (tenant_id, version, changed_at) VALUES ('{tenant.Id}', 1, now());
                    INSERT INTO finops.agents (tenant_id, id, name, key_id, enrolled_at, enrolled_by, software, host, last_seen_at, held_version, calls, waiting_spans, lost_spans)
                        VALUES ('{tenant.Id}', '{tenant.Id}', 'a', gen_random_uuid(), now(), 'a', '', '', now(), 0, 0, 0, 0);
                    INSERT INTO finops.budget_leases (tenant_id, id, budget_id, policy_id, agent_id, starts_at, granted_at, expires_at, granted_usd, settled_usd, calls)
                        VALUES ('{tenant.Id}', gen_random_uuid(), '{tenant.Id}', 'p', '{tenant.Id}', now(), now(), now(), 1, 0, 0);
                    INSERT INTO finops.budget_leased_hours (tenant_id, budget_id, policy_id, starts_at, hour, settled_usd, calls) VALUES ('{tenant.Id}', '{tenant.Id}', 'p', now(), now(), 1, 1);
                    INSERT INTO finops.gateway_keys (tenant_id, id, name, sha256, prefix, tags, models, providers, enabled, made_at, made_by)
                        VALUES ('{tenant.Id}', 'k', 'k', sha256('{tenant.Id}'), 'fgw_0', json_build_object(), array[]::text[], array[]::text[], true, now(), 'a');
                    INSERT INTO finops.agent_enrolments (tenant_id, id, name, project_id, sha256, made_at, made_by, expires_at)
                        VALUES ('{tenant.Id}', gen_random_uuid(), 'a', '{tenant.DefaultProject}', sha256('{tenant.Id}'), now(), 'a', now());
                    INSERT INTO finops.tenant_currencies (tenant_id, currency, changed_at, changed_by) VALUES ('{tenant.Id}', 'EUR', now(), 'a');
                    INSERT INTO finops.currency_rates (tenant_id, currency, day, recorded_at, rate, source, author) VALUES ('{tenant.Id}', 'EUR', '2026-11-03', now(), 0.9, 's', 'a');
                    INSERT INTO finops.price_changes (changed_at, tenant_id, author, reason, rows_added, rows_superseded) VALUES (now(), '{tenant.Id}', 'a', 'r', 1, 0);
                    INSERT INTO finops.price_rows (id, recorded_at, tenant_id, source, provider, host_platform, model, model_name, ordinal, match, context_window, deprecated, meter,
                            unit, unit_size, price, context_start, service_tier, batch, region)
                        VALUES ({ids.Count}, now(), '{tenant.Id}', 's', 'p', '', 'm', 'm', 0, '[]', 0, false, 'Input', 'token', 1, 1, 0, '', false, '');
                    INSERT INTO finops.commitments (tenant_id, id, change, recorded_at, name, kind, seller, host_platform, models, period, amount, currency, rate, rate_day, valid_from, author, reason)
                        VALUES ('{tenant.Id}', '{tenant.Id}', 1, now(), 'c', 'Spend', 'openai', '', '', 'Month', 1, 'USD', 1, '2026-11-03', now(), 'a', 'r');
                    INSERT INTO finops.data_store_prices (tenant_id, id, change, recorded_at, system, places, tier, meter, price, valid_from, author, reason) VALUES ('{tenant.Id}', '{tenant.Id}', 1, now(), 'qdrant', '*', '', 'NodeHours', 1, now(), 'a', 'r');
                    INSERT INTO finops.resource_prices (tenant_id, id, change, recorded_at, accelerator, hosts, provider, region, purchase, price_per_hour, valid_from, author, reason) VALUES ('{tenant.Id}', '{tenant.Id}', 1, now(), 'H100', '*', '', '', 'OnDemand', 1, now(), 'a', 'r');
                    INSERT INTO finops.price_aliases (tenant_id, id, recorded_at, told_provider, match, provider, model, author, reason) VALUES ('{tenant.Id}', 1, now(), '', '[]', 'p', 'm', 'a', 'r');
                    """));
                ids.Add(tenant.Id);
            }

            if (emptyBills)
            {
                await using var connection = await owner.OpenConnectionAsync(Token);
                await ExecuteAsync(connection, "DELETE FROM finops.bills; DELETE FROM finops.bill_skus; DELETE FROM finops.closed_months;");
            }

            return new Walls(services, owner, ids[0], ids[1]);
        }

        public async Task<List<TenantTable>> TenantTablesAsync()
        {
            await using var connection = await owner.OpenConnectionAsync(Token);
            var names = await TextsAsync(connection, """
                SELECT c.relname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
                WHERE c.relnamespace = 'finops'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
                """);
            return [new TenantTable("tenants", "id"), .. names.Select(name => new TenantTable(name, "tenant_id"))];
        }

        public async Task<List<string>> TablesWithoutPolicyAsync()
        {
            await using var connection = await owner.OpenConnectionAsync(Token);
            var guarded = await TextsAsync(connection, """
                SELECT c.relname::text FROM pg_class c
                WHERE c.relnamespace = 'finops'::regnamespace AND c.relrowsecurity AND c.relforcerowsecurity
                    AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'tenant')
                """);
            return [.. (await TenantTablesAsync()).Select(table => table.Name).Except(guarded)];
        }

        /// <summary>As the owner, who sees them all.</summary>
        public async Task<long> CountAsync(TenantTable table, TenantId tenant)
        {
            await using var connection = await owner.OpenConnectionAsync(Token);
            return long.Parse((await TextsAsync(connection, $"SELECT count(*)::text FROM finops.{table.Name} WHERE {table.Column} = '{tenant}'"))[0], CultureInfo.InvariantCulture);
        }

        public async Task<long> CountAsync(NpgsqlDataSource source, TenantTable table)
        {
            await using var connection = await source.OpenConnectionAsync(Token);
            return long.Parse((await TextsAsync(connection, $"SELECT count(*)::text FROM finops.{table.Name} WHERE {table.Column} IS NOT NULL"))[0], CultureInfo.InvariantCulture);
        }

        public async ValueTask DisposeAsync()
        {
            await owner.DisposeAsync();
            await services.DisposeAsync();
        }
    }
}
