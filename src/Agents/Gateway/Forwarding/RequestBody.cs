using System.Buffers;
using System.IO.Pipelines;

namespace FinOps.Gateway.Forwarding;

/// <summary>The bytes of one request, in a rented array. Whoever may still be sending them keeps it from going back (<see cref="Abandon"/>).</summary>
internal sealed class RequestBody : IDisposable
{
    private const int FirstSize = 4096;

    /// <summary>Of what a caller says that it will send as much is taken before it comes.</summary>
    private const int MostBefore = 256 << 10;

    private readonly BodyMemory _memory;
    private byte[] _array;
    private bool _isLent;

    private RequestBody(BodyMemory memory, byte[] array) => (_memory, _array) = (memory, array);

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Memory => _array.AsMemory(0, Length);

    public ReadOnlySpan<byte> Span => _array.AsSpan(0, Length);

    /// <summary>Reads all of it.</summary>
    /// <returns>The body, or why it is not taken: it is longer than allowed, or too many are read already.</returns>
    public static async ValueTask<(RequestBody? Body, Refusal? Refusal)> ReadAsync(PipeReader reader, long? told, int most, BodyMemory memory, CancellationToken cancellationToken)
    {
        if (told > most) return (null, Refusal.TooLong(most));
        var body = new RequestBody(memory, []);
        var isWhole = false;
        try
        {
            if (!body.TryGrow((int)Math.Clamp(told ?? FirstSize, 1, MostBefore))) return (null, Refusal.Full);
            while (true)
            {
                var read = await reader.ReadAsync(cancellationToken);
                var buffer = read.Buffer;
                var length = body.Length + buffer.Length;
                var refusal = length > most ? Refusal.TooLong(most) : length > body._array.Length && !body.TryGrow((int)Math.Min(most, Math.Max(length, told ?? (2L * body._array.Length)))) ? Refusal.Full : null;
                if (refusal is not null)
                {
                    reader.AdvanceTo(buffer.End);
                    return (null, refusal);
                }

                buffer.CopyTo(body._array.AsSpan(body.Length));
                body.Length = (int)length;
                reader.AdvanceTo(buffer.End);
                if (!read.IsCompleted) continue;
                if (length > EventLoop.MaxBytes) await EventLoop.Leave();
                isWhole = true;
                return (body, null);
            }
        }
        finally
        {
            if (!isWhole) body.Dispose();
        }
    }

    /// <summary>False: there is no room.</summary>
    private bool TryGrow(int size)
    {
        var larger = ArrayPool<byte>.Shared.Rent(size);
        if (!_memory.TryTake(larger.Length - _array.Length))
        {
            ArrayPool<byte>.Shared.Return(larger);
            return false;
        }

        Span.CopyTo(larger);
        if (_array.Length > 0) ArrayPool<byte>.Shared.Return(_array);
        _array = larger;
        return true;
    }

    /// <summary>
    /// A connection that was given up may still read from the array, and what another caller writes into it must not be sent there: it is left to the collector. Until then further attempts read it, too.
    /// </summary>
    public void Lend() => _isLent = true;

    public void Dispose()
    {
        _memory.Give(_array.Length);
        if (!_isLent && _array.Length > 0) ArrayPool<byte>.Shared.Return(_array);
        _array = [];
    }
}
