using System.Buffers;
using System.IO.Pipelines;

namespace FinOps.Gateway.Forwarding;

/// <summary>The bytes of one request, in a rented array. Whoever may still be sending them keeps it from going back (<see cref="Abandon"/>).</summary>
internal sealed class RequestBody : IDisposable
{
    private const int FirstSize = 4096;

    private byte[] _array;
    private bool _isLent;

    private RequestBody(byte[] array, int length)
    {
        _array = array;
        Length = length;
    }

    public int Length { get; }

    public ReadOnlyMemory<byte> Memory => _array.AsMemory(0, Length);

    public ReadOnlySpan<byte> Span => _array.AsSpan(0, Length);

    /// <summary>Reads all of it. Null: it is longer than allowed.</summary>
    public static async ValueTask<RequestBody?> ReadAsync(PipeReader reader, long? told, int most, CancellationToken cancellationToken)
    {
        if (told > most) return null;
        var array = ArrayPool<byte>.Shared.Rent((int)Math.Max(told ?? FirstSize, 1));
        var length = 0;
        try
        {
            while (true)
            {
                var read = await reader.ReadAsync(cancellationToken);
                var buffer = read.Buffer;
                if (length + buffer.Length > most)
                {
                    reader.AdvanceTo(buffer.End);
                    ArrayPool<byte>.Shared.Return(array);
                    return null;
                }

                if (length + buffer.Length > array.Length) Grow(ref array, length, (int)Math.Min(most, Math.Max(length + buffer.Length, 2L * array.Length)));
                buffer.CopyTo(array.AsSpan(length));
                length += (int)buffer.Length;
                reader.AdvanceTo(buffer.End);
                if (!read.IsCompleted) continue;
                if (length > EventLoop.MaxBytes) await EventLoop.Leave();
                return new RequestBody(array, length);
            }
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(array);
            throw;
        }
    }

    private static void Grow(ref byte[] array, int length, int size)
    {
        var larger = ArrayPool<byte>.Shared.Rent(size);
        array.AsSpan(0, length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(array);
        array = larger;
    }

    /// <summary>
    /// A connection that was given up may still read from the array, and what another caller writes into it must not be sent there: it is left to the collector. Until then further attempts read it, too.
    /// </summary>
    public void Lend() => _isLent = true;

    public void Dispose()
    {
        if (!_isLent && _array.Length > 0) ArrayPool<byte>.Shared.Return(_array);
        _array = [];
    }
}
