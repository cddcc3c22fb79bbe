using FinOps.Analytics.Alerts;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Channels;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Analytics.Tests.Accounts;
using FinOps.Domain.Alerts;
using FinOps.Domain.Channels;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;

namespace FinOps.Analytics.Tests.Channels;

/// <summary>Messages on the real engine: written with their alerts, taken by one sender, never lost between two, and told together after an outage.</summary>
public sealed class MessageOutboxTests(ChannelPlace place) : IClassFixture<ChannelPlace>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Alerts_Raised_BringOneMessageEach_AndRolledBackNone()
    {
        var world = await ChannelWorld.NewAsync(place);
        var channel = await world.AddAsync("hook");
        await world.AddAsync("theirs", tenant: world.Theirs);

        await Assert.ThrowsAsync<InvalidOperationException>(() => world.Database.RunAsync<int>(world.Mine, async context =>
        {
            await RaiseAlerts.RaiseAsync(context, [ChannelWorld.New()], "test", Token);
            throw new InvalidOperationException();
        }, Token));
        Assert.Empty(await world.MessagesAsync());

        var alert = ChannelWorld.New();
        var id = Assert.Single(await world.RaiseAsync(world.Mine, alert));
        Assert.Empty(await world.RaiseAsync(world.Mine, alert));
        var message = Assert.Single(await world.MessagesAsync());
        Assert.Equal((channel.Id, MessageState.Waiting, 0), (message.ChannelId, message.State, message.Tries));
        Assert.Equal([id], message.AlertIds);
        Assert.Empty(await world.MessagesAsync(world.Theirs));

        var taken = (await world.TakeAsync())!;
        Assert.Equal((world.Mine, message.Id), (taken.Tenant, taken.Id));
        Assert.Equal(id, Assert.Single((await world.Outbox.ReadAsync(taken, Token))!.Alerts).Row.Id);
        // Asked for as another tenant's it is nobody's.
        Assert.Null(await world.Outbox.ReadAsync(taken with { Tenant = world.Theirs }, Token));
        Assert.False(await world.Outbox.ResendAsync(world.Theirs, taken.Id, Actor.Start, Token));
        Assert.False(await world.NoteAsync(taken with { Tenant = world.Theirs }, DeliveryOutcome.Sent));
        Assert.True(await world.NoteAsync(taken, DeliveryOutcome.Sent));
        Assert.Equal(MessageState.Sent, Assert.Single(await world.MessagesAsync()).State);
        Assert.Single(await world.Outbox.LogAsync(world.Mine, channel.Id, 0, 10, Token));
        Assert.Empty(await world.Outbox.LogAsync(world.Theirs, channel.Id, 0, 10, Token));
    }

    [Fact]
    public async Task Take_BySeveralSendersAtOnce_GivesEachMessageToOne()
    {
        var world = await ChannelWorld.NewAsync(place);
        await world.AddAsync("hook");
        for (var i = 0; i < 30; i++) await world.RaiseAsync(world.Mine, ChannelWorld.New($"incident {i}"));

        var taken = await Task.WhenAll(Enumerable.Range(0, 6).Select(async _ =>
        {
            List<Guid> mine = [];
            while (await world.TakeAsync() is { } message) mine.Add(message.Id);
            return mine;
        }));

        Assert.Equal(30, taken.Sum(mine => mine.Count));
        Assert.Equal(30, taken.SelectMany(mine => mine).Distinct().Count());
    }

    [Fact]
    public async Task Sender_ThatDied_IsFollowedByAnotherUnderTheSameKey_AndDecidesNothingAnyMore()
    {
        var world = await ChannelWorld.NewAsync(place);
        await world.AddAsync("hook");
        await world.RaiseAsync(world.Mine, ChannelWorld.New());
        var first = (await world.TakeAsync())!;
        Assert.Null(await world.TakeAsync());

        // The lease is over.
        await world.HurryAsync();
        var second = (await world.TakeAsync())!;

        Assert.Equal((first.Id, first.IdempotencyKey, 2), (second.Id, second.IdempotencyKey, second.Tries));
        Assert.False(await world.NoteAsync(first, DeliveryOutcome.Refused));
        Assert.False(await world.NoteAsync(first, DeliveryOutcome.Failed, TimeSpan.Zero));
        Assert.True(await world.NoteAsync(second, DeliveryOutcome.Sent));
        Assert.False(await world.NoteAsync(second, DeliveryOutcome.Sent));
    }

    [Fact]
    public async Task Alerts_OfAnIncidentThatWaits_JoinIt_AndThoseThatComeWhileItIsToldFollow()
    {
        var world = await ChannelWorld.NewAsync(place);
        await world.AddAsync("hook");
        await world.RaiseAsync(world.Mine, ChannelWorld.New());
        await world.RaiseAsync(world.Mine, ChannelWorld.New());
        var taken = (await world.TakeAsync())!;
        Assert.Equal(2, taken.AlertIds.Count);
        var third = Assert.Single(await world.RaiseAsync(world.Mine, ChannelWorld.New()));
        Assert.Single(await world.MessagesAsync());

        Assert.True(await world.NoteAsync(taken, DeliveryOutcome.Sent));
        var next = (await world.TakeAsync())!;

        Assert.Equal((taken.Id, 2), (next.Id, next.Told));
        Assert.NotEqual(taken.IdempotencyKey, next.IdempotencyKey);
        Assert.Equal(third, Assert.Single((await world.Outbox.ReadAsync(next, Token))!.Alerts).Row.Id);
        Assert.True(await world.NoteAsync(next, DeliveryOutcome.Sent));
        Assert.Null(await world.TakeAsync());
    }

    /// <summary>Many incidents while the receiver is away: whoever comes back finds one message with all of them.</summary>
    [Fact]
    public async Task Outage_OfAReceiver_EndsInOneMessageWithAllThatWasRaised()
    {
        var world = await ChannelWorld.NewAsync(place);
        await world.AddAsync("hook");
        foreach (var incident in (string[])["a", "b"]) await world.RaiseAsync(world.Mine, ChannelWorld.New(incident));
        var (a, b) = ((await world.TakeAsync())!, (await world.TakeAsync())!);
        Assert.True(await world.NoteAsync(a, DeliveryOutcome.Failed, TimeSpan.FromMinutes(1)));
        Assert.True(await world.NoteAsync(b, DeliveryOutcome.Failed, TimeSpan.Zero));
        for (var i = 0; i < 20; i++) await world.RaiseAsync(world.Mine, ChannelWorld.New($"incident {i}"));

        var waiting = Assert.Single(await world.MessagesAsync());
        Assert.Equal((PlannedMessage.Backlog, 22, 22), (waiting.GroupKey, waiting.AlertIds.Length, waiting.AlertIds.Distinct().Count()));
        await world.HurryAsync();
        var told = (await world.TakeAsync())!;
        Assert.Equal(22, (await world.Outbox.ReadAsync(told, Token))!.Alerts.Count);
        Assert.True(await world.NoteAsync(told, DeliveryOutcome.Sent));
        Assert.Null(await world.TakeAsync());

        // The receiver is back: incidents are apart again.
        foreach (var incident in (string[])["c", "d"]) await world.RaiseAsync(world.Mine, ChannelWorld.New(incident));
        Assert.Equal(2, (await world.MessagesAsync()).Count(message => message.State == MessageState.Waiting));
    }

    [Fact]
    public async Task Message_WithMoreAlertsThanItNames_CountsTheRest()
    {
        var world = await ChannelWorld.NewAsync(place);
        await world.AddAsync("hook");
        await world.RaiseAsync(world.Mine, [.. Enumerable.Range(0, ChannelMessage.MaxAlerts - 1).Select(_ => ChannelWorld.New())]);
        await world.RaiseAsync(world.Mine, ChannelWorld.New(), ChannelWorld.New(), ChannelWorld.New());

        var message = Assert.Single(await world.MessagesAsync());
        Assert.Equal((ChannelMessage.MaxAlerts, 2), (message.AlertIds.Length, message.More));
        var taken = (await world.TakeAsync())!;
        Assert.True(await world.NoteAsync(taken, DeliveryOutcome.Sent));
        Assert.Equal((MessageState.Sent, 0), ((await world.MessagesAsync())[0].State, (await world.MessagesAsync())[0].More));
    }

    [Fact]
    public async Task Refused_Messages_AreKeptUntilSomebodySendsThemAgainOrForgetsThem()
    {
        var world = await ChannelWorld.NewAsync(place);
        await world.AddAsync("hook");
        await world.RaiseAsync(world.Mine, ChannelWorld.New());
        Assert.True(await world.NoteAsync((await world.TakeAsync())!, DeliveryOutcome.Refused));
        await world.RaiseAsync(world.Mine, ChannelWorld.New());
        Assert.True(await world.NoteAsync((await world.TakeAsync())!, DeliveryOutcome.Refused));

        var dead = await world.Outbox.ListAsync(world.Mine, new MessagesQuestion(MessageState.Dead, null, 0, 10), Token);
        Assert.Equal([("a", 1), ("a", 1)], dead.Select(one => (one.Reason, one.AlertIds.Length)));
        Assert.Equal(2, Assert.Single(await world.Book.ListAsync(world.Mine, Token)).Dead);
        // Both of one incident: each is a message of its own again.
        foreach (var one in dead) Assert.True(await world.Outbox.ResendAsync(world.Mine, one.Id, Actor.Start, Token));
        Assert.False(await world.Outbox.ResendAsync(world.Mine, dead[0].Id, Actor.Start, Token));
        Assert.True(await world.NoteAsync((await world.TakeAsync())!, DeliveryOutcome.Sent));
        Assert.True(await world.NoteAsync((await world.TakeAsync())!, DeliveryOutcome.Refused));
        var left = Assert.Single(await world.Outbox.ListAsync(world.Mine, new MessagesQuestion(MessageState.Dead, null, 0, 10), Token));
        Assert.True(await world.Outbox.ForgetAsync(world.Mine, left.Id, Actor.Start, Token));
        Assert.False(await world.Outbox.ForgetAsync(world.Mine, left.Id, Actor.Start, Token));
        // What people did stands in the record, once each; what changed nothing does not.
        var acts = await world.Database.RunAsync(world.Mine, context => context.AuditEntries.Where(entry => entry.Act.StartsWith("message.")).OrderBy(entry => entry.Sequence).Select(entry => entry.Act + " " + entry.SubjectName).ToListAsync(Token), Token);
        Assert.Equal(["message.resent hook", "message.resent hook", "message.forgotten hook"], acts);
    }

    [Fact]
    public async Task SnoozedAlert_IsToldAgainWhereItWasTold_OnlyWhileItIsOpen()
    {
        var world = await ChannelWorld.NewAsync(place);
        await world.AddAsync("mail", channel => channel with { Kind = ChannelKind.Email, Recipients = ["ann@x.test", "bob@x.test"] });
        var id = Assert.Single(await world.RaiseAsync(world.Mine, ChannelWorld.New()));
        var soon = TimeProvider.System.GetUtcNow().AddHours(1);
        Assert.Equal(AlertAct.Snoozed, (await world.Alerts.SnoozeAsync(world.Mine, id, soon.AddHours(1), Actor.Start, Token))!.Events[^1].Act);
        await world.Alerts.SnoozeAsync(world.Mine, id, soon, Actor.Start, Token);
        Assert.Null(await world.Alerts.SnoozeAsync(world.Theirs, id, soon, Actor.Start, Token));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => world.Alerts.SnoozeAsync(world.Mine, id, soon.AddDays(31), Actor.Start, Token));
        for (var i = 0; i < 2; i++) Assert.True(await world.NoteAsync((await world.TakeAsync())!, DeliveryOutcome.Sent));
        Assert.Null(await world.TakeAsync());

        await world.HurryAsync();
        var reminder = (await world.TakeAsync())!;
        Assert.Equal(MessageKind.Reminder, reminder.Kind);
        Assert.Single((await world.Outbox.ReadAsync(reminder, Token))!.Alerts);
        await world.Alerts.AcknowledgeAsync(world.Mine, id, Actor.Start, Token);
        Assert.Empty((await world.Outbox.ReadAsync((await world.TakeAsync())!, Token))!.Alerts);
        Assert.Null((await world.Alerts.FindAsync(ReadScope.Whole(world.Mine), id, Token))!.Row.SnoozedUntil);
    }

    [Fact]
    public async Task Recipients_WhoUnsubscribe_GetNothingThatWaitsOrComes_UntilTheyAreTakenOffAndAddedAnew()
    {
        var world = await ChannelWorld.NewAsync(place);
        var row = await world.AddAsync("mail", channel => channel with { Kind = ChannelKind.Email, Recipients = ["ann@x.test", "bob@x.test"] });
        await world.RaiseAsync(world.Mine, ChannelWorld.New());
        Assert.False(await world.Book.UnsubscribeAsync(world.Theirs, row.Id, "bob@x.test", null, Token));
        Assert.False(await world.Book.UnsubscribeAsync(world.Mine, row.Id, "cem@x.test", null, Token));
        Assert.True(await world.Book.UnsubscribeAsync(world.Mine, row.Id, "BOB@x.test", null, Token));
        Assert.True(await world.Book.UnsubscribeAsync(world.Mine, row.Id, "bob@x.test", null, Token));
        Assert.Equal("ann@x.test", Assert.Single(await world.MessagesAsync()).Recipient);

        var channel = row.ToChannel();
        await world.Book.ChangeAsync(world.Mine, channel with { Recipients = ["ann@x.test"] }, new ChannelSecrets(), 1, Actor.Start, Token);
        await Assert.ThrowsAsync<ChannelConflictException>(() => world.Book.ChangeAsync(world.Mine, channel, new ChannelSecrets(), 1, Actor.Start, Token));
        await world.Book.ChangeAsync(world.Mine, channel, new ChannelSecrets(), 2, Actor.Start, Token);
        await world.RaiseAsync(world.Mine, ChannelWorld.New("later"));
        Assert.Equal(["ann@x.test", "ann@x.test", "bob@x.test"], (await world.MessagesAsync()).Select(message => message.Recipient).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Channels_KeepSecretsFromPeople_AndGoWithAllThatIsTheirs()
    {
        var world = await ChannelWorld.NewAsync(place);
        world.Limits.MaxChannels = 1;
        var row = await world.AddAsync("hook");
        Assert.Equal("hooks.example.com", row.Shown);
        Assert.DoesNotContain("secret-path", row.Definition, StringComparison.Ordinal);
        var secrets = world.Cipher.Open(row)!;
        Assert.StartsWith("fin_wh_", secrets.Key, StringComparison.Ordinal);
        // A row that was copied to another tenant opens nothing.
        Assert.Null(world.Cipher.Open(new RecordedChannel { TenantId = world.Theirs.Value, Id = row.Id, Name = "n", Definition = "{}", Secrets = row.Secrets, Shown = "", Unsubscribed = [], Version = 1, ChangedAt = default, ChangedBy = "" }));
        var told = await world.Database.RunAsync(world.Mine, context => context.AuditEntries.AsNoTracking().Where(entry => entry.Act == AuditActs.ChannelMade).SingleAsync(Token), Token);
        Assert.DoesNotContain("secret-path", told.After, StringComparison.Ordinal);

        Assert.Contains("at most 1 channel", (await Assert.ThrowsAsync<TenancyException>(() => world.AddAsync("second"))).Message, StringComparison.Ordinal);
        foreach (var (address, word) in ((string, string)[])[("http://hooks.example.com/", "not https"), ("https://user:word@hooks.example.com/", "password"), ("ftp://x", "not https"), ("hook", "https address"), ("http://127.0.0.1/", "not https")])
            Assert.Contains(word, (await Assert.ThrowsAsync<TenancyException>(() => world.Book.ChangeAsync(world.Mine, row.ToChannel(), new ChannelSecrets(address), 1, Actor.Start, Token))).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<TenancyException>(() => world.Book.AddRouteAsync(world.Theirs, new AlertRoute(Guid.NewGuid(), "r") { Channels = [row.Id] }, Actor.Start, Token));

        await world.RaiseAsync(world.Mine, ChannelWorld.New());
        Assert.Null(await world.Book.RemoveAsync(world.Theirs, row.Id, Actor.Start, Token));
        Assert.NotNull(await world.Book.RemoveAsync(world.Mine, row.Id, Actor.Start, Token));
        Assert.Empty(await world.MessagesAsync());
        // The route leads nowhere now, and nothing fails.
        Assert.Single(await world.RaiseAsync(world.Mine, ChannelWorld.New()));
        Assert.Empty(await world.MessagesAsync());
    }

    [Fact]
    public async Task WayOfTheSender_OpensMessagesAlone()
    {
        var world = await ChannelWorld.NewAsync(place);
        await world.AddAsync("hook");
        await world.RaiseAsync(world.Mine, ChannelWorld.New());

        Assert.Equal((1, 0, 0, 0), await world.Database.RunAsync(StoreScope.Channels, async context => (
            await context.Set<ChannelMessage>().IgnoreQueryFilters().CountAsync(Token), await context.Set<RecordedChannel>().IgnoreQueryFilters().CountAsync(Token),
            await context.Set<RecordedAlert>().IgnoreQueryFilters().CountAsync(Token), await context.Set<RecordedRoute>().IgnoreQueryFilters().CountAsync(Token)), Token));
    }
}
