using FinOps.Analytics.Mail;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Analytics.Tests.Prices;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace FinOps.Analytics.Tests.Accounts;

public sealed class MailOutboxTests(PriceBookFixture postgres)
{
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(2);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Take_BySeveralSendersAtOnce_GivesEachMailToOne()
    {
        await using var box = await Box.OpenAsync(postgres);
        for (var i = 0; i < 40; i++) await box.WriteAsync();

        var taken = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            List<Guid> mine = [];
            while (await box.Outbox.TakeAsync(3, Lease, Token) is { Count: > 0 } mails) mine.AddRange(mails.Select(mail => mail.Id));
            return mine;
        }));

        Assert.Equal(40, taken.Sum(mine => mine.Count));
        Assert.Equal(40, taken.SelectMany(mine => mine).Distinct().Count());
    }

    [Fact]
    public async Task Take_AfterASenderDied_GivesTheMailOnceTheLeaseIsOver()
    {
        await using var box = await Box.OpenAsync(postgres);
        await box.WriteAsync();
        var first = Assert.Single(await box.Outbox.TakeAsync(1, Lease, Token));
        Assert.Empty(await box.Outbox.TakeAsync(1, Lease, Token));

        await box.PassAsync(Lease);
        var second = Assert.Single(await box.Outbox.TakeAsync(1, Lease, Token));

        Assert.Equal((first.Id, 2), (second.Id, second.Tries));
        // The one that was thought dead comes back: it decides nothing any more.
        Assert.False(await box.Outbox.SentAsync(first, Token));
        Assert.False(await box.Outbox.FailedAsync(first, "late", null, Token));
        Assert.True(await box.Outbox.SentAsync(second, Token));
        Assert.False(await box.Outbox.SentAsync(second, Token));
    }

    [Fact]
    public async Task Mail_WhoseTransactionIsRolledBack_IsNeverSent()
    {
        await using var box = await Box.OpenAsync(postgres);

        await Assert.ThrowsAsync<InvalidOperationException>(() => box.Database.RunAsync<int>(box.Tenant, async context =>
        {
            context.Mails.Add(box.NewMail());
            await context.SaveChangesAsync(Token);
            throw new InvalidOperationException();
        }, Token));

        Assert.Empty(await box.Outbox.TakeAsync(10, Lease, Token));
    }

    [Fact]
    public async Task Failed_Mail_WaitsAndIsGivenUpAndTriedAgain()
    {
        await using var box = await Box.OpenAsync(postgres);
        await box.WriteAsync();
        var mail = Assert.Single(await box.Outbox.TakeAsync(1, Lease, Token));
        Assert.True(await box.Outbox.FailedAsync(mail, "450 busy", TimeSpan.Zero, Token));
        mail = Assert.Single(await box.Outbox.TakeAsync(1, Lease, Token));
        Assert.True(await box.Outbox.FailedAsync(mail, new string('x', 2000), again: null, Token));

        var dead = Assert.Single(await box.Outbox.DeadAsync(Token));
        Assert.Equal((mail.Id, 2, OutboxMail.MaxReasonLength), (dead.Id, dead.Tries, dead.Reason.Length));
        Assert.Empty(await box.Outbox.TakeAsync(1, Lease, Token));
        Assert.Equal(new MailCounts(0, 0, 1), await box.Outbox.CountAsync(Token));

        Assert.True(await box.Outbox.TryAgainAsync(dead.Id, Token));
        Assert.False(await box.Outbox.TryAgainAsync(dead.Id, Token));
        mail = Assert.Single(await box.Outbox.TakeAsync(1, Lease, Token));
        Assert.Equal(1, mail.Tries);
        Assert.Equal([1, 2, 3], mail.Body);
        Assert.True(await box.Outbox.SentAsync(mail, Token));
        Assert.Equal(new MailCounts(0, 1, 0), await box.Outbox.CountAsync(Token));
        // What was sent keeps no text, and is forgotten in time.
        Assert.Null(await box.Database.RunAsync(box.Tenant, context => context.Mails.Select(row => row.Body).SingleAsync(Token), Token));
        Assert.Equal(0, await box.Outbox.RemoveSentAsync(TimeSpan.FromDays(1), Token));
        Assert.Equal(1, await box.Outbox.RemoveSentAsync(TimeSpan.Zero, Token));
    }

    private sealed class Box(ServiceProvider services, TenantId tenant) : IAsyncDisposable
    {
        public MailOutbox Outbox { get; } = new(services.GetRequiredService<FinOpsDatabase>());

        public FinOpsDatabase Database { get; } = services.GetRequiredService<FinOpsDatabase>();

        public TenantId Tenant => tenant;

        public static async Task<Box> OpenAsync(PriceBookFixture postgres)
        {
            var services = await postgres.CreateAsync();
            return new Box(services, (await services.GetRequiredService<Tenants>().EnsureAsync("Mailing Ltd", Token)).Id);
        }

        public Task WriteAsync() => Database.RunAsync(tenant, context =>
        {
            context.Mails.Add(NewMail());
            return context.SaveChangesAsync(Token);
        }, Token);

        /// <summary>As if so much time had passed: the clock is the database's.</summary>
        public Task PassAsync(TimeSpan time) =>
            Database.RunAsync(StoreScope.Mail, context => context.Database.ExecuteSqlAsync($"UPDATE finops.mail_outbox SET due_at = due_at - {time}", Token), Token);

        public OutboxMail NewMail() => new()
        {
            Id = Guid.NewGuid(),
            TenantId = tenant.Value,
            Recipient = "a@b.test",
            Subject = "s",
            Body = [1, 2, 3],
            CreatedAt = DateTimeOffset.UnixEpoch,
            DueAt = DateTimeOffset.UnixEpoch,
        };

        public ValueTask DisposeAsync() => services.DisposeAsync();
    }
}
