namespace FinOps.Ingest.Mapping;

internal enum JsonToken : byte
{
    None,
    StartObject,
    EndObject,
    StartArray,
    EndArray,
    Name,
    Text,
    Number,
    Word,
}

/// <summary>
/// Walks JSON that stands inside an attribute. Such JSON is often cut off by an exporter's length limit or is not JSON at all (a Python dictionary, plain
/// text), so it is forgiving: at the first thing it does not understand it stops, and what was found before stands. It never throws, and
/// it nests no deeper than <see cref="MaxDepth"/>.
/// </summary>
internal ref struct JsonWalker(ReadOnlySpan<byte> json)
{
    private const int MaxDepth = 64;

    private readonly ReadOnlySpan<byte> _json = json;
    private int _position;

    // One bit for each open level: 1 = object.
    private ulong _objects;
    private bool _nameRead;

    public JsonToken Token { get; private set; }

    /// <summary>Open objects and arrays around what comes next.</summary>
    public int Depth { get; private set; }

    /// <summary>Where the token begins: the quote of a text, the bracket of an array.</summary>
    public int Start { get; private set; }

    public readonly int Position => _position;

    /// <summary>The text or name without quotes, escapes as written; or the number or word.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    public bool Read()
    {
        while (_position < _json.Length && _json[_position] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t' or (byte)',' or (byte)':') _position++;
        if (_position >= _json.Length) return Stop();
        Start = _position;
        switch (_json[_position])
        {
            case (byte)'{': return Open(JsonToken.StartObject);
            case (byte)'[': return Open(JsonToken.StartArray);
            case (byte)'}': return Close(JsonToken.EndObject);
            case (byte)']': return Close(JsonToken.EndArray);
            case (byte)'"': return ReadText();
            default: return ReadWord();
        }
    }

    /// <summary>After the start of an object or array: goes to its end. False when the JSON stops before.</summary>
    public bool SkipChildren()
    {
        if (Token is not (JsonToken.StartObject or JsonToken.StartArray)) return true;
        var depth = Depth - 1;
        while (Read())
            if (Depth == depth) return true;
        return false;
    }

    private bool Open(JsonToken token)
    {
        if (Depth == MaxDepth) return Stop();
        _objects = (_objects << 1) | (token == JsonToken.StartObject ? 1UL : 0);
        Depth++;
        _position++;
        _nameRead = false;
        Value = default;
        Token = token;
        return true;
    }

    private bool Close(JsonToken token)
    {
        if (Depth == 0) return Stop();
        // What lies 64 levels up is shifted out; a level's bit is only asked while it is the innermost or after its children closed.
        _objects >>= 1;
        Depth--;
        _position++;
        _nameRead = false;
        Value = default;
        Token = token;
        return true;
    }

    private bool ReadText()
    {
        var begin = _position + 1;
        var at = begin;
        while (true)
        {
            var found = _json[at..].IndexOfAny((byte)'"', (byte)'\\');
            if (found < 0) return Stop();
            at += found;
            if (_json[at] == '"') break;
            at += 2;
            if (at > _json.Length) return Stop();
        }

        Value = _json[begin..at];
        _position = at + 1;
        var inObject = Depth > 0 && (_objects & 1) == 1;
        Token = inObject && !_nameRead ? JsonToken.Name : JsonToken.Text;
        _nameRead = Token == JsonToken.Name;
        return true;
    }

    private bool ReadWord()
    {
        var length = _json[_position..].IndexOfAny(" ,:}]\n\r\t\"{["u8);
        if (length < 0) length = _json.Length - _position;
        if (length == 0) return Stop();
        Value = _json.Slice(_position, length);
        Token = Value[0] is (byte)'-' or (>= (byte)'0' and <= (byte)'9') ? JsonToken.Number : JsonToken.Word;
        _position += length;
        _nameRead = false;
        return true;
    }

    private bool Stop()
    {
        _position = _json.Length;
        Token = JsonToken.None;
        Value = default;
        return false;
    }
}
