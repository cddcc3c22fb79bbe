using FinOps.Analytics.Audit;
using FinOps.Analytics.Deletion;
using FinOps.Analytics.Digests;
using FinOps.Analytics.Mail;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Analytics.Tests.Accounts;
using FinOps.Analytics.Tests.Prices;
using FinOps.Domain.Tenancy;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;

namespace FinOps.Analytics.Tests.Deletion;

/// <summary>A person's account goes from every table of the real engine, or not at all; another person's stays as it was.</summary>
public sealed class DeleteAccountTests(PriceBookFixture postgres)
{
    private const string Ann = "ann@example.test";
    private const string Bob = "bob@example.test";

    private static readonly Actor Operator = Actor.OfKey(Guid.NewGuid(), "operator");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Delete_OfOneOfTwoPeople_TellsTheRowsOfEachTable_AndLeavesTheOther()
    {
        await using var town = await Town.OpenAsync(postgres);
        var (one, two, three) = (await town.NewTenantAsync("One"), await town.NewTenantAsync("Two"), await town.NewTenantAsync("Three"));
        var (ann, bob) = (await town.NewPersonAsync(Ann), await town.NewPersonAsync(Bob));
        foreach (var tenant in (TenantId[])[one, two]) await town.Members.SetAsync(tenant, bob, TenantRole.Admin, null, Operator, Token);
        await town.Members.SetAsync(two, ann, TenantRole.Admin, null, Operator, Token);
        // She came into the first by an invitation to another address of hers.
        var found = (await town.Invitations.FindAsync(await town.InviteAsync(one, "ann.old@example.test"), Token))!;
        Assert.True(await town.Invitations.AcceptAsync(found, new AppUser { Id = ann, Email = Ann }, null, Token));
        foreach (var address in (string[])["Ann@example.test", Bob, "carl@example.test"]) await town.InviteAsync(three, address);
        foreach (var person in (Guid[])[ann, bob]) await town.ChooseDigestsAsync(one, person);
        var (before, bobs) = (await town.RowsAsync(), await town.RowsOfAsync(bob));
        var self = Actor.OfUser(ann, Ann);
        var preview = (await town.Accounts.PreviewAsync(ann, self, Token))!;
        Assert.Equal(before, await town.RowsAsync());

        var deletion = (await town.Accounts.DeleteAsync(ann, self, Token))!;

        Assert.Equal(
            new SortedDictionary<string, long>
            {
                ["digest_subscriptions"] = 1,
                ["invitations"] = 2,
                ["mail_outbox"] = 2,
                ["memberships"] = 2,
                ["user_claims"] = 1,
                ["user_logins"] = 1,
                ["user_sessions"] = 2,
                ["user_tokens"] = 2,
                ["users"] = 1,
            }, deletion.Rows);
        Assert.Equal((Ann, null), (deletion.Email, deletion.Refusal));
        Assert.Equal(["One", "Two"], deletion.Organisations);
        Assert.Null(preview.Refusal);
        Assert.Equal(preview.Rows, deletion.Rows);
        Assert.Equal(preview.Organisations, deletion.Organisations);
        // Whatever table there is: it lost what was told and no more, and only the audit record grew.
        var after = await town.RowsAsync();
        var lost = before.Where(table => after[table.Key] < table.Value).ToDictionary(table => table.Key, table => table.Value - after[table.Key]);
        Assert.Equal(deletion.Rows, lost);
        Assert.Equal(["audit_entries", "audit_heads"], before.Keys.Where(table => after[table] > before[table]));
        Assert.Equal(bobs, await town.RowsOfAsync(bob));
        Assert.DoesNotContain(await town.RowsOfAsync(ann), table => table.Value > 0);

        // Her sessions, open pages and sign-ins rest on these.
        Assert.Null(await town.Members.StandingAsync(ann, two, Token));
        Assert.Empty(await town.Sessions.OfUserAsync(ann, Token));
        Assert.Null(await town.Accounts.FindAsync(Ann, Token));
        Assert.Null(await town.Accounts.DeleteAsync(ann, Operator, Token));
        Assert.Null(await town.Accounts.PreviewAsync(ann, Operator, Token));

        Assert.Equal(["data.deleted", "member.removed"], (await town.LatestActsAsync(one, 2)).Select(entry => entry.Act));
        Assert.Equal(["data.deleted", "member.removed"], (await town.LatestActsAsync(two, 2)).Select(entry => entry.Act));
        Assert.Equal(["data.deleted", "invitation.sent"], (await town.LatestActsAsync(three, 2)).Select(entry => entry.Act));
        Assert.Contains("\"role\":\"admin\"", (await town.LatestActsAsync(two, 2))[1].Before, StringComparison.Ordinal);
        Assert.Equal("""{"digest_subscriptions":0,"invitations":1,"mail_outbox":1,"memberships":0}""", (await town.LatestActsAsync(three, 1))[0].After);
        var told = Assert.Single(await town.LatestActsAsync(AuditTrail.Installation, 1));
        Assert.Equal((AuditActs.DataDeleted, Ann, Ann), (told.Act, told.ActorName, told.SubjectName));
        Assert.Contains("\"user_sessions\":2", told.After, StringComparison.Ordinal);
        foreach (var chain in (TenantId[])[one, two, three, AuditTrail.Installation]) Assert.Null((await town.Audit.VerifyAsync(chain, Token)).Broken);
    }

