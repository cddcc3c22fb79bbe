using FinOps.Domain.Usage;

namespace FinOps.Ingest.Mapping;

/// <summary>Operations on vector databases, from spans. Query vectors, texts and results are not read at all.</summary>
internal static class VectorSystems
{
    private static readonly Dictionary<string, string> Known = new(StringComparer.OrdinalIgnoreCase)
    {
        ["qdrant"] = "qdrant",
        ["pinecone"] = "pinecone",
        ["weaviate"] = "weaviate",
        ["milvus"] = "milvus",
        ["zilliz"] = "milvus",
        ["chroma"] = "chroma",
        ["chromadb"] = "chroma",
        ["pgvector"] = "pgvector",
        ["lancedb"] = "lancedb",
        ["marqo"] = "marqo",
        ["vespa"] = "vespa",
        ["astra"] = "astra",
        ["turbopuffer"] = "turbopuffer",
    };

    /// <summary>True for a known vector database, and for any other database whose span tells of vectors.</summary>
    public static bool TryRead(ReadOnlySpan<byte> body, AttributeSet attributes, RequestTexts texts, out string system)
    {
        system = "";
        var told = attributes.Text(body, Field.DbSystem);
        if (told.IsEmpty) return false;
        var name = texts.Name(told);
        if (Known.TryGetValue(name, out var known))
        {
            system = known;
            return true;
        }

        if (!attributes.Has(Field.DbTopK)) return false;
        system = name == "postgresql" ? "pgvector" : name.ToLowerInvariant();
        return true;
    }

    public static void Read(ReadOnlySpan<byte> body, AttributeSet attributes, ReadOnlySpan<byte> spanName, string system, RequestTexts texts, VectorOperation row)
    {
        row.System = system;
        row.Collection = texts.Name(attributes.Text(body, Field.DbCollection));
        var operation = attributes.Text(body, Field.DbOperation);
        if (operation.IsEmpty) operation = FromSpanName(spanName);
        var lower = texts.Name(operation).ToLowerInvariant();
        row.Operation = lower;
        row.TopK = Count(body, attributes, Field.DbTopK);
        row.Returned = Count(body, attributes, Field.DbReturned);
        row.Vectors = Count(body, attributes, Field.DbVectors);
        if (attributes.TryGetDouble(body, Field.DbReadUnits, out var units) && units >= 0) row.ReadUnits = units;
    }

    /// <summary><c>qdrant.search</c> → search; <c>SEARCH docs</c> → SEARCH.</summary>
    private static ReadOnlySpan<byte> FromSpanName(ReadOnlySpan<byte> name)
    {
        var space = name.IndexOf((byte)' ');
        if (space > 0) name = name[..space];
        var dot = name.LastIndexOf((byte)'.');
        return dot >= 0 ? name[(dot + 1)..] : name;
    }

    private static uint Count(ReadOnlySpan<byte> body, AttributeSet attributes, Field field) =>
        attributes.TryGetLong(body, field, out var count) ? (uint)Math.Clamp(count, 0, uint.MaxValue) : 0;
}
