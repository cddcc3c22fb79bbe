using System.Runtime.CompilerServices;

namespace FinOps.Analytics.Stores.ClickHouse.Native;

/// <summary>
/// LowCardinality(String): the distinct values of the block once, then each row's position among them
/// (ClickHouse <c>SerializationLowCardinality</c>: version 1; flags; keys; positions).
/// </summary>
internal sealed class LowCardinalityColumn : Column
{
    private readonly ByteBuffer _header = new();
    private readonly LowCardinalityValues _values = new();

    public LowCardinalityColumn(string name) : base(name, "LowCardinality(String)") => WriteStart();

    public override int Bytes => _header.Length + _values.Bytes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Append(string value) => _values.Append(value);

    public override void Clear() => _values.Clear();

    public override void Release() => _values.Release();

    public override void AddPieces(List<ReadOnlyMemory<byte>> pieces)
    {
        pieces.Add(_header.Written);
        _values.AddPieces(pieces);
    }

    private void WriteStart()
    {
        WriteHeader(_header);
        _header.Append(LowCardinalityValues.Version);
    }
}

/// <summary>The part of a LowCardinality column that follows its version: used by plain columns and by the keys of a map.</summary>
internal sealed class LowCardinalityValues
{
    /// <summary>SharedDictionariesWithAdditionalKeys.</summary>
    public const ulong Version = 1;

    /// <summary>HasAdditionalKeys and NeedUpdateDictionary: this block brings all its keys itself.</summary>
    private const ulong Flags = 0x600;

    /// <summary>Flags, then the number of keys.</summary>
    private const int StartBytes = 16;

    /// <summary>
    /// Slots of the quick look-up before the dictionary. Its hash looks at four characters only, so a sender can make it miss, but then each
    /// look-up costs one of the dictionary, whose hash is seeded.
    /// </summary>
    private const int QuickSlots = 128;

    private readonly ByteBuffer _keys = new();
    private readonly ByteBuffer _positions = new();
    private readonly string?[] _quickValues = new string?[QuickSlots];
    private readonly int[] _quickPositions = new int[QuickSlots];
    private Dictionary<string, int> _known = new(StringComparer.Ordinal);
    private string? _last;
    private int _lastPosition;
    private int _width = 1;
    private int _count;

    public LowCardinalityValues() => WriteStart();

    public int Bytes => _keys.Length + _positions.Length;

    public void Append(string? value)
    {
        value ??= "";
        int position;
        if (ReferenceEquals(value, _last))
        {
            position = _lastPosition;
        }
        else
        {
            position = Find(value);
            _last = value;
            _lastPosition = position;
        }

        _count++;
        switch (_width)
        {
            case 1: _positions.Append((byte)position); break;
            case 2: _positions.Append((ushort)position); break;
            default: _positions.Append(position); break;
        }
    }

    public void Clear()
    {
        _known.Clear();
        Forget();
        _keys.Clear();
        _positions.Clear();
        WriteStart();
    }

    public void Release()
    {
        _known = new Dictionary<string, int>(StringComparer.Ordinal);
        Forget();
        _keys.Release();
        _positions.Release();
        WriteStart();
    }

    /// <summary>Adds nothing when there is no value: an empty map column has no body at all.</summary>
    public void AddPieces(List<ReadOnlyMemory<byte>> pieces)
    {
        if (_count == 0) return;
        _keys.OverwriteUInt64(0, Flags | (_width switch { 1 => 0UL, 2 => 1UL, _ => 2UL }));
        _keys.OverwriteUInt64(8, (ulong)_known.Count);
        _positions.OverwriteUInt64(0, (ulong)_count);
        pieces.Add(_keys.Written);
        pieces.Add(_positions.Written);
    }

    private void WriteStart()
    {
        _keys.Append(0UL);
        _keys.Append(0UL);
        _positions.Append(0UL);
        _width = 1;
        _count = 0;
        System.Diagnostics.Debug.Assert(_keys.Length == StartBytes);
    }

    private void Forget()
    {
        Array.Clear(_quickValues);
        _last = null;
        _lastPosition = 0;
    }

    private int Find(string value)
    {
        var length = value.Length;
        var hash = length == 0
            ? 0
            : (length * 31) ^ value[0] ^ (value[length - 1] * 7) ^ (value[length >> 1] * 13) ^ (value[length >> 2] * 5);
        var slot = hash & (QuickSlots - 1);
        if (_quickValues[slot] is { } seen && string.Equals(seen, value)) return _quickPositions[slot];
        if (!_known.TryGetValue(value, out var position)) position = Add(value);
        _quickValues[slot] = value;
        _quickPositions[slot] = position;
        return position;
    }

    private int Add(string value)
    {
        var position = _known.Count;
        _known.Add(value, position);
        _keys.AppendString(value);
        if (position == 1 << 8 && _width == 1) Widen();
        if (position == 1 << 16 && _width == 2) Widen();
        return position;
    }

    private void Widen()
    {
        _positions.Widen(sizeof(ulong), _width);
        _width *= 2;
    }
}

/// <summary>Map(LowCardinality(String), String): a row's pairs, as an array of keys and an array of values with common totals.</summary>
internal sealed class AttributesColumn : Column
{
    private readonly ByteBuffer _offsets = new();
    private readonly LowCardinalityValues _keys = new();
    private readonly ByteBuffer _values = new();
    private ulong _total;

    public AttributesColumn(string name) : base(name, "Map(LowCardinality(String), String)") => WriteStart();

    public override int Bytes => _offsets.Length + _keys.Bytes + _values.Length;

    public void Append(KeyValuePair<string, string>[]? attributes)
    {
        attributes ??= [];
        foreach (var (key, value) in attributes)
        {
            _keys.Append(key);
            _values.AppendString(value);
        }

        _total += (ulong)attributes.Length;
        _offsets.Append(_total);
    }

    public override void Clear()
    {
        _offsets.Clear();
        _keys.Clear();
        _values.Clear();
        WriteStart();
    }

    public override void Release()
    {
        _offsets.Release();
        _keys.Release();
        _values.Release();
        WriteStart();
    }

    public override void AddPieces(List<ReadOnlyMemory<byte>> pieces)
    {
        pieces.Add(_offsets.Written);
        _keys.AddPieces(pieces);
        pieces.Add(_values.Written);
    }

    private void WriteStart()
    {
        _total = 0;
        WriteHeader(_offsets);
        _offsets.Append(LowCardinalityValues.Version);
    }
}
