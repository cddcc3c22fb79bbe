using FinOps.Analytics.Audit;
using FinOps.Analytics.Mail;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Analytics.Tests.Prices;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace FinOps.Analytics.Tests.Accounts;

public sealed class InvitationsTests(PriceBookFixture postgres)
{
    private static readonly Actor Admin = Actor.OfUser(Guid.NewGuid(), "admin@b.test");

    private static readonly TimeSpan Week = TimeSpan.FromDays(7);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Token_OfAnInvitation_IsKeptAsItsHashAlone()
    {
        await using var house = await House.OpenAsync(postgres);
        var made = await house.InviteAsync("New@Example.Test");

        var kept = await house.Database.RunAsync(house.Tenant, context => context.Invitations.SingleAsync(Token), Token);

        Assert.Equal("new@example.test", kept.Email);
        Assert.Equal(AccessKeyToken.Hash(made.Token), kept.Sha256);
        Assert.Equal(InvitationState.Open, (await house.Invitations.FindAsync(made.Token, Token))?.State);
    }

    [Fact]
    public async Task Accept_ByTwoAtOnce_MakesOneMember()
    {
        await using var house = await House.OpenAsync(postgres);
        var found = (await house.Invitations.FindAsync((await house.InviteAsync("a@b.test")).Token, Token))!;

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => house.Invitations.AcceptWithAccountAsync(found, House.Account($"a{i}@b.test"), null, Token)));

        Assert.Equal(1, outcomes.Count(accepted => accepted));
        Assert.Equal(1, await house.Database.RunAsync(house.Tenant, context => context.Memberships.CountAsync(Token), Token));
        Assert.Equal(["invitation.sent", "invitation.accepted", "member.added"], await house.ActsAsync());
        // Whoever was too late left no account behind.
        await using var everybody = house.Database.OpenWithoutTenant();
        Assert.Equal(1, await everybody.Users.CountAsync(Token));
    }

    [Fact]
    public async Task Token_ReplayedTamperedRevokedRenewedOrExpired_OpensNothing()
    {
        await using var house = await House.OpenAsync(postgres);
        var used = await house.InviteAsync("used@b.test");
        var found = (await house.Invitations.FindAsync(used.Token, Token))!;
        Assert.True(await house.Invitations.AcceptWithAccountAsync(found, House.Account("used@b.test"), null, Token));
        Assert.Equal(InvitationState.Accepted, (await house.Invitations.FindAsync(used.Token, Token))?.State);
        Assert.False(await house.Invitations.AcceptWithAccountAsync(found, House.Account("again@b.test"), null, Token));

        var tampered = used.Token[..^1] + (used.Token[^1] == 'A' ? 'B' : 'A');
        foreach (var wrong in (string[])[tampered, "", "fin_inv_", used.Token[..^4], used.Token + "x", "fin_api_" + used.Token[8..], "' OR 1=1 --"])
            Assert.Null(await house.Invitations.FindAsync(wrong, Token));

        var revoked = await house.InviteAsync("revoked@b.test");
        var open = (await house.Invitations.FindAsync(revoked.Token, Token))!;
        Assert.True(await house.Invitations.RevokeAsync(house.Tenant, revoked.Id, Admin, Token));
        Assert.False(await house.Invitations.RevokeAsync(house.Tenant, revoked.Id, Admin, Token));
        Assert.Equal(InvitationState.Revoked, (await house.Invitations.FindAsync(revoked.Token, Token))?.State);
        Assert.False(await house.Invitations.AcceptWithAccountAsync(open, House.Account("revoked@b.test"), null, Token));

        var former = await house.InviteAsync("twice@b.test");
        var newer = await house.InviteAsync("twice@b.test", TenantRole.Admin);
        Assert.Equal(former.Id, newer.Id);
        Assert.Null(await house.Invitations.FindAsync(former.Token, Token));
        Assert.Equal(TenantRole.Admin, (await house.Invitations.FindAsync(newer.Token, Token))?.Role);

        var expired = await house.Invitations.InviteAsync(house.Tenant, new InvitationRequest("late@b.test", TenantRole.Viewer, Admin), TimeSpan.FromSeconds(-1), _ => null, Token);
        var late = (await house.Invitations.FindAsync(expired.Token, Token))!;
        Assert.Equal(InvitationState.Expired, late.State);
        Assert.False(await house.Invitations.AcceptWithAccountAsync(late, House.Account("late@b.test"), null, Token));
    }

    [Fact]
    public async Task Invitation_OfAnotherTenant_CanBeNeitherRenewedNorRevoked()
    {
        await using var house = await House.OpenAsync(postgres);
        var made = await house.InviteAsync("a@b.test");
        var other = (await house.Tenants.EnsureAsync("Other Ltd", Token)).Id;

        Assert.False(await house.Invitations.RevokeAsync(other, made.Id, Admin, Token));
        Assert.Null(await house.Invitations.RenewAsync(other, made.Id, Admin, Week, _ => null, Token));
        Assert.Empty(await house.Invitations.OpenAsync(other, Token));
        Assert.Single(await house.Invitations.OpenAsync(house.Tenant, Token));
    }

    [Fact]
    public async Task OpenFor_AProvenAddress_GivesTheOpenOnesOfAllTenants()
    {
        await using var house = await House.OpenAsync(postgres);
        await house.InviteAsync("a@b.test");
        var other = (await house.Tenants.EnsureAsync("Other Ltd", Token)).Id;
        await house.Invitations.InviteAsync(other, new InvitationRequest("a@b.test", TenantRole.Admin, Admin), Week, _ => null, Token);
        var gone = await house.Invitations.InviteAsync((await house.Tenants.EnsureAsync("Third Ltd", Token)).Id, new InvitationRequest("a@b.test", TenantRole.Admin, Admin), TimeSpan.FromSeconds(-1), _ => null, Token);

        var open = await house.Invitations.OpenForAsync(" A@B.test ", Token);

        Assert.Equal([house.Tenant, other], open.Select(invitation => invitation.Tenant).OrderBy(tenant => tenant != house.Tenant));
        Assert.DoesNotContain(open, invitation => invitation.Id == gone.Id);
    }

    [Fact]
    public async Task Invite_WithMail_WritesItInTheSameTransaction()
    {
        await using var house = await House.OpenAsync(postgres);
        var made = await house.Invitations.InviteAsync(house.Tenant, new InvitationRequest("a@b.test", TenantRole.Viewer, Admin), Week, house.Letter, Token);

        Assert.True((await house.Invitations.FindAsync(made.Token, Token))?.Mailed);
        Assert.Equal(MailState.Waiting, Assert.Single(await house.Invitations.OpenAsync(house.Tenant, Token)).Mail);
        await Assert.ThrowsAsync<InvalidOperationException>(() => house.Invitations.InviteAsync(
            house.Tenant, new InvitationRequest("other@b.test", TenantRole.Viewer, Admin), Week, _ => throw new InvalidOperationException(), Token));
        Assert.Single(await house.Invitations.OpenAsync(house.Tenant, Token));
    }

    [Theory]
    [InlineData("no address")]
    [InlineData("")]
    [InlineData("a@b.test\r\nBcc: everybody@b.test")]
    [InlineData("Someone <a@b.test>")]
    public async Task Invite_WhatIsNoAddress_IsRefused(string email)
    {
        await using var house = await House.OpenAsync(postgres);

        await Assert.ThrowsAsync<TenancyException>(() => house.InviteAsync(email));
    }

    private sealed class House(ServiceProvider services, TenantId tenant) : IAsyncDisposable
    {
        public Invitations Invitations { get; } = services.GetRequiredService<Invitations>();

        public Tenants Tenants { get; } = services.GetRequiredService<Tenants>();

        public FinOpsDatabase Database { get; } = services.GetRequiredService<FinOpsDatabase>();

        public TenantId Tenant => tenant;

        public static async Task<House> OpenAsync(PriceBookFixture postgres)
        {
            var services = await postgres.CreateAsync();
            return new House(services, (await services.GetRequiredService<Tenants>().EnsureAsync("Inviting Ltd", Token)).Id);
        }

        public static AppUser Account(string email) => new()
        {
            Id = Guid.NewGuid(),
            UserName = email,
            NormalizedUserName = email.ToUpperInvariant(),
            Email = email,
            NormalizedEmail = email.ToUpperInvariant(),
            CreatedAt = DateTimeOffset.UnixEpoch,
        };

        public Task<MadeInvitation> InviteAsync(string email, TenantRole role = TenantRole.Viewer) =>
            Invitations.InviteAsync(tenant, new InvitationRequest(email, role, Admin), Week, _ => null, Token);

        public Task<List<string>> ActsAsync() => Database.RunAsync(tenant, context => context.AuditEntries.Where(entry => entry.Act != AuditActs.OrganisationCreated)
            .OrderBy(entry => entry.Sequence).Select(entry => entry.Act).ToListAsync(Token), Token);

        public OutboxMail Letter(MadeInvitation made) => new()
        {
            Id = Guid.NewGuid(),
            TenantId = made.Tenant.Value,
            Recipient = made.Email,
            Subject = "s",
            CreatedAt = DateTimeOffset.UnixEpoch,
            DueAt = DateTimeOffset.UnixEpoch,
        };

        public ValueTask DisposeAsync() => services.DisposeAsync();
    }
}
