using FinOps.Analytics.Audit;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Analytics.Tests.Accounts;
using FinOps.Analytics.Tests.Prices;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace FinOps.Analytics.Tests.Audit;

/// <summary>The record on the real engine: who writes it, what breaks it, and who finds that.</summary>
public sealed class AuditTrailTests(AuditTrailTests.OneDatabase fixture) : IClassFixture<AuditTrailTests.OneDatabase>
{
    private static readonly Actor Ann = Actor.OfUser(Guid.NewGuid(), "ann@example.test", "2001:db8::1");

    /// <summary>Each test has a tenant, and so a chain, of its own.</summary>
    public sealed class OneDatabase(PriceBookFixture postgres) : IAsyncLifetime
    {
        private ServiceProvider? _services;

        public IServiceProvider Services => _services ?? throw new InvalidOperationException("The database is not there yet.");

        public async ValueTask InitializeAsync() => _services = await postgres.CreateAsync();

        public async ValueTask DisposeAsync()
        {
            if (_services is not null) await _services.DisposeAsync();
        }
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Record_OfAnything_VerifiesAndReadsBackAsTold()
    {
        var services = fixture.Services;
        var (trail, reader, tenant) = await OpenAsync(services);

        await trail.RecordAsync(tenant, new AuditEntry(Ann, AuditActs.MemberRoleChanged, "u 2", "Zoë:\n'; -- 𝒳\0")
        {
            Before = new { Role = TenantRole.Viewer },
            After = new { Role = TenantRole.Admin, Note = "a \"quote\", a {brace}, ünïcode and \u0001" },
            Why = "left\nthe team",
        }, Token);
        await trail.RecordAsync(tenant, new AuditEntry(Actor.OfJob("nightly"), AuditActs.DataDeleted, "calls", "") { After = new { Rows = 12L } }, Token);

        var entries = (await reader.AskAsync(new AuditQuestion(tenant), Token)).Entries;
        Assert.Equal([3, 2, 1], entries.Select(entry => entry.Sequence));
        var changed = entries[1];
        Assert.Equal((ActorKind.User, Ann.Id, "ann@example.test", "2001:db8::1"), (changed.ActorKind, changed.ActorId, changed.ActorName, changed.Address));
        Assert.Equal(("u 2", "Zoë:\n'; -- 𝒳\uFFFD", "left\nthe team"), (changed.SubjectId, changed.SubjectName, changed.Why));
        Assert.Equal("""{"role":"viewer"}""", changed.Before);
        Assert.StartsWith("{\"role\":\"admin\",\"note\":\"a \\\"quote\\\"", changed.After, StringComparison.Ordinal);
        var verdict = await reader.VerifyAsync(tenant, Token);
        Assert.Equal((3L, (BrokenLink?)null), (verdict.Entries, verdict.Broken));
        Assert.Equal(Convert.ToHexStringLower(entries[0].Hash), verdict.HeadHash);
    }

