using FinOps.Analytics.Stores.Postgres;
using Microsoft.EntityFrameworkCore;

namespace FinOps.Analytics.Tenancy;

/// <summary>Where and how a session begins.</summary>
public sealed record SessionStart(Guid UserId, string Device, string Address, string Method);

/// <summary>Begins, looks up, lists and ends sessions. They are a person's, not a tenant's: every question names the person.</summary>
public sealed class UserSessions(FinOpsDatabase database, TimeProvider clock)
{
    /// <summary>Sessions of one person. Default 50; the one seen longest ago ends when one more begins.</summary>
    public const int MaxPerUser = 50;

    public async Task<Guid> StartAsync(SessionStart start, TimeSpan lifetime, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await using var context = database.OpenWithoutTenant();
        var extra = await context.Sessions.Where(row => row.UserId == start.UserId).OrderByDescending(row => row.LastSeenAt)
            .Skip(MaxPerUser - 1).Select(row => row.Id).ToListAsync(cancellationToken);
        if (extra.Count > 0) await context.Sessions.Where(row => extra.Contains(row.Id)).ExecuteDeleteAsync(cancellationToken);
        var session = new UserSession
        {
            // Not by time: nobody shall guess from one id what the next is.
            Id = Guid.NewGuid(),
            UserId = start.UserId,
            CreatedAt = now,
            LastSeenAt = now,
            ExpiresAt = now + lifetime,
            Address = Cut(start.Address, UserSession.MaxAddressLength),
            Device = Cut(start.Device, UserSession.MaxDeviceLength),
            Method = Cut(start.Method, UserSession.MaxMethodLength),
        };
        context.Sessions.Add(session);
        await context.SaveChangesAsync(cancellationToken);
        return session.Id;
    }

    public async Task<bool> IsOpenAsync(Guid userId, Guid session, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await using var context = database.OpenWithoutTenant();
        return await context.Sessions.AnyAsync(row => row.Id == session && row.UserId == userId && row.ExpiresAt > now, cancellationToken);
    }

    /// <summary>Notes that it is in use, which also makes it last longer.</summary>
    public async Task SeenAsync(Guid session, string? address, TimeSpan lifetime, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await using var context = database.OpenWithoutTenant();
        var row = context.Sessions.Where(row => row.Id == session);
        if (address is null)
        {
            await row.ExecuteUpdateAsync(set => set.SetProperty(s => s.LastSeenAt, now).SetProperty(s => s.ExpiresAt, now + lifetime), cancellationToken);
            return;
        }

        var from = Cut(address, UserSession.MaxAddressLength);
        await row.ExecuteUpdateAsync(
            set => set.SetProperty(s => s.LastSeenAt, now).SetProperty(s => s.ExpiresAt, now + lifetime).SetProperty(s => s.Address, from), cancellationToken);
    }

    /// <summary>The person's open sessions, the one in use last first.</summary>
    public async Task<IReadOnlyList<UserSession>> OfUserAsync(Guid userId, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await using var context = database.OpenWithoutTenant();
        return await context.Sessions.AsNoTracking().Where(row => row.UserId == userId && row.ExpiresAt > now)
            .OrderByDescending(row => row.LastSeenAt).Take(MaxPerUser).ToListAsync(cancellationToken);
    }

    public Task<int> EndAsync(Guid userId, Guid session, CancellationToken cancellationToken) =>
        DeleteAsync(rows => rows.Where(row => row.UserId == userId && row.Id == session), cancellationToken);

    public Task<int> EndOthersAsync(Guid userId, Guid keep, CancellationToken cancellationToken) =>
        DeleteAsync(rows => rows.Where(row => row.UserId == userId && row.Id != keep), cancellationToken);

    public Task<int> EndAllAsync(Guid userId, CancellationToken cancellationToken) =>
        DeleteAsync(rows => rows.Where(row => row.UserId == userId), cancellationToken);

    public Task<int> RemoveExpiredAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        return DeleteAsync(rows => rows.Where(row => row.ExpiresAt <= now), cancellationToken);
    }

    private async Task<int> DeleteAsync(Func<IQueryable<UserSession>, IQueryable<UserSession>> which, CancellationToken cancellationToken)
    {
        await using var context = database.OpenWithoutTenant();
        return await which(context.Sessions).ExecuteDeleteAsync(cancellationToken);
    }

    private static string Cut(string text, int length) => text.Length > length ? text[..length] : text;
}

/// <summary>The job that forgets sessions that nobody used for as long as they last.</summary>
public sealed class RemoveExpiredSessions(UserSessions sessions)
{
    public Task RunAsync(CancellationToken cancellationToken) => sessions.RemoveExpiredAsync(cancellationToken);
}
