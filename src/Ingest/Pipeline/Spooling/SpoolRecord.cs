using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using FinOps.Analytics.Stores.ClickHouse.Native;

namespace FinOps.Ingest.Pipeline.Spooling;

/// <summary>One block as it lies in a spool file.</summary>
/// <param name="Offset">Where its header begins.</param>
/// <param name="Columns">The columns by name: after an upgrade the block still says what it has, and new columns take their defaults.</param>
internal sealed record SpoolRecord(long Offset, string Table, string Columns, int Rows, DateTimeOffset WrittenAt, long BodyOffset, int BodyBytes, ulong BodyHash)
{
    public long End => BodyOffset + BodyBytes;
}

/// <summary>
/// The spool's file format: records one after another, each a fixed header, the table's name, its columns, and the block itself as ClickHouse takes it. All
/// numbers little-endian. Two XXH3 sums, one over what precedes the block and one over the block, tell a whole record from a torn one.
/// </summary>
internal static class SpoolFormat
{
    /// <summary>"FNSP" and version 1.</summary>
    private const ulong Magic = 0x0000_0001_5053_4E46;

    /// <summary>Magic 8, written at 8, body hash 8, rows 4, body bytes 4, table bytes 4, columns bytes 4, sum over all of this and the names 8.</summary>
    private const int FixedBytes = 48;

    private const int SumOffset = 40;

    /// <summary>Bytes of names in a header: what a reader will believe at most.</summary>
    private const int MaxNameBytes = 64 * 1024;

    /// <summary>Adds the record of a block to the pieces to be written, without copying the block. Returns its bytes.</summary>
    public static long Add(NativeBlock block, DateTimeOffset now, List<ReadOnlyMemory<byte>> pieces)
    {
        var first = pieces.Count;
        pieces.Add(default);
        block.AddPieces(pieces);
        var hash = new XxHash3();
        long body = 0;
        for (var i = first + 1; i < pieces.Count; i++)
        {
            hash.Append(pieces[i].Span);
            body += pieces[i].Length;
        }

        var header = Header(block.Table, block.ColumnList, block.Rows, now, checked((int)body), hash.GetCurrentHashAsUInt64());
        pieces[first] = header;
        return header.Length + body;
    }

    /// <summary>The record at an offset, or null when there is no whole header there.</summary>
    public static SpoolRecord? ReadHeader(Microsoft.Win32.SafeHandles.SafeFileHandle file, long offset, long length)
    {
        if (length - offset < FixedBytes) return null;
        Span<byte> start = stackalloc byte[FixedBytes];
        if (!ReadFully(file, start, offset) || BinaryPrimitives.ReadUInt64LittleEndian(start) != Magic) return null;
        var body = BinaryPrimitives.ReadInt32LittleEndian(start[28..]);
        var table = BinaryPrimitives.ReadInt32LittleEndian(start[32..]);
        var columns = BinaryPrimitives.ReadInt32LittleEndian(start[36..]);
        if (body < 0 || table is < 0 or > MaxNameBytes || columns is < 0 or > MaxNameBytes) return null;
        var bodyOffset = offset + FixedBytes + table + columns;
        if (bodyOffset + body > length) return null;
        var names = new byte[table + columns];
        if (!ReadFully(file, names, offset + FixedBytes) || Sum(start, names) != BinaryPrimitives.ReadUInt64LittleEndian(start[SumOffset..])) return null;
        return new SpoolRecord(
            offset,
            Encoding.UTF8.GetString(names, 0, table),
            Encoding.UTF8.GetString(names, table, columns),
            BinaryPrimitives.ReadInt32LittleEndian(start[24..]),
            DateTimeOffset.UnixEpoch.AddTicks(BinaryPrimitives.ReadInt64LittleEndian(start[8..])),
            bodyOffset,
            body,
            BinaryPrimitives.ReadUInt64LittleEndian(start[16..]));
    }

    /// <summary>Reads the block of a record; false when it is not what was written.</summary>
    public static bool TryReadBody(Microsoft.Win32.SafeHandles.SafeFileHandle file, SpoolRecord record, Span<byte> body) =>
        ReadFully(file, body, record.BodyOffset) && XxHash3.HashToUInt64(body) == record.BodyHash;

    private static byte[] Header(string table, string columns, int rows, DateTimeOffset now, int body, ulong bodyHash)
    {
        var tableBytes = Encoding.UTF8.GetBytes(table);
        var columnBytes = Encoding.UTF8.GetBytes(columns);
        var header = new byte[FixedBytes + tableBytes.Length + columnBytes.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(header, Magic);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(8), (now - DateTimeOffset.UnixEpoch).Ticks);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(16), bodyHash);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(24), rows);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(28), body);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(32), tableBytes.Length);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(36), columnBytes.Length);
        tableBytes.CopyTo(header.AsSpan(FixedBytes));
        columnBytes.CopyTo(header.AsSpan(FixedBytes + tableBytes.Length));
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(SumOffset), Sum(header, header.AsSpan(FixedBytes)));
        return header;
    }

    private static ulong Sum(ReadOnlySpan<byte> start, ReadOnlySpan<byte> names)
    {
        var hash = new XxHash3();
        hash.Append(start[..SumOffset]);
        hash.Append(names);
        return hash.GetCurrentHashAsUInt64();
    }

    private static bool ReadFully(Microsoft.Win32.SafeHandles.SafeFileHandle file, Span<byte> destination, long offset)
    {
        while (destination.Length > 0)
        {
            var read = RandomAccess.Read(file, destination, offset);
            if (read == 0) return false;
            destination = destination[read..];
            offset += read;
        }

        return true;
    }
}
