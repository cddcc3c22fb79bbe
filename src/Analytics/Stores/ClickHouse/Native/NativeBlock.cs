namespace FinOps.Analytics.Stores.ClickHouse.Native;

/// <summary>
/// Rows of one table as columns, ready to be sent in ClickHouse's <c>Native</c> format: 2.5 times the rate of row formats, and almost free for us to write.
/// Reusable; not thread-safe.
/// </summary>
public abstract class NativeBlock
{
    private readonly List<Column> _columns = [];
    private readonly ByteBuffer _start = new();
    private string? _columnList;

    private protected NativeBlock(string table) => Table = table;

    public string Table { get; }

    /// <summary>The columns by name, as an INSERT lists them: a block from before an upgrade still fits, missing columns take their defaults.</summary>
    public string ColumnList => _columnList ??= string.Join(", ", _columns.Select(column => column.Name));

    public int Rows { get; private protected set; }

    /// <summary>Bytes of the block as it would be sent now.</summary>
    public long Bytes
    {
        get
        {
            long bytes = 0;
            foreach (var column in _columns) bytes += column.Bytes;
            return bytes;
        }
    }

    /// <summary>The block's bytes as pieces that follow one another; they are valid until the block changes.</summary>
    public void AddPieces(List<ReadOnlyMemory<byte>> pieces)
    {
        _start.Clear();
        _start.AppendVarUInt((ulong)_columns.Count);
        _start.AppendVarUInt((ulong)Rows);
        pieces.Add(_start.Written);
        foreach (var column in _columns) column.AddPieces(pieces);
    }

    public void Clear()
    {
        Rows = 0;
        foreach (var column in _columns) column.Clear();
    }

    /// <summary>Empties the block and gives its memory back.</summary>
    public void Release()
    {
        Rows = 0;
        _start.Release();
        foreach (var column in _columns) column.Release();
    }

    private protected NumberColumn<T> Number<T>(string name, string type) where T : unmanaged => Keep(new NumberColumn<T>(name, type));

    private protected NumberColumn<byte> Flag(string name) => Number<byte>(name, "Bool");

    private protected NumberColumn<long> Instant(string name) => Number<long>(name, "DateTime64(6, 'UTC')");

    private protected LowCardinalityColumn Word(string name) => Keep(new LowCardinalityColumn(name));

    private protected StringColumn Text(string name) => Keep(new StringColumn(name));

    private protected TraceIdColumn Trace(string name) => Keep(new TraceIdColumn(name));

    private protected UuidColumn Uuid(string name) => Keep(new UuidColumn(name));

    private protected TColumn Keep<TColumn>(TColumn column) where TColumn : Column
    {
        _columns.Add(column);
        return column;
    }

    private protected static byte Bit(bool value) => value ? (byte)1 : (byte)0;
}
