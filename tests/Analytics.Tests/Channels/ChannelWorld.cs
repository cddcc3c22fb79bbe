using FinOps.Analytics.Alerts;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Channels;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Analytics.Tests.Prices;
using FinOps.Domain.Alerts;
using FinOps.Domain.Channels;
using FinOps.Domain.Tenancy;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;

namespace FinOps.Analytics.Tests.Channels;

/// <summary>One database for all tests of a class, which run one after the other.</summary>
public sealed class ChannelPlace(PriceBookFixture postgres) : IAsyncLifetime
{
    internal ServiceProvider Services { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Services = await postgres.CreateAsync();

    public ValueTask DisposeAsync() => Services.DisposeAsync();
}

/// <summary>Two tenants of a test's own, with channels and alerts.</summary>
internal sealed class ChannelWorld(ServiceProvider services)
{
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(1);

    public TenantId Mine { get; private set; }

    public TenantId Theirs { get; private set; }

    public FinOpsDatabase Database { get; } = services.GetRequiredService<FinOpsDatabase>();

    public ChannelCipher Cipher { get; } = new(new EphemeralDataProtectionProvider());

    public ChannelOptions Limits { get; } = new();

    public ChannelBook Book => new(Database, Cipher, TimeProvider.System, Options.Create(Limits));

    public MessageOutbox Outbox => new(Database);

    public AlertBook Alerts => new(Database, TimeProvider.System);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<ChannelWorld> NewAsync(ChannelPlace place)
    {
        var world = new ChannelWorld(place.Services);
        var tenants = world.Services.GetRequiredService<Tenants>();
        (world.Mine, world.Theirs) = ((await tenants.EnsureAsync($"Mine {Guid.NewGuid():N}", Token)).Id, (await tenants.EnsureAsync($"Theirs {Guid.NewGuid():N}", Token)).Id);
        // Senders take what waits, whoever left it.
        await using var owner = world.OpenOwner();
        await using var clear = owner.CreateCommand("DELETE FROM finops.channel_messages");
        await clear.ExecuteNonQueryAsync(Token);
        return world;
    }

    private ServiceProvider Services => services;

    public NpgsqlDataSource OpenOwner() => NpgsqlDataSource.Create(services.GetRequiredService<PostgresOptions>().ForOwner()!);

    /// <summary>A channel with a route that brings it everything.</summary>
    public async Task<RecordedChannel> AddAsync(string name, Func<Channel, Channel>? change = null, TenantId? tenant = null)
    {
        var channel = new Channel(Guid.NewGuid(), name, ChannelKind.Webhook);
        channel = change?.Invoke(channel) ?? channel;
        var made = await Book.AddAsync(tenant ?? Mine, channel, channel.Kind == ChannelKind.Webhook ? new ChannelSecrets("https://hooks.example.com/secret-path") : new ChannelSecrets(), Actor.Start, Token);
        await Book.AddRouteAsync(tenant ?? Mine, new AlertRoute(Guid.NewGuid(), name) { Channels = [channel.Id] }, Actor.Start, Token);
        return made.Row;
    }

    /// <summary>Raises alerts as a job does; gives their ids in their order.</summary>
    public Task<IReadOnlyList<Guid>> RaiseAsync(TenantId tenant, params Alert[] alerts) => Database.RunAsync(tenant, context => RaiseAlerts.RaiseAsync(context, alerts, "test", Token), Token);

    public static Alert New(string group = "incident", AlertSeverity severity = AlertSeverity.Warning) =>
        new(AlertKind.Budget, severity, $"{group}/{Guid.NewGuid()}", group, "s", TimeProvider.System.GetUtcNow());

    /// <summary>Whatever waits is due now.</summary>
    public async Task HurryAsync()
    {
        await using var owner = OpenOwner();
        await using var hurry = owner.CreateCommand("UPDATE finops.channel_messages SET due_at = now() WHERE state = 'Waiting'");
        await hurry.ExecuteNonQueryAsync(Token);
    }

    public Task<TakenMessage?> TakeAsync() => Outbox.TakeAsync(Lease, [], [], Token);

    public Task<bool> NoteAsync(TakenMessage message, DeliveryOutcome outcome, TimeSpan? again = null)
    {
        var attempt = new ChannelAttempt { TenantId = message.Tenant.Value, Id = Guid.NewGuid(), ChannelId = message.Channel, MessageId = message.Id, Recipient = message.Recipient, At = TimeProvider.System.GetUtcNow(), Outcome = outcome, Status = 1, Answer = "a", Milliseconds = 1, Alerts = 1 };
        return Outbox.NoteAsync(message, new DeliveryAnswer(outcome, 1, "a"), attempt, again, Token);
    }

    public Task<List<ChannelMessage>> MessagesAsync(TenantId? tenant = null) =>
        Database.RunAsync(tenant ?? Mine, context => context.Set<ChannelMessage>().AsNoTracking().OrderBy(row => row.CreatedAt).ThenBy(row => row.GroupKey).ToListAsync(Token), Token);
}