    [Fact]
    public async Task Delete_OfTheLastWhoRunsSomething_NamesItAndChangesNothing()
    {
        await using var town = await Town.OpenAsync(postgres);
        var (one, two, three) = (await town.NewTenantAsync("One"), await town.NewTenantAsync("Two"), await town.NewTenantAsync("Three"));
        var (ann, bob) = (await town.NewPersonAsync(Ann, runsInstallation: true), await town.NewPersonAsync(Bob));
        foreach (var tenant in (TenantId[])[one, two, three]) await town.Members.SetAsync(tenant, ann, TenantRole.Admin, null, Operator, Token);
        await town.Members.SetAsync(one, bob, TenantRole.Viewer, null, Operator, Token);
        await town.Members.SetAsync(three, bob, TenantRole.Admin, null, Operator, Token);
        var before = await town.RowsAsync();

        var refusal = await Assert.ThrowsAsync<TenancyException>(() => town.Accounts.DeleteAsync(ann, Operator, Token));
        Assert.Contains("last administrator of One, Two. Make someone else an administrator there first", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("last who runs the installation. Let someone else take over first", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(refusal.Message, (await town.Accounts.PreviewAsync(ann, Operator, Token))!.Refusal);
        Assert.Equal(before, await town.RowsAsync());

        foreach (var tenant in (TenantId[])[one, two]) await town.Members.SetAsync(tenant, bob, TenantRole.Admin, null, Operator, Token);
        refusal = await Assert.ThrowsAsync<TenancyException>(() => town.Accounts.DeleteAsync(ann, Operator, Token));
        Assert.DoesNotContain("administrator of", refusal.Message, StringComparison.Ordinal);
        await town.NewPersonAsync("carl@example.test", runsInstallation: true);
        Assert.Equal(3, (await town.Accounts.DeleteAsync(ann, Operator, Token))!.Rows["memberships"]);
    }

    [Fact]
    public async Task Delete_OfTheLastTwoAtOnce_LeavesOne()
    {
        await using var town = await Town.OpenAsync(postgres);
        var tenant = await town.NewTenantAsync("One");
        Guid[] both = [await town.NewPersonAsync(Ann, runsInstallation: true), await town.NewPersonAsync(Bob, runsInstallation: true)];
        foreach (var person in both) await town.Members.SetAsync(tenant, person, TenantRole.Admin, null, Operator, Token);

        var refused = await Task.WhenAll(both.Select(async person =>
        {
            try
            {
                return await town.Accounts.DeleteAsync(person, Operator, Token) is null;
            }
            catch (TenancyException)
            {
                return true;
            }
        }));

        Assert.Single(refused, one => one);
        Assert.Equal(TenantRole.Admin, Assert.Single(await town.Members.ListAsync(tenant, Token)).Role);
    }

    /// <summary>Else whoever has a copied link made an account with a stranger's address, and took what others had sent there.</summary>
    [Fact]
    public async Task Delete_ByAPersonWhoseAddressIsNotProved_LeavesWhatOthersSentThere()
    {
        await using var town = await Town.OpenAsync(postgres);
        var (home, other) = (await town.NewTenantAsync("Home"), await town.NewTenantAsync("Other"));
        var ann = await town.NewPersonAsync(Ann, proved: false);
        await town.Members.SetAsync(home, ann, TenantRole.Viewer, null, Operator, Token);
        await town.InviteAsync(other, Ann);

        var own = (await town.Accounts.PreviewAsync(ann, Actor.OfUser(ann, Ann), Token))!;
        Assert.Equal((0, 0, 1), (own.Rows["invitations"], own.Rows["mail_outbox"], own.Rows["memberships"]));
        var byOperator = (await town.Accounts.PreviewAsync(ann, Operator, Token))!;
        Assert.Equal((1, 1, 1), (byOperator.Rows["invitations"], byOperator.Rows["mail_outbox"], byOperator.Rows["memberships"]));

        Assert.Equal(own.Rows, (await town.Accounts.DeleteAsync(ann, Actor.OfUser(ann, Ann), Token))!.Rows);
        Assert.Equal((1, 1), ((await town.RowsAsync())["invitations"], (await town.RowsAsync())["mail_outbox"]));
        Assert.Equal("invitation.sent", Assert.Single(await town.LatestActsAsync(other, 1)).Act);
    }

    [Fact]
    public async Task Columns_ThatNameAnAccount_AreThoseThatDeletionKnows()
    {
        await using var town = await Town.OpenAsync(postgres);

        // Keys to an account, by whatever name: tables with a user_id are found by themselves, invitations by accepted_by, mails that tell what a member sees by member_id. What replaced a bill is another bill.
        Assert.Equal(["accepted_by", "member_id", "user_id"], await town.TextsAsync("""
            SELECT DISTINCT a.attname::text FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
            WHERE c.relnamespace = 'finops'::regnamespace AND c.relkind IN ('r', 'p') AND a.atttypid = 'uuid'::regtype AND NOT a.attisdropped AND a.attname <> 'replaced_by'
                AND (a.attname LIKE '%user%' OR a.attname LIKE '%person%' OR a.attname LIKE '%account%' OR a.attname LIKE '%member%' OR a.attname LIKE '%\_by')
            ORDER BY 1
            """));
    }

    /// <summary>A migrated database with people in it.</summary>
    private sealed class Town(ServiceProvider services) : IAsyncDisposable
    {
        private readonly NpgsqlDataSource _owner = NpgsqlDataSource.Create(services.GetRequiredService<PostgresOptions>().ForOwner()!);
        private readonly FinOpsDatabase _database = services.GetRequiredService<FinOpsDatabase>();

        public Task<DigestChoice> ChooseDigestsAsync(TenantId tenant, Guid user) =>
            new DigestBook(_database, TimeProvider.System, Options.Create(new DigestOptions())).SetAsync(tenant, user, new DigestChoice(true, true, "UTC"), Actor.Start, Token);

        public DeleteAccount Accounts { get; } = new(services.GetRequiredService<FinOpsDatabase>());

        public Members Members => services.GetRequiredService<Members>();

        public Invitations Invitations => services.GetRequiredService<Invitations>();

        public UserSessions Sessions => services.GetRequiredService<UserSessions>();

        public AuditReader Audit => services.GetRequiredService<AuditReader>();

        public static async Task<Town> OpenAsync(PriceBookFixture postgres) => new(await postgres.CreateAsync());

        public async Task<TenantId> NewTenantAsync(string name) => (await services.GetRequiredService<Tenants>().EnsureAsync(name, Token)).Id;

        /// <summary>With two sessions, a second factor, its recovery codes, a provider's sign-in and a claim.</summary>
        public async Task<Guid> NewPersonAsync(string email, bool proved = true, bool runsInstallation = false)
        {
            var id = Guid.NewGuid();
            await using (var context = _database.OpenWithoutTenant())
            {
                context.Users.Add(new AppUser
                {
                    Id = id,
                    UserName = email,
                    NormalizedUserName = email.ToUpperInvariant(),
                    Email = email,
                    NormalizedEmail = email.ToUpperInvariant(),
                    EmailConfirmed = proved,
                    IsOperator = runsInstallation,
                    CreatedAt = DateTimeOffset.UnixEpoch,
                });
                foreach (var name in (string[])["AuthenticatorKey", "RecoveryCodes"])
                    context.UserTokens.Add(new IdentityUserToken<Guid> { UserId = id, LoginProvider = "[AspNetUserStore]", Name = name, Value = "secret" });
                context.UserLogins.Add(new IdentityUserLogin<Guid> { UserId = id, LoginProvider = "https://provider.test", ProviderKey = email });
                context.UserClaims.Add(new IdentityUserClaim<Guid> { UserId = id, ClaimType = "t", ClaimValue = "v" });
                await context.SaveChangesAsync(Token);
            }

            for (var i = 0; i < 2; i++) await Sessions.StartAsync(new SessionStart(id, "Firefox", "127.0.0.1", "password"), TimeSpan.FromDays(14), Token);
            return id;
        }

        /// <summary>By mail; gives the token.</summary>
        public async Task<string> InviteAsync(TenantId tenant, string email) => (await Invitations.InviteAsync(
            tenant, new InvitationRequest(email, TenantRole.Analyst, Operator), TimeSpan.FromDays(7), made => new OutboxMail
            {
                Id = Guid.NewGuid(),
                TenantId = tenant.Value,
                Recipient = made.Email,
                Subject = "s",
                CreatedAt = DateTimeOffset.UnixEpoch,
                DueAt = DateTimeOffset.UnixEpoch,
            }, Token)).Token;

        /// <summary>The latest first.</summary>
        public async Task<IReadOnlyList<AuditRecord>> LatestActsAsync(TenantId chain, int count) =>
            [.. (await Audit.AskAsync(new AuditQuestion(chain), Token)).Entries.Take(count)];

        /// <summary>Of every table, whoever's they are.</summary>
        public async Task<SortedDictionary<string, long>> RowsAsync()
        {
            var rows = new SortedDictionary<string, long>(StringComparer.Ordinal);
            foreach (var table in await TextsAsync("SELECT relname::text FROM pg_class WHERE relnamespace = 'finops'::regnamespace AND relkind IN ('r', 'p')"))
                rows[table] = long.Parse(Assert.Single(await TextsAsync($"SELECT count(*)::text FROM finops.{table}")), System.Globalization.CultureInfo.InvariantCulture);
            return rows;
        }

        /// <summary>Of every table that names accounts.</summary>
        public async Task<SortedDictionary<string, long>> RowsOfAsync(Guid user)
        {
            var rows = new SortedDictionary<string, long>(StringComparer.Ordinal);
            foreach (var (table, column) in ((string, string)[])[("users", "id"), ("memberships", "user_id"), ("user_sessions", "user_id"), ("user_tokens", "user_id"), ("user_logins", "user_id"), ("user_claims", "user_id"), ("invitations", "accepted_by")])
                rows[table] = long.Parse(Assert.Single(await TextsAsync($"SELECT count(*)::text FROM finops.{table} WHERE {column} = '{user}'")), System.Globalization.CultureInfo.InvariantCulture);
            return rows;
        }

        public async Task<List<string>> TextsAsync(string sql)
        {
            await using var command = _owner.CreateCommand(sql);
            await using var row = await command.ExecuteReaderAsync(Token);
            List<string> texts = [];
            while (await row.ReadAsync(Token)) texts.Add(row.GetString(0));
            return texts;
        }

        public async ValueTask DisposeAsync()
        {
            await _owner.DisposeAsync();
            await services.DisposeAsync();
        }
    }
}
