using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using FinOps.Domain.Usage;

namespace FinOps.Analytics.Stores.ClickHouse.Native;

/// <summary>One column of a <c>Native</c> block: its name, its type, then all its values.</summary>
internal abstract class Column(string name, string type)
{
    public string Name => name;

    public string Type => type;

    public abstract int Bytes { get; }

    public abstract void Clear();

    public abstract void Release();

    public abstract void AddPieces(List<ReadOnlyMemory<byte>> pieces);

    protected void WriteHeader(ByteBuffer buffer)
    {
        buffer.AppendString(name);
        buffer.AppendString(type);
    }
}

/// <summary>A column whose values simply follow one another.</summary>
internal abstract class PlainColumn : Column
{
    protected ByteBuffer Buffer { get; } = new();

    protected PlainColumn(string name, string type) : base(name, type) => Clear();

    public sealed override int Bytes => Buffer.Length;

    public sealed override void Clear()
    {
        Buffer.Clear();
        WriteHeader(Buffer);
    }

    public sealed override void Release()
    {
        Buffer.Release();
        WriteHeader(Buffer);
    }

    public sealed override void AddPieces(List<ReadOnlyMemory<byte>> pieces) => pieces.Add(Buffer.Written);
}

/// <summary>Integers, floats, enums, Bool, DateTime64: whatever has the same bytes here and there.</summary>
internal sealed class NumberColumn<T>(string name, string type) : PlainColumn(name, type) where T : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Append(T value) => Buffer.Append(value);
}

internal sealed class StringColumn(string name) : PlainColumn(name, "String")
{
    public void Append(string value) => Buffer.AppendString(value);

    public void Append(ReadOnlySpan<byte> bytes)
    {
        Buffer.AppendVarUInt((ulong)bytes.Length);
        Buffer.Append(bytes);
    }
}

internal sealed class TraceIdColumn(string name) : PlainColumn(name, "FixedString(16)")
{
    public void Append(TraceId value)
    {
        Buffer.Append(BinaryPrimitives.ReverseEndianness(value.High));
        Buffer.Append(BinaryPrimitives.ReverseEndianness(value.Low));
    }
}

/// <summary>UUID: two little-endian halves, the high one first.</summary>
internal sealed class UuidColumn(string name) : PlainColumn(name, "UUID")
{
    private Guid _last;
    private ulong _high, _low;

    public void Append(Guid value)
    {
        if (value != _last)
        {
            Span<byte> bytes = stackalloc byte[16];
            value.TryWriteBytes(bytes, bigEndian: true, out _);
            _high = BinaryPrimitives.ReadUInt64BigEndian(bytes);
            _low = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
            _last = value;
        }

        Buffer.Append(_high);
        Buffer.Append(_low);
    }
}

/// <summary>Decimal(38, 12): a 128-bit count of millionths of millionths.</summary>
internal sealed class MoneyColumn(string name) : PlainColumn(name, "Decimal(38, 12)")
{
    public void Append(decimal value) => Buffer.Append(Money.ToUnits(value));
}

internal static class Money
{
    private const int Scale = 12;

    /// <summary>The largest figure that Decimal(38, 12) can hold.</summary>
    private static readonly Int128 Most = Int128.Parse("99999999999999999999999999999999999999", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Rounds half to even beyond 12 decimals. A figure too large for the column becomes the largest that fits: a claimed cost may be nonsense, and is kept for comparison only.</summary>
    public static Int128 ToUnits(decimal value)
    {
        if (value == 0) return Int128.Zero;
        if (value.Scale > Scale) value = decimal.Round(value, Scale, MidpointRounding.ToEven);
        Span<int> bits = stackalloc int[4];
        decimal.GetBits(value, bits);
        var mantissa = new UInt128((uint)bits[2], ((ulong)(uint)bits[1] << 32) | (uint)bits[0]);
        var steps = Scale - value.Scale;
        // 10^12 needs 40 bits, the mantissa up to 96: only figures above 10^26 can be too large.
        for (; steps > 0; steps--)
        {
            if (mantissa > (UInt128)Most / 10) return decimal.IsNegative(value) ? -Most : Most;
            mantissa *= 10;
        }

        return decimal.IsNegative(value) ? -(Int128)mantissa : (Int128)mantissa;
    }
}

/// <summary>Nullable(Decimal(38, 12)): one byte for each row (1 = null), then the values.</summary>
internal sealed class NullableMoneyColumn : Column
{
    private readonly ByteBuffer _nulls = new();
    private readonly ByteBuffer _values = new();

