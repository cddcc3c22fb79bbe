using System.Numerics;
using FinOps.Ingest.Health;

namespace FinOps.Ingest.Mapping;

/// <summary>
/// The attributes of one span, resource or data point that are of interest, by name number; reused for the next. It holds places in the request's bytes,
/// so it is only of use together with them.
/// </summary>
internal sealed class AttributeSet
{
    private const uint KeyTag = 1 << 3 | Wire.Length;
    private const uint ValueTag = 2 << 3 | Wire.Length;

    private readonly AttributeValue[] _values = new AttributeValue[64 * AttributeNames.Words];
    private readonly ulong[] _present = new ulong[AttributeNames.Words];
    private readonly ulong[] _fields = new ulong[2];
    private int _read;

    /// <summary>Messages and embedded texts that come as one attribute for each part (<c>llm.input_messages.0.message.role</c>).</summary>
    public List<ContentPart> Parts { get; } = [];

    public bool HasInvalidText { get; private set; }
    public bool HasTooDeepValue { get; private set; }
    public int Dropped { get; private set; }

    public void Clear()
    {
        Array.Clear(_present);
        _fields[0] = _fields[1] = 0;
        Parts.Clear();
        _read = 0;
        HasInvalidText = HasTooDeepValue = false;
        Dropped = 0;
    }

    /// <summary>Takes one encoded KeyValue.</summary>
    public void Add(ReadOnlySpan<byte> body, Slice keyValue, MappingLimits limits)
    {
        if (_read >= limits.MaxAttributes)
        {
            Dropped++;
            return;
        }

        _read++;
        var encoded = default(Slice);
        if (!AttributeValue.TryReadUsual(body, keyValue, out var key, out var value)) ReadAny(body, keyValue, out key, out encoded, out value);
        if (value.IsEmpty) return;
        if (value.Kind == ValueKind.String)
        {
            var text = value.Text.In(body);
            if (!System.Text.Ascii.IsValid(text) && !System.Text.Unicode.Utf8.IsValid(text)) HasInvalidText = true;
        }
        else if (value.Kind is ValueKind.Array or ValueKind.KeyValues && ValueDepth.Exceeds(body, encoded, limits.MaxValueDepth))
        {
            HasTooDeepValue = true;
            return;
        }

        var name = key.In(body);
        var id = AttributeNames.Find(name);
        if (id >= 0)
        {
            _values[id] = value;
            _present[id >> 6] |= 1UL << (id & 63);
            var field = (int)AttributeNames.FieldOf(id);
            _fields[field >> 6] |= 1UL << (field & 63);
        }
        else if (ContentPart.TryRead(name, key, value, out var part))
        {
            Parts.Add(part);
        }
    }

    private static void ReadAny(ReadOnlySpan<byte> body, Slice keyValue, out Slice key, out Slice encoded, out AttributeValue value)
    {
        key = encoded = default;
        var reader = new ProtoReader(body, keyValue);
        while (reader.TryReadTag(out var tag))
        {
            if (tag == KeyTag) key = reader.ReadSlice();
            else if (tag == ValueTag) encoded = reader.ReadSlice();
            else reader.Skip(tag);
        }

        value = AttributeValue.Read(body, encoded);
    }

    /// <summary>Counts what was remarkable about the attributes; the item itself lives on.</summary>
    public void CountRemarks(IngestTally tally)
    {
        if (HasInvalidText) tally.Count(IngestReason.InvalidUtf8);
        if (HasTooDeepValue) tally.Count(IngestReason.NestedTooDeep);
        if (Dropped > 0) tally.Count(IngestReason.TooManyAttributes);
    }

    public bool Has(Field field)
    {
        var bits = AttributeNames.Of(field);
        return (_present[bits.Word] & bits.Mask) != 0;
    }

    public bool HasAny(FieldSet fields) => (_fields[0] & fields.Low) != 0 || (_fields[1] & fields.High) != 0;

    /// <summary>The value under the first name of the field that has one.</summary>
    public bool TryGet(Field field, out AttributeValue value)
    {
        var bits = AttributeNames.Of(field);
        return TryGet(bits, _present[bits.Word] & bits.Mask, out value, out _);
    }

    /// <summary>The same for the names behind a place; the place is 0 before the first name. Tells the place of what it found, to go on from.</summary>
    public bool TryGetAfter(Field field, ref int place, out AttributeValue value)
    {
        var bits = AttributeNames.Of(field);
        var present = _present[bits.Word] & bits.Mask;
        if (place > 0) present = place > 63 ? 0 : present & (ulong.MaxValue << place);
        if (!TryGet(bits, present, out value, out var found)) return false;
        place = found + 1;
        return true;
    }

    private bool TryGet(FieldBits bits, ulong present, out AttributeValue value, out int bit)
    {
        bit = BitOperations.TrailingZeroCount(present);
        if (present == 0)
        {
            value = default;
            return false;
        }

        value = _values[(bits.Word << 6) + bit];
        return true;
    }

    /// <summary>The first value of the field that is a number; names whose value is none are passed over.</summary>
    public bool TryGetLong(ReadOnlySpan<byte> body, Field field, out long number)
    {
        for (var place = 0; TryGetAfter(field, ref place, out var value);)
            if (value.TryLong(body, out number)) return true;
        number = 0;
        return false;
    }

    public bool TryGetDouble(ReadOnlySpan<byte> body, Field field, out double number)
    {
        for (var place = 0; TryGetAfter(field, ref place, out var value);)
            if (value.TryDouble(body, out number)) return true;
        number = 0;
        return false;
    }

    public bool TryGetBool(ReadOnlySpan<byte> body, Field field, out bool truth)
    {
        for (var place = 0; TryGetAfter(field, ref place, out var value);)
            if (value.TryBool(body, out truth)) return true;
        truth = false;
        return false;
    }

    /// <summary>The bytes of the first value of the field that is text; empty when there is none.</summary>
    public ReadOnlySpan<byte> Text(ReadOnlySpan<byte> body, Field field)
    {
        for (var place = 0; TryGetAfter(field, ref place, out var value);)
            if (value.Kind == ValueKind.String) return value.Text.In(body);
        return default;
    }
}
