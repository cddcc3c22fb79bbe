using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace FinOps.Ingest.Mapping;

/// <summary>A stretch of the request's bytes.</summary>
internal readonly record struct Slice(int Offset, int Length)
{
    public int End => Offset + Length;

    public ReadOnlySpan<byte> In(ReadOnlySpan<byte> body) => body.Slice(Offset, Length);
}

/// <summary>The bytes are not protobuf. Thrown deep inside the reader, caught once by <see cref="TelemetryMapper"/>.</summary>
internal sealed class MalformedProtobufException(string message) : Exception(message);

/// <summary>
/// Reads protobuf fields of one message out of the request's bytes, without copying: nested messages are windows into the same bytes.
/// Every read is checked against the window. A field of an unexpected number or wire type is skipped, as the protobuf rules ask.
/// </summary>
internal ref struct ProtoReader
{
    /// <summary>Groups within groups that are skipped; deeper is malformed. Groups are a dead feature, so nobody honest needs more.</summary>
    private const int MaxGroupDepth = 32;

    private readonly ReadOnlySpan<byte> _body;
    private readonly int _end;
    private int _position;

    public ProtoReader(ReadOnlySpan<byte> body)
    {
        _body = body;
        _end = body.Length;
    }

    public ProtoReader(ReadOnlySpan<byte> body, Slice window)
    {
        _body = body;
        _position = window.Offset;
        _end = window.End;
    }

    /// <summary>The next field's tag (number × 8 + wire type), or false at the end of the message.</summary>
    public bool TryReadTag(out uint tag)
    {
        if (_position >= _end)
        {
            tag = 0;
            return false;
        }

        var value = _body[_position] < 0x80 ? _body[_position++] : ReadVarint();
        if (value > uint.MaxValue || value >> 3 == 0) Malformed("a tag without a field number");
        tag = (uint)value;
        return true;
    }

    public ulong ReadVarint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 70; shift += 7)
        {
            if (_position >= _end) Malformed("a number that ends after its message");
            var next = _body[_position++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80) return value;
        }

        Malformed("a number of more than ten bytes");
        return 0;
    }

    public ulong ReadFixed64()
    {
        if (_end - _position < 8) Malformed("a fixed number that ends after its message");
        var value = BinaryPrimitives.ReadUInt64LittleEndian(_body[_position..]);
        _position += 8;
        return value;
    }

    public uint ReadFixed32()
    {
        if (_end - _position < 4) Malformed("a fixed number that ends after its message");
        var value = BinaryPrimitives.ReadUInt32LittleEndian(_body[_position..]);
        _position += 4;
        return value;
    }

    /// <summary>The window of a nested message, string or byte field.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Slice ReadSlice()
    {
        var length = _position < _end && _body[_position] < 0x80 ? _body[_position++] : ReadVarint();
        if (length > (ulong)(_end - _position)) Malformed("a field that is longer than its message");
        var slice = new Slice(_position, (int)length);
        _position += (int)length;
        return slice;
    }

    /// <summary>Passes over the field whose tag was just read.</summary>
    public void Skip(uint tag) => Skip(tag, 0);

    private void Skip(uint tag, int depth)
    {
        switch (tag & 7)
        {
            case Wire.Varint: ReadVarint(); break;
            case Wire.Fixed64: ReadFixed64(); break;
            case Wire.Length: ReadSlice(); break;
            case Wire.Fixed32: ReadFixed32(); break;
            case Wire.StartGroup:
                if (depth == MaxGroupDepth) Malformed("groups nested too deep");
                while (true)
                {
                    if (!TryReadTag(out var inner)) Malformed("a group without an end");
                    if ((inner & 7) == Wire.EndGroup)
                    {
                        if (inner >> 3 != tag >> 3) Malformed("a group that ends as another");
                        return;
                    }

                    Skip(inner, depth + 1);
                }

            default: Malformed("an unknown wire type"); break;
        }
    }

    [DoesNotReturn]
    private static void Malformed(string what) => throw new MalformedProtobufException($"Malformed protobuf: {what}.");
}

internal static class Wire
{
    public const uint Varint = 0;
    public const uint Fixed64 = 1;
    public const uint Length = 2;
    public const uint StartGroup = 3;
    public const uint EndGroup = 4;
    public const uint Fixed32 = 5;
}