    public NullableMoneyColumn(string name) : base(name, "Nullable(Decimal(38, 12))") => Clear();

    public override int Bytes => _nulls.Length + _values.Length;

    public void Append(decimal? value)
    {
        _nulls.Append(value is null ? (byte)1 : (byte)0);
        _values.Append(value is { } known ? Money.ToUnits(known) : Int128.Zero);
    }

    public override void Clear()
    {
        _nulls.Clear();
        _values.Clear();
        WriteHeader(_nulls);
    }

    public override void Release()
    {
        _nulls.Release();
        _values.Release();
        WriteHeader(_nulls);
    }

    public override void AddPieces(List<ReadOnlyMemory<byte>> pieces)
    {
        pieces.Add(_nulls.Written);
        pieces.Add(_values.Written);
    }
}

/// <summary>Array(UInt64): the running total after each row, then all elements.</summary>
internal sealed class NumberArrayColumn : Column
{
    private readonly ByteBuffer _offsets = new();
    private readonly ByteBuffer _values = new();
    private ulong _total;

    public NumberArrayColumn(string name) : base(name, "Array(UInt64)") => Clear();

    public override int Bytes => _offsets.Length + _values.Length;

    public void Append(ulong[]? values)
    {
        values ??= [];
        foreach (var value in values) _values.Append(value);
        _total += (ulong)values.Length;
        _offsets.Append(_total);
    }

    public override void Clear()
    {
        _total = 0;
        _offsets.Clear();
        _values.Clear();
        WriteHeader(_offsets);
    }

    public override void Release()
    {
        _total = 0;
        _offsets.Release();
        _values.Release();
        WriteHeader(_offsets);
    }

    public override void AddPieces(List<ReadOnlyMemory<byte>> pieces)
    {
        pieces.Add(_offsets.Written);
        pieces.Add(_values.Written);
    }
}

/// <summary>Map(String, UInt32) of the parts of <see cref="OtherUsage"/> that were used: the running total after each row, then all names, then all quantities.</summary>
internal sealed class OtherUsageColumn : Column
{
    private readonly ByteBuffer _offsets = new();
    private readonly ByteBuffer _names = new();
    private readonly ByteBuffer _quantities = new();
    private ulong _total;

    public OtherUsageColumn(string name) : base(name, "Map(String, UInt32)") => Clear();

    public override int Bytes => _offsets.Length + _names.Length + _quantities.Length;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Append(in UsageVector usage)
    {
        if (usage.HasOther) AppendParts(usage);
        _offsets.Append(_total);
    }

    private void AppendParts(in UsageVector usage)
    {
        for (var part = 0; part < OtherUsage.Names.Count; part++)
        {
            var quantity = OtherUsage.Get(usage, part);
            if (quantity == 0) continue;
            _names.AppendString(OtherUsage.Names[part]);
            _quantities.Append(quantity);
            _total++;
        }
    }

    public override void Clear()
    {
        _total = 0;
        _offsets.Clear();
        _names.Clear();
        _quantities.Clear();
        WriteHeader(_offsets);
    }

    public override void Release()
    {
        _total = 0;
        _offsets.Release();
        _names.Release();
        _quantities.Release();
        WriteHeader(_offsets);
    }

    public override void AddPieces(List<ReadOnlyMemory<byte>> pieces)
    {
        pieces.Add(_offsets.Written);
        pieces.Add(_names.Written);
        pieces.Add(_quantities.Written);
    }
}
