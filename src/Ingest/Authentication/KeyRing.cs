using System.Collections.Concurrent;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Tenancy;
using FinOps.Ingest.Health;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FinOps.Ingest.Authentication;

/// <summary>What a key opens. The principal is told for refused keys too, so that the refusal is counted with its tenant.</summary>
internal readonly record struct KeyDecision(IngestPrincipal? Principal, IngestReason Reason);

/// <summary>
/// Keys seen lately, so that a request costs no query. Known keys are asked for again after a few seconds; while PostgreSQL is away they go on for a named
/// time, and unknown ones are told to come back instead of being refused for good.
/// </summary>
internal sealed class KeyRing(IKeyDirectory directory, IOptions<KeyRingOptions> options, TimeProvider clock, ILogger<KeyRing> log) : IDisposable
{
    private readonly KeyRingOptions _options = options.Value;
    private readonly TimeSpan _maxAge = TimeSpan.FromSeconds(options.Value.MaxAgeSeconds);
    private readonly TimeSpan _grace = TimeSpan.FromMinutes(options.Value.GraceMinutes);
    private readonly ConcurrentDictionary<TokenHash, KeyState> _keys = new();
    private readonly SemaphoreSlim _lookups = new(options.Value.MaxConcurrentLookups);
    private int _count;
    private int _away;
    private long _failedAt;

    internal int Count => Volatile.Read(ref _count);

    public ValueTask<KeyDecision> ResolveAsync(TokenHash hash, CancellationToken cancellationToken)
    {
        if (!_keys.TryGetValue(hash, out var state)) state = Add(hash);
        return state.Answer is { } answer && clock.GetElapsedTime(answer.CheckedAt) <= _maxAge
            ? new ValueTask<KeyDecision>(Judge(state, answer))
            : ResolveSlowlyAsync(hash, state, cancellationToken);
    }

    /// <summary>The keys used since the last call, for the directory.</summary>
    internal List<KeyUse> TakeUses()
    {
        List<KeyUse> uses = [];
        foreach (var state in _keys.Values)
        {
            var used = Volatile.Read(ref state.UsedUnixMillis);
            if (used <= state.RecordedUnixMillis || state.Answer?.Principal is not { } principal) continue;
            state.RecordedUnixMillis = used;
            uses.Add(new KeyUse(principal.KeyId, DateTimeOffset.FromUnixTimeMilliseconds(used)));
        }

        return uses;
    }

    public void Dispose() => _lookups.Dispose();

    private async ValueTask<KeyDecision> ResolveSlowlyAsync(TokenHash hash, KeyState state, CancellationToken cancellationToken)
    {
        Task<bool> lookup;
        lock (state)
        {
            // Another request's look-up has ended while this one came here.
            if (state.Answer is { } fresh && clock.GetElapsedTime(fresh.CheckedAt) <= _maxAge) return Judge(state, fresh);
            // On another thread: the directory's own work must not hold the lock, or a flood waits in it with all of the pool's threads.
            if (state.Lookup is not { IsCompleted: false }) state.Lookup = Task.Run(() => LookUpAsync(hash, state), CancellationToken.None);
            lookup = state.Lookup;
        }

        var asked = await lookup.WaitAsync(cancellationToken);
        if (state.Answer is not { } answer) return new KeyDecision(null, IngestReason.KeyStoreAway);
        if (asked) return Judge(state, answer);
        return answer.Principal is not null && clock.GetElapsedTime(answer.CheckedAt) <= _grace
            ? Judge(state, answer)
            : new KeyDecision(answer.Principal, IngestReason.KeyStoreAway);
    }

    /// <summary>Asks the directory, for all requests that wait for this key. False: it could not be asked.</summary>
    private async Task<bool> LookUpAsync(TokenHash hash, KeyState state)
    {
        if (Volatile.Read(ref _away) == 1 && clock.GetElapsedTime(Interlocked.Read(ref _failedAt)) < TimeSpan.FromSeconds(_options.RetrySeconds)) return false;

        // Not the request's token: other requests wait for the same answer.
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(_options.LookupTimeoutSeconds), clock);
        try
        {
            await _lookups.WaitAsync(timeout.Token);
            try
            {
                var record = await directory.FindAsync(hash.ToBytes(), timeout.Token).AsTask().WaitAsync(timeout.Token);
                state.Answer = new KeyAnswer(record, clock.GetTimestamp());
            }
            finally
            {
                _lookups.Release();
            }
        }
        catch (Exception exception)
        {
            // The boundary to the store of keys: whatever goes wrong behind it means the same here.
            Interlocked.Exchange(ref _failedAt, clock.GetTimestamp());
            if (Interlocked.Exchange(ref _away, 1) == 0) log.KeyStoreAway(exception);
            return false;
        }

        if (Interlocked.Exchange(ref _away, 0) == 1) log.KeyStoreBack();
        return true;
    }

    private KeyDecision Judge(KeyState state, KeyAnswer answer)
    {
        if (answer.Record is not { } record) return new KeyDecision(null, IngestReason.UnknownKey);
        var now = clock.GetUtcNow();
        if (record.RevokedAt <= now) return new KeyDecision(answer.Principal, IngestReason.RevokedKey);
        if (record.ExpiresAt <= now) return new KeyDecision(answer.Principal, IngestReason.ExpiredKey);
        if (!record.Sends) return new KeyDecision(answer.Principal, IngestReason.WrongKeyKind);
        if (record.IsSuspended) return new KeyDecision(answer.Principal, IngestReason.TenantSuspended);
        Volatile.Write(ref state.UsedUnixMillis, now.ToUnixTimeMilliseconds());
        return new KeyDecision(answer.Principal, IngestReason.Accepted);
    }

    private KeyState Add(TokenHash hash)
    {
        if (Volatile.Read(ref _count) >= _options.MaxEntries) Forget();
        var added = new KeyState();
        var state = _keys.GetOrAdd(hash, added);
        if (ReferenceEquals(state, added)) Interlocked.Increment(ref _count);
        return state;
    }

    /// <summary>Makes room: first what no key was found for, then what has not been asked for within the grace, then whatever is due for a look-up.</summary>
    private void Forget()
    {
        Forget(answer => answer.Record is null);
        Forget(answer => clock.GetElapsedTime(answer.CheckedAt) > _grace);
        if (Volatile.Read(ref _count) >= _options.MaxEntries) Forget(answer => clock.GetElapsedTime(answer.CheckedAt) > _maxAge);
        log.KeysForgotten(_options.MaxEntries);
    }

    private void Forget(Func<KeyAnswer, bool> which)
    {
        foreach (var (hash, state) in _keys)
        {
            // Without an answer and without a look-up under way it is the remains of one that failed.
            var forget = state.Answer is { } answer ? which(answer) : state.Lookup is { IsCompleted: true };
            if (forget && _keys.TryRemove(hash, out _)) Interlocked.Decrement(ref _count);
        }
    }

    private sealed class KeyAnswer(KeyRecord? record, long checkedAt)
    {
        public KeyRecord? Record => record;

        public long CheckedAt => checkedAt;

        public IngestPrincipal? Principal { get; } =
            record is null ? null : new IngestPrincipal(record.Tenant, record.Project, record.KeyId, record.Tags, record.HashKey);
    }

    private sealed class KeyState
    {
        public volatile KeyAnswer? Answer;
        public volatile Task<bool>? Lookup;
        public long UsedUnixMillis;
        public long RecordedUnixMillis;
    }
}
