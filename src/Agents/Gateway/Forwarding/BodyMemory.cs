namespace FinOps.Gateway.Forwarding;

/// <summary>What all bodies that are read take together: many slow callers with long ones do not take all the memory there is.</summary>
/// <param name="maxBytes">Of all.</param>
internal sealed class BodyMemory(long maxBytes)
{
    private long _taken;

    /// <summary>Bytes.</summary>
    public long Taken => Interlocked.Read(ref _taken);

    /// <summary>False: there is no room for it now.</summary>
    public bool TryTake(int bytes)
    {
        if (Interlocked.Add(ref _taken, bytes) <= maxBytes) return true;
        Give(bytes);
        return false;
    }

    public void Give(int bytes) => Interlocked.Add(ref _taken, -bytes);
}
