namespace FinOps.Ingest.Mapping;

/// <summary>The items of an OTLP array value, one after the other.</summary>
internal ref struct ArrayItems(ReadOnlySpan<byte> body, Slice array)
{
    private const uint ItemTag = 1 << 3 | Wire.Length;

    private readonly ReadOnlySpan<byte> _body = body;
    private ProtoReader _reader = new(body, array);

    public AttributeValue Current { get; private set; }

    public readonly ArrayItems GetEnumerator() => this;

    public bool MoveNext()
    {
        while (_reader.TryReadTag(out var tag))
        {
            if (tag != ItemTag)
            {
                _reader.Skip(tag);
                continue;
            }

            Current = AttributeValue.Read(_body, _reader.ReadSlice());
            return true;
        }

        return false;
    }
}