    /// <summary>As whoever owns the database can, with the triggers out of the way.</summary>
    [Theory]
    [InlineData("UPDATE finops.audit_entries SET actor_name = 'somebody else' WHERE sequence = 3", 3)]
    [InlineData("UPDATE finops.audit_entries SET after = '{\"name\":\"another\"}' WHERE sequence = 2", 2)]
    [InlineData("UPDATE finops.audit_entries SET why = '' WHERE sequence = 1", 1)]
    [InlineData("UPDATE finops.audit_entries SET recorded_at = recorded_at + interval '1 microsecond' WHERE sequence = 5", 5)]
    [InlineData("UPDATE finops.audit_entries SET actor_kind = 'robot' WHERE sequence = 4", 4)]
    [InlineData("UPDATE finops.audit_entries SET hash = decode(repeat('ab', 32), 'hex') WHERE sequence = 3", 3)]
    [InlineData("DELETE FROM finops.audit_entries WHERE sequence = 3", 3)]
    [InlineData("DELETE FROM finops.audit_entries WHERE sequence = 1", 1)]
    [InlineData("DELETE FROM finops.audit_entries WHERE sequence = 6", 6)]
    [InlineData("DELETE FROM finops.audit_entries WHERE sequence > 3", 4)]
    [InlineData("UPDATE finops.audit_entries SET sequence = -1 WHERE sequence = 2; UPDATE finops.audit_entries SET sequence = 2 WHERE sequence = 3; UPDATE finops.audit_entries SET sequence = 3 WHERE sequence = -1", 2)]
    [InlineData("INSERT INTO finops.audit_entries SELECT (jsonb_populate_record(e, '{\"sequence\": 7}')).* FROM finops.audit_entries e WHERE sequence = 6", 7)]
    [InlineData("INSERT INTO finops.audit_entries SELECT (jsonb_populate_record(e, '{\"sequence\": 0}')).* FROM finops.audit_entries e WHERE sequence = 1", 1)]
    [InlineData("DELETE FROM finops.audit_heads", 6)]
    [InlineData("UPDATE finops.audit_heads SET sequence = 5", 5)]
    [InlineData("UPDATE finops.audit_heads SET hash = decode(repeat('ab', 32), 'hex')", 6)]
    public async Task Chain_BrokenByHand_NamesTheFirstBrokenLink(string sql, long broken)
    {
        var services = fixture.Services;
        var (trail, reader, tenant) = await OpenAsync(services);
        for (var i = 2; i <= 6; i++) await trail.RecordAsync(tenant, new AuditEntry(Ann, AuditActs.KeyChanged, "k", $"key {i}"), Token);
        Assert.Null((await reader.VerifyAsync(tenant, Token)).Broken);

        await using var owner = NpgsqlDataSource.Create(services.GetRequiredService<PostgresOptions>().ForOwner()!);
        var ofTheChain = $"WHERE tenant_id = '{tenant}'";
        var limited = sql.Contains("WHERE ", StringComparison.Ordinal) ? sql.Replace("WHERE ", $"{ofTheChain} AND ", StringComparison.Ordinal) : $"{sql} {ofTheChain}";
        await using var command = owner.CreateCommand($"SET session_replication_role = replica; {limited}; RESET session_replication_role");
        await command.ExecuteNonQueryAsync(Token);

        Assert.Equal(broken, (await reader.VerifyAsync(tenant, Token)).Broken?.Sequence);
    }

    [Theory]
    [InlineData("UPDATE finops.audit_entries SET why = 'another'")]
    [InlineData("DELETE FROM finops.audit_entries")]
    [InlineData("TRUNCATE finops.audit_entries")]
    [InlineData("DELETE FROM finops.audit_heads")]
    [InlineData("TRUNCATE finops.audit_heads")]
    [InlineData("UPDATE finops.audit_heads SET sequence = sequence - 1")]
    public async Task Owner_WhoChangesTheRecord_IsRefusedByATrigger(string sql)
    {
        var services = fixture.Services;
        await OpenAsync(services);
        await using var owner = NpgsqlDataSource.Create(services.GetRequiredService<PostgresOptions>().ForOwner()!);
        await using var command = owner.CreateCommand(sql);

        var refused = await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteNonQueryAsync(Token));

        Assert.Contains("append-only", refused.MessageText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Writers_ManyAtOnce_MakeOneChainWithoutAGap()
    {
        var services = fixture.Services;
        var (trail, reader, tenant) = await OpenAsync(services);

        await Parallel.ForAsync(0, 200, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Token }, async (i, token) =>
            await trail.RecordAsync(i % 2 == 0 ? tenant : AuditTrail.Installation, new AuditEntry(Ann, AuditActs.SignInSucceeded, "u", $"{i}"), token));

        Assert.Equal(new AuditVerdict(101, (await reader.VerifyAsync(tenant, Token)).HeadHash, null), await reader.VerifyAsync(tenant, Token));
        Assert.Equal(100, (await reader.VerifyAsync(AuditTrail.Installation, Token)).Entries);
        Assert.Equal(2, (await reader.ChainsAsync(Token)).Count(chain => chain == tenant || chain == AuditTrail.Installation));
        // Page by page and with a filter, nothing twice and nothing missing.
        var read = await reader.ReadAllAsync(new AuditQuestion(tenant) { Act = "sign_in" }, Token).Select(entry => entry.Sequence).ToListAsync(Token);
        Assert.Equal(Enumerable.Range(2, 100).Reverse().Select(sequence => (long)sequence), read);
    }

