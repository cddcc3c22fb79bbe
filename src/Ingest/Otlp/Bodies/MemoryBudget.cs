using Microsoft.Extensions.Options;

namespace FinOps.Ingest.Otlp.Bodies;

/// <summary>Bytes of bodies and requests in work, over all connections: what keeps memory bounded under a flood.</summary>
internal sealed class MemoryBudget(IOptions<OtlpOptions> options)
{
    private readonly OtlpOptions _options = options.Value;
    private long _bytes;
    private int _requests;

    public long Bytes => Interlocked.Read(ref _bytes);

    public int Requests => Volatile.Read(ref _requests);

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
