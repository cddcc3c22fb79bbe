using FinOps.Domain.Quotas;
using FinOps.Domain.Usage;
using FinOps.Ingest.Health;
using FinOps.Ingest.Pipeline;
using FinOps.Ingest.Quotas;

namespace FinOps.Ingest.Tests.Quotas;

public sealed class TenantTagsTests
{
    private static readonly TenantLimits Two = TenantLimits.None.With(
        new Dictionary<Quota, long> { [Quota.DistinctFeatures] = 2, [Quota.DistinctEndpoints] = 2 });

    private readonly TenantTags _tags = new(TimeProvider.System);
    private readonly IngestTally _tally = new();

    [Fact]
    public void Fold_MoreValuesThanTheLimit_KeepsTheFirstAndCountsTheRest()
    {
        Assert.Equal(["a", "b", OtherTag.Value, "a", OtherTag.Value], Features("a", "b", "c", "a", "d"));
        Assert.Equal(["b", OtherTag.Value], Features("b", "c"));
        Assert.Equal(3, _tally[IngestReason.FeatureOverLimit]);
    }

    [Fact]
    public void Fold_ValueThatIsSpelledLikeOther_IsToldApart()
    {
        Assert.Equal([OtherTag.ToldValue, "a", "b", OtherTag.Value], Features(OtherTag.Value, "a", "b", "c"));
        Assert.Equal(1, _tally[IngestReason.FeatureOverLimit]);
    }

    [Fact]
    public void Fold_TagWithoutALimit_StandsAsItIs()
    {
        var batch = new RowBatch();
        for (var i = 0; i < 100; i++) batch.AddCall().Tags.Set(Tag.User, $"user {i}", TagLevel.Span);

        _tags.Fold(batch, Two, _tally);

        Assert.DoesNotContain(batch.Calls, call => call.Tags[Tag.User] == OtherTag.Value);
    }

    [Fact]
    public void Fold_TagThatItsKeyBinds_StandsAsItIs()
    {
        Features("a", "b");
        var batch = new RowBatch();
        batch.AddCall().Tags.Set(Tag.Feature, "bound", TagLevel.Bound);

        _tags.Fold(batch, Two, _tally);

        Assert.Equal("bound", batch.Calls[0].Tags[Tag.Feature]);
    }

    [Fact]
    public void Fold_NamesOfServerSpans_CountAsEndpoints()
    {
        var batch = new RowBatch();
        foreach (var name in (string[])["GET /1", "GET /2", "GET /3"])
        {
            var link = batch.AddLink();
            (link.Kind, link.Name) = (SpanKind.Server, name);
        }

        _tags.Fold(batch, Two, _tally);

        Assert.Equal(["", "", OtherTag.Value], batch.Links.Select(link => link.Tags[Tag.Endpoint]));
        Assert.Equal(1, _tally[IngestReason.EndpointOverLimit]);
    }

    /// <summary>A look at the store forgets what is gone there, and nothing that came lately or stands there.</summary>
    [Fact]
    public void Replace_WithTheStoresValues_KnowsThemAndTheFreshOnes()
    {
        Features("fresh");

        _tags[Tag.Feature].Replace([TagValues.Hash("stored"), TagValues.Hash("stored too")]);

        Assert.Equal(["stored", "fresh", "stored too", OtherTag.Value], Features("stored", "fresh", "stored too", "new"));
    }

    [Fact]
    public void Fold_LimitThatWasRaised_TakesNewValuesAtOnce()
    {
        Features("a", "b", "c");

        Assert.Equal(["c"], Features(TenantLimits.None.With(new Dictionary<Quota, long> { [Quota.DistinctFeatures] = 3 }), "c"));
    }

    private List<string> Features(params string[] features) => Features(Two, features);

    private List<string> Features(TenantLimits limits, params string[] features)
    {
        var batch = new RowBatch();
        foreach (var feature in features) batch.AddCall().Tags.Set(Tag.Feature, feature, TagLevel.Span);
        _tags.Fold(batch, limits, _tally);
        return [.. batch.Calls.Select(call => call.Tags[Tag.Feature])];
    }
}
