using Microsoft.Extensions.Options;

namespace FinOps.Ingest.Otlp.Bodies;

/// <summary>Bytes of bodies and requests in work, over all connections: what keeps memory bounded under a flood. Each tenant has a share of it.</summary>
internal sealed class MemoryBudget(IOptions<OtlpOptions> options)
{
    private readonly OtlpOptions _options = options.Value;
    private long _bytes;
    private int _requests;

    public long Bytes => Interlocked.Read(ref _bytes);

    public int Requests => Volatile.Read(ref _requests);

    public int FreeRequests => _options.MaxConcurrentRequests - Requests;

    public long FreeBytes => _options.MaxBufferedBytes - Bytes;

    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _requests) <= _options.MaxConcurrentRequests) return true;
        Interlocked.Decrement(ref _requests);
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref _requests);

    public bool TryTake(int bytes)
    {
        if (Interlocked.Add(ref _bytes, bytes) <= _options.MaxBufferedBytes) return true;
        Interlocked.Add(ref _bytes, -bytes);
        return false;
    }

    public void Return(int bytes) => Interlocked.Add(ref _bytes, -bytes);
}

/// <summary>
/// One tenant's part of the budget. It may hold up to <see cref="TimesFree"/> times what is still free: alone three quarters of everything, beside others as
/// much as each of them, and a part is always left for who comes next. (Dynamic thresholds, as switches share their buffers: Choudhury and Hahne, 1998.)
/// </summary>
internal sealed class MemoryShare(MemoryBudget budget)
{
    /// <summary>Default 3: with n tenants that take all they get, each holds 3/(3n+1) of the budget, and 1/(3n+1) stays free.</summary>
    public const int TimesFree = 3;

    private long _bytes;
    private int _requests;

    /// <summary>For a request that the budget has let in already: takes one of its places for the tenant.</summary>
    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _requests) <= Math.Max(1, TimesFree * (long)budget.FreeRequests)) return true;
        Interlocked.Decrement(ref _requests);
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref _requests);

    public bool TryTake(int bytes)
    {
        var free = budget.FreeBytes;
        if (!budget.TryTake(bytes)) return false;
        if (Interlocked.Add(ref _bytes, bytes) <= TimesFree * free) return true;
        Return(bytes);
        return false;
    }

    public void Return(int bytes)
    {
        Interlocked.Add(ref _bytes, -bytes);
        budget.Return(bytes);
    }
}
