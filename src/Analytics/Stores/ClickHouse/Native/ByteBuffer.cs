using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;

namespace FinOps.Analytics.Stores.ClickHouse.Native;

/// <summary>A growing run of bytes from the shared array pool. Appending does not allocate once it has grown to the size of a block.</summary>
internal sealed class ByteBuffer
{
    private const int FirstBytes = 1_024;

    private byte[] _bytes = [];

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, Length);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Append<T>(T value) where T : unmanaged
    {
        var length = Length;
        if (_bytes.Length - length < Unsafe.SizeOf<T>()) Grow(Unsafe.SizeOf<T>());
        // Native is little-endian, and so is every machine that .NET 10 runs on.
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref System.Runtime.InteropServices.MemoryMarshal.GetArrayDataReference(_bytes), length), value);
        Length = length + Unsafe.SizeOf<T>();
    }

    /// <summary>Room for so many bytes at the end; <see cref="Advance"/> tells how many were written.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Span<byte> Reserve(int count)
    {
        if (_bytes.Length - Length < count) Grow(count);
        return _bytes.AsSpan(Length);
    }

    public void Advance(int count) => Length += count;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Reserve(bytes.Length));
        Length += bytes.Length;
    }

    public void AppendVarUInt(ulong value)
    {
        while (value >= 0x80)
        {
            Append((byte)(value | 0x80));
            value >>= 7;
        }

        Append((byte)value);
    }

    /// <summary>A length and UTF-8; what is not valid UTF-16 becomes U+FFFD.</summary>
    public void AppendString(string? value)
    {
        // A null that slipped through must not leave this column a row shorter than the others.
        value ??= "";
        if (value.Length <= 42)
        {
            // At most 126 bytes, so the length is one byte and can be filled in afterwards.
            var room = Reserve(1 + 3 * value.Length);
            var written = Encoding.UTF8.GetBytes(value, room[1..]);
            room[0] = (byte)written;
            Length += 1 + written;
            return;
        }

        var bytes = Encoding.UTF8.GetByteCount(value);
        AppendVarUInt((ulong)bytes);
        Encoding.UTF8.GetBytes(value, Reserve(bytes));
        Length += bytes;
    }

    public void OverwriteUInt64(int position, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(_bytes.AsSpan(position), value);

    /// <summary>Rewrites the numbers from <paramref name="start"/> on twice as wide: from 1 to 2 bytes, or from 2 to 4.</summary>
    public void Widen(int start, int width)
    {
        var count = (Length - start) / width;
        Reserve(count * width);
        var bytes = _bytes.AsSpan(start);
        for (var i = count - 1; i >= 0; i--)
        {
            if (width == 1)
                BinaryPrimitives.WriteUInt16LittleEndian(bytes[(i * 2)..], bytes[i]);
            else
                BinaryPrimitives.WriteUInt32LittleEndian(bytes[(i * 4)..], BinaryPrimitives.ReadUInt16LittleEndian(bytes[(i * 2)..]));
        }

        Length += count * width;
    }

    public void Truncate(int length) => Length = length;

    public void Clear() => Length = 0;

    /// <summary>Gives the memory back to the pool.</summary>
    public void Release()
    {
        if (_bytes.Length > 0) ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
        Length = 0;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Grow(int count)
    {
        var wanted = Math.Max(FirstBytes, Math.Max(checked(Length + count), (int)Math.Min(Array.MaxLength, 2L * _bytes.Length)));
        var grown = ArrayPool<byte>.Shared.Rent(wanted);
        _bytes.AsSpan(0, Length).CopyTo(grown);
        if (_bytes.Length > 0) ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = grown;
    }
}
