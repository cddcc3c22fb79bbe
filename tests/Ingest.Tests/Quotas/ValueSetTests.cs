using CsCheck;
using FinOps.Ingest.Quotas;

namespace FinOps.Ingest.Tests.Quotas;

public sealed class ValueSetTests
{
    [Fact]
    public void TryAdd_AnyValues_KnowsThemAndNoOthers() => Gen.ULong[1, 500].Array[0, 600].Sample(values =>
    {
        var set = new ValueSet();
        foreach (var value in values) set.TryAdd(value, long.MaxValue);

        Assert.Equal(values.Distinct().Count(), set.Count);
        for (ulong value = 1; value <= 500; value++) Assert.Equal(values.Contains(value), set.Contains(value));
    });

    [Fact]
    public void TryAdd_AtItsLimit_AddsNothingAndKeepsWhatItKnows()
    {
        var set = new ValueSet();
        for (ulong value = 1; value <= 10; value++) set.TryAdd(value, 5);

        Assert.Equal(5, set.Count);
        Assert.True(set.Contains(5));
        Assert.False(set.Contains(6));
    }

    [Fact]
    public async Task TryAdd_FromManyThreads_NeverPassesTheLimit()
    {
        var set = new ValueSet();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(thread => Task.Run(() =>
        {
            for (ulong value = 1; value <= 20_000; value++) set.TryAdd((value * 7919) + (ulong)thread, 10_000);
        })));

        Assert.Equal(10_000, set.Count);
    }
}