    [Fact]
    public async Task Change_ThatIsTakenBack_LeavesNoEntryAndNoGap()
    {
        var services = fixture.Services;
        var (trail, reader, tenant) = await OpenAsync(services);

        await Assert.ThrowsAsync<InvalidOperationException>(() => services.GetRequiredService<FinOpsDatabase>().RunAsync<bool>(tenant, async context =>
        {
            await AuditTrail.RecordAsync(context, new AuditEntry(Ann, AuditActs.KeyRevoked, "k", "never"), Token);
            throw new InvalidOperationException();
        }, Token));
        await trail.RecordAsync(tenant, new AuditEntry(Ann, AuditActs.KeyRevoked, "k", "done"), Token);

        Assert.Equal([(2L, "done"), (1L, "organisation.created")], (await reader.AskAsync(new AuditQuestion(tenant), Token)).Entries.Select(entry => (entry.Sequence, entry.Sequence == 1 ? entry.Act : entry.SubjectName)));
        Assert.Null((await reader.VerifyAsync(tenant, Token)).Broken);
    }

    [Fact]
    public async Task Tenant_OfAnotherChain_NeitherSeesNorWritesIt()
    {
        var services = fixture.Services;
        var (_, reader, mine) = await OpenAsync(services);
        var theirs = (await services.GetRequiredService<Tenants>().EnsureAsync("Theirs", Token)).Id;

        Assert.Equal([mine.Value], (await reader.AskAsync(new AuditQuestion(mine), Token)).Entries.Select(entry => entry.TenantId));
        var refused = await Assert.ThrowsAsync<PostgresException>(() => services.GetRequiredService<FinOpsDatabase>().RunAsync(mine, context => context.Database.ExecuteSqlAsync(
            $"SELECT finops.append_audit({theirs.Value}, 'user', 'x', 'x', 'key.created', 'x', 'x', NULL, NULL, NULL, NULL)", Token), Token));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
        Assert.Equal(1, (await reader.VerifyAsync(theirs, Token)).Entries);
    }

    [Fact]
    public async Task KeysAndMembers_ThatChange_AreRecordedWithoutTheirSecrets()
    {
        var services = fixture.Services;
        var (_, reader, tenant) = await OpenAsync(services);
        var (keys, tenants) = (services.GetRequiredService<AccessKeys>(), services.GetRequiredService<Tenants>());
        var project = await tenants.AddProjectAsync(tenant, "production", Ann, Token);
        var made = await keys.CreateAsync(tenant, new NewAccessKey(project, KeyKind.Ingest, "checkout") { BoundTags = new Dictionary<Tag, string> { [Tag.Team] = "web" } }, Ann, Token);
        await keys.RevokeAsync(tenant, made.Id, Ann, "leaked", Token);
        await tenants.RenameAsync(tenant, "Acme Ltd", Ann, Token);
        await tenants.RenameAsync(tenant, "Acme Ltd", Ann, Token);

        var entries = (await reader.AskAsync(new AuditQuestion(tenant), Token)).Entries;

        Assert.Equal(
            [AuditActs.OrganisationRenamed, AuditActs.KeyRevoked, AuditActs.KeyCreated, AuditActs.ProjectCreated, AuditActs.OrganisationCreated], entries.Select(entry => entry.Act));
        Assert.Equal("leaked", entries[1].Why);
        Assert.Contains("\"boundTags\":{\"team\":\"web\"}", entries[2].After, StringComparison.Ordinal);
        Assert.All(entries, entry =>
        {
            Assert.DoesNotContain(made.Token, entry.After, StringComparison.Ordinal);
            Assert.DoesNotContain(Convert.ToHexString(AccessKeyToken.Hash(made.Token)), entry.After, StringComparison.OrdinalIgnoreCase);
        });
        Assert.Equal(2, (await reader.AskAsync(new AuditQuestion(tenant) { Act = "key", Actor = "ANN@" }, Token)).Entries.Count);
        Assert.Empty((await reader.AskAsync(new AuditQuestion(tenant) { Subject = "%" }, Token)).Entries);
    }

    [Fact]
    public void State_TooLong_IsLeftOutAndSaysSo()
    {
        Assert.Equal("""{"leftOutCharacters":40011}""", AuditTrail.State(new { Text = new string('x', 40_000) }));
        Assert.Null(AuditTrail.State(null));
    }

    private static async Task<(AuditTrail Trail, AuditReader Reader, TenantId Tenant)> OpenAsync(IServiceProvider services) => (
        services.GetRequiredService<AuditTrail>(), services.GetRequiredService<AuditReader>(), (await services.GetRequiredService<Tenants>().EnsureAsync($"Acme {Guid.NewGuid():N}", Token)).Id);
}
