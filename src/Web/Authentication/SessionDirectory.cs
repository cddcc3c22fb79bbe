using System.Collections.Concurrent;
using FinOps.Analytics.Tenancy;
using Microsoft.Extensions.Options;

namespace FinOps.Web.Authentication;

/// <summary>Limits of a session, section <c>FinOps:Sessions</c>.</summary>
public sealed class SessionOptions
{
    public const string Section = "FinOps:Sessions";

    /// <summary>Days after which a session that nobody uses is over. Default 14.</summary>
    public int IdleDays { get; set; } = 14;

    public TimeSpan Idle => TimeSpan.FromDays(IdleDays);
}

/// <summary>
/// Whether the session of a request or a circuit is still open. An answer holds for <see cref="Lifetime"/>, a circuit asks every three seconds: a session
/// that is ended anywhere is over everywhere within five.
/// </summary>
internal sealed class SessionDirectory(UserSessions sessions, IOptions<SessionOptions> options, TimeProvider clock)
{
    /// <summary>How long an answer is believed: a page loads many things at once.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(1);

    /// <summary>Between two notes of a session's use.</summary>
    private static readonly TimeSpan SeenInterval = TimeSpan.FromMinutes(1);

    /// <summary>Sessions remembered at once; over it all are forgotten, which costs one more look-up each.</summary>
    private const int MaxRemembered = 20_000;

    private readonly ConcurrentDictionary<Guid, Known> _known = new();

    public async ValueTask<bool> IsOpenAsync(Guid userId, Guid session, string? address, CancellationToken cancellationToken)
    {
        var remembered = _known.TryGetValue(session, out var known) && known.UserId == userId;
        if (remembered && clock.GetElapsedTime(known.AskedAt) < Lifetime) return true;
        if (!await sessions.IsOpenAsync(userId, session, cancellationToken))
        {
            _known.TryRemove(session, out _);
            return false;
        }

        var now = clock.GetTimestamp();
        var seen = remembered && clock.GetElapsedTime(known.SeenAt) < SeenInterval ? known.SeenAt : now;
        if (_known.Count >= MaxRemembered) _known.Clear();
        _known[session] = new Known(userId, now, seen);
        if (seen == now) await sessions.SeenAsync(session, address, options.Value.Idle, cancellationToken);
        return true;
    }

    /// <summary>After a session was ended by this process, which then need not wait for its own memory.</summary>
    public void Forget(Guid session) => _known.TryRemove(session, out _);

    /// <param name="UserId">Whose session it is.</param>
    /// <param name="AskedAt">When the store last said that it is open.</param>
    /// <param name="SeenAt">When its use was last noted.</param>
    private readonly record struct Known(Guid UserId, long AskedAt, long SeenAt);
}
