using FinOps.Domain.Usage;

namespace FinOps.Ingest.Tests.Mapping;

/// <summary>Metrics of vector databases and buckets: which product, which collection or bucket, and whose.</summary>
public sealed class DataStoreMetricTests
{
    [Fact]
    public void Map_ProductsOwnName_TellsTheProduct()
    {
        var sample = Map(new MapperHarness(), "collection_points", 5, ("id", "docs"), ("host.name", "q-0:6333"));
        Assert.Equal((ResourceKind.VectorDatabase, "vector_db.collection.points", "docs", "q-0:6333", 5d), (sample.Kind, sample.Metric, sample.Subject, sample.Host, sample.Value));
        Assert.Contains(new KeyValuePair<string, string>("db.system.name", "qdrant"), sample.Attributes);
        Assert.Contains(new("db.system.name", "milvus"), Map(new MapperHarness(), "milvus_querynode_entity_size", 5, ("collection_name", "docs")).Attributes);
    }

    [Fact]
    public void Map_OurOwnNames_TellProductPlaceAndOwnerByTheirPoints()
    {
        var vector = Map(new MapperHarness(), "finops.vector.memory", 7, ("db.system.name", "pgvector"), ("db.collection.name", "docs"), ("team", "growth"));
        Assert.Equal(("vector_db.collection.memory", "docs", "By"), (vector.Metric, vector.Subject, vector.Unit));
        Assert.Equal([new("db.collection.name", "docs"), new("db.system.name", "pgvector"), new("team", "growth")], vector.Attributes);

        var bucket = Map(new MapperHarness(), "finops.storage.bytes", 9, ("db.system.name", "aws.s3"), ("finops.storage.bucket", "logs"), ("finops.storage.tier", "standard"), ("customer", "acme"), ("secret", "x"));
        Assert.Equal((ResourceKind.Storage, "storage.bytes", "logs"), (bucket.Kind, bucket.Metric, bucket.Subject));
        Assert.Equal(["customer", "db.system.name", "finops.storage.bucket", "finops.storage.tier"], bucket.Attributes.Select(label => label.Key));
    }

    [Fact]
    public void Map_KeyThatBindsATeam_WinsOverWhatThePointTells()
    {
        var harness = new MapperHarness();
        harness.Context = harness.Context with { KeyTags = new BoundTags([new(Tag.Team, "platform")]) };
        Assert.Contains(new("team", "platform"), Map(harness, "finops.storage.bytes", 9, ("finops.storage.bucket", "logs"), ("team", "growth")).Attributes);
        Assert.DoesNotContain(harness.Rows.Samples[0].Attributes, label => label.Value == "growth");
        // An owner counts for stores alone: a GPU's is who calls its models.
        Assert.DoesNotContain(Map(new MapperHarness(), "hw.gpu.utilization", 0.5, ("hw.id", "0"), ("team", "growth")).Attributes, label => label.Key == "team");
    }

    private static ResourceSample Map(MapperHarness harness, string metric, double value, params (string Key, object Value)[] labels)
    {
        var point = new OtlpBytes().Fixed64(3, (ulong)MapperHarness.NowUnixMicros * 1000).Fixed64(4, BitConverter.DoubleToUInt64Bits(value));
        foreach (var (key, label) in labels) point.Message(7, OtlpBytes.Attribute(key, label));
        var gauge = new OtlpBytes().Message(1, point.ToArray()).ToArray();
        Assert.False(harness.Metrics(OtlpBytes.Request("reporter", [new OtlpBytes().Text(1, metric).Message(5, gauge).ToArray()])).Malformed);
        return Assert.Single(harness.Rows.Samples);
    }
}
