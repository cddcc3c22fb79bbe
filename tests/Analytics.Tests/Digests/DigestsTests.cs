using FinOps.Analytics.Audit;
using FinOps.Analytics.Budgets;
using FinOps.Analytics.Changes;
using FinOps.Analytics.Digests;
using FinOps.Analytics.Gpus;
using FinOps.Analytics.Mail;
using FinOps.Analytics.Prices;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Tenancy;
using FinOps.Analytics.Tests.Accounts;
using FinOps.Analytics.Tests.Budgets;
using FinOps.Analytics.Tests.Prices;
using FinOps.Domain.Budgets;
using FinOps.Domain.Digests;
using FinOps.Domain.Pricing;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Tests.Digests;

/// <summary>Digests on both real stores: one of each member and period, whoever writes and however late, and nothing in it that its member may not see.</summary>
public sealed class DigestsTests(PriceBookFixture postgres, ClickHouseFixture clickHouse)
{
    /// <summary>A Wednesday; the week before began on Monday, 9 November.</summary>
    private static readonly DateTimeOffset Wednesday = new(2026, 11, 18, 12, 0, 0, TimeSpan.Zero);

    private static readonly DateTimeOffset Monday = new(2026, 11, 23, 8, 0, 0, TimeSpan.Zero);

    private static readonly DigestChoice Weekly = new(true, false, "UTC");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Digest_OfAPeriod_IsWrittenOnce_ByTwoServersRestartsAndLateRuns()
    {
        await using var world = await BudgetWorld.NewAsync(postgres, clickHouse);
        var desk = new Desk(world);
        var ann = await desk.JoinAsync(world.Mine, "ann@acme.test");
        await desk.JoinAsync(world.Theirs, "bob@other.test");
        world.Clock.Now = Wednesday;
        await desk.Book.SetAsync(world.Mine, ann, new DigestChoice(true, true, "UTC"), Actor.Start, Token);
        await world.SpendAsync(world.Mine, 30, 1, at: Monday.AddDays(-2));
        await world.SpendAsync(world.Mine, 10, 2, at: Monday.AddDays(-9));

        // Nothing of the weeks before they subscribed, and nothing before the morning.
        await desk.RunAsync();
        world.Clock.Now = Monday.AddSeconds(-1);
        await desk.RunAsync();
        Assert.Empty(await desk.MailsAsync(world.Mine));

        world.Clock.Now = Monday;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => desk.RunAsync()));
        world.Clock.Now = Monday.AddDays(3);
        await desk.RunAsync();

        var mail = Assert.Single(await desk.MailsAsync(world.Mine));
        Assert.Equal(("ann@acme.test", ann), (mail.Recipient, mail.MemberId));
        var told = desk.Letter.Of(mail.Id);
        Assert.Equal((30m, 10m, 20m), (told.Spent.Cost, told.Before.Cost, told.Change.Change));
        Assert.Equal([0m, 0, 0, 0, 0, 30, 0], told.Days);
        Assert.Empty(await desk.MailsAsync(world.Theirs));

        // Three weeks of outage: one digest of the latest week, and one of the month. Another zone makes no second one.
        world.Clock.Now = Monday.AddDays(21);
        await desk.RunAsync();
        await desk.Book.SetAsync(world.Mine, ann, new DigestChoice(true, true, "America/Los_Angeles"), Actor.Start, Token);
        world.Clock.Now = Monday.AddDays(22);
        await desk.RunAsync();
        Assert.Equal(
            [(DigestKind.Weekly, new DateOnly(2026, 11, 23)), (DigestKind.Monthly, new DateOnly(2026, 12, 1)), (DigestKind.Weekly, new DateOnly(2026, 12, 14))],
            (await desk.MailsAsync(world.Mine)).Select(one => desk.Letter.Of(one.Id).Period).Select(period => (period.Kind, period.ToldOn)).OrderBy(one => one.ToldOn));
    }

    [Fact]
    public async Task Digest_OfAMemberLimitedToTeams_TellsOfTheirTeamsAlone_AndWaitsNoLongerThanTheirPlace()
    {
        await using var world = await BudgetWorld.NewAsync(postgres, clickHouse);
        var desk = new Desk(world);
        await desk.JoinAsync(world.Mine, "boss@acme.test", TenantRole.Admin);
        var ann = await desk.JoinAsync(world.Mine, "ann@acme.test", TenantRole.Viewer, "red");
        world.Clock.Now = Wednesday;
        await world.SpendAsync(world.Mine, 30, 1, team: "red", at: Monday.AddDays(-2));
        await world.SpendAsync(world.Mine, 500, 2, team: "green", at: Monday.AddDays(-2));
        await world.AddAsync("red", 40, budget => budget with { Scope = SpendScope.Of(ScopeDimension.Team, "red"), Thresholds = [new(50)] });
        await world.AddAsync("all", 40, budget => budget with { Thresholds = [new(50)] });
        await desk.Book.SetAsync(world.Mine, ann, Weekly, Actor.Start, Token);
        world.Clock.Now = Monday;
        await world.RunAsync();

        await desk.RunAsync();

        var digest = desk.Letter.Of(Assert.Single(await desk.MailsAsync(world.Mine)).Id);
        Assert.Equal((30m, 30m), (digest.Spent.Cost, digest.Change.After));
        Assert.Equal(["red"], digest.Budgets.Select(one => one.Budget.Name));
        Assert.Equal("red", Assert.Single(digest.Alerts).Row.Subject);
        Assert.Equal(1, digest.OpenAlerts);

        // Limited to others: what waits is of more than they see now. Gone: nothing waits, and nothing more is written.
        await desk.Members.SetAsync(world.Mine, ann, TenantRole.Viewer, ["blue"], Actor.Start, Token);
        Assert.Empty(await desk.MailsAsync(world.Mine));
        Assert.Equal(AskedDigest.Written, await desk.Job.WriteAskedAsync(world.Mine, ann, DigestKind.Weekly, TimeZoneInfo.Utc, Token));
        Assert.Equal(0, desk.Letter.Of(Assert.Single(await desk.MailsAsync(world.Mine)).Id).Spent.Cost);
        Assert.Equal(AskedDigest.TooSoon, await desk.Job.WriteAskedAsync(world.Mine, ann, DigestKind.Weekly, TimeZoneInfo.Utc, Token));
        await desk.Members.RemoveAsync(world.Mine, ann, Actor.Start, Token);
        Assert.Empty(await desk.MailsAsync(world.Mine));
        Assert.Equal(AskedDigest.NotPossible, await desk.Job.WriteAskedAsync(world.Mine, ann, DigestKind.Weekly, TimeZoneInfo.Utc, Token));
        Assert.Equal(DigestChoice.None, await desk.Book.FindAsync(world.Mine, ann, Token));
    }

    [Fact]
    public async Task Digest_ReadBeforeItsMemberSawLess_IsNotWritten()
    {
        await using var world = await BudgetWorld.NewAsync(postgres, clickHouse);
        var desk = new Desk(world);
        var ann = await desk.JoinAsync(world.Mine, "ann@acme.test");
        world.Clock.Now = Wednesday;
        await desk.Book.SetAsync(world.Mine, ann, Weekly, Actor.Start, Token);
        world.Clock.Now = Monday;
        var period = DigestPeriod.LatestDue(Monday, DigestKind.Weekly, TimeZoneInfo.Utc, 8);
        var digest = await desk.Reader.ReadAsync(new MemberPlace(ReadScope.Whole(world.Mine), "Mine", TenantRole.Viewer, null), ann, "ann@acme.test", period, TimeZoneInfo.Utc, Token);

        await desk.Members.SetAsync(world.Mine, ann, TenantRole.Viewer, ["red"], Actor.Start, Token);

        Assert.False(await desk.Book.WriteAsync(digest, desk.Letter, Token));
        Assert.Empty(await desk.MailsAsync(world.Mine));
        await desk.RunAsync();
        Assert.Single(await desk.MailsAsync(world.Mine));
    }

    [Fact]
    public async Task Subscription_Ended_ForgetsWhatWaits_AndLeavesAnEntry()
    {
        await using var world = await BudgetWorld.NewAsync(postgres, clickHouse);
        var desk = new Desk(world);
        var ann = await desk.JoinAsync(world.Mine, "ann@acme.test");
        world.Clock.Now = Wednesday;
        await Assert.ThrowsAsync<TenancyException>(() => desk.Book.SetAsync(world.Mine, ann, Weekly with { TimeZone = "Mars/Olympus" }, Actor.Start, Token));
        await Assert.ThrowsAsync<TenancyException>(() => desk.Book.SetAsync(world.Theirs, ann, Weekly, Actor.Start, Token));
        await desk.Book.SetAsync(world.Mine, ann, Weekly, Actor.Start, Token);
        world.Clock.Now = Monday;
        await desk.RunAsync();
        Assert.Single(await desk.MailsAsync(world.Mine));

        Assert.True(await desk.Book.EndAsync(world.Mine, ann, "ann@acme.test", "192.0.2.1", Token));
        Assert.False(await desk.Book.EndAsync(world.Mine, ann, "ann@acme.test", "192.0.2.1", Token));

        Assert.Empty(await desk.MailsAsync(world.Mine));
        world.Clock.Now = Monday.AddDays(14);
        await desk.RunAsync();
        Assert.Empty(await desk.MailsAsync(world.Mine));
        var acts = await world.Database.RunAsync(world.Mine, context => context.AuditEntries.Where(entry => entry.Act == AuditActs.DigestChanged).OrderBy(entry => entry.Sequence).Select(entry => entry.SubjectName).ToListAsync(Token), Token);
        Assert.Equal(["ann@acme.test", "ann@acme.test"], acts);
    }

    /// <summary>What writes digests, with a letter that keeps what it was given.</summary>
    private sealed class Desk(BudgetWorld world)
    {
        public KeptLetter Letter { get; } = new();

        public Members Members => new(world.Database, world.Clock);

        public DigestBook Book => new(world.Database, world.Clock, Options.Create(new DigestOptions()));

        public DigestReader Reader => new(new SpendReader(world.Store), new ChangeReader(new SpendReader(world.Store), new GpuReader(world.Store), new NoPrices()), world.Book, world.Alerts, world.Clock);

        public WriteDigests Job => new(world.Database, Book, Reader, Members, Letter, world.Clock, Options.Create(new DigestOptions()), NullLogger<WriteDigests>.Instance);

        public Task RunAsync() => Job.RunAsync(Token);

        public async Task<Guid> JoinAsync(TenantId tenant, string email, TenantRole role = TenantRole.Viewer, params string[] teams)
        {
            var user = new AppUser { Id = Guid.NewGuid(), Email = email, UserName = email, EmailConfirmed = true };
            await using (var accounts = world.Database.OpenWithoutTenant())
            {
                accounts.Add(user);
                await accounts.SaveChangesAsync(Token);
            }

            await Members.SetAsync(tenant, user.Id, role, teams.Length == 0 ? null : teams, Actor.Start, Token);
            return user.Id;
        }

        public Task<List<OutboxMail>> MailsAsync(TenantId tenant) => world.Database.RunAsync(tenant, context => context.Mails.AsNoTracking().OrderBy(mail => mail.CreatedAt).ToListAsync(Token), Token);
    }

    private sealed class NoPrices : IPriceSource
    {
        public PriceSnapshot Current(TenantId tenant) => PriceSnapshot.Empty;
    }

    private sealed class KeptLetter : IDigestLetter
    {
        private readonly System.Collections.Concurrent.ConcurrentDictionary<Guid, Digest> _written = new();

        public bool CanSend => true;

        public Digest Of(Guid mail) => _written[mail];

        public OutboxMail Write(Guid id, Digest digest)
        {
            _written[id] = digest;
            return new OutboxMail
            {
                Id = id,
                TenantId = digest.Place.Tenant.Value,
                MemberId = digest.UserId,
                Recipient = digest.Recipient,
                Subject = "digest",
                CreatedAt = digest.ReadAt,
                DueAt = digest.ReadAt,
            };
        }
    }
}
