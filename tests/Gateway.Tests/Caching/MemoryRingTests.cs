using CsCheck;
using FinOps.Gateway.Caching;

namespace FinOps.Gateway.Tests.Caching;

public sealed class MemoryRingTests
{
    private const int Capacity = 100;

    private static CacheKey Key(int number) => new(0, (UInt128)number);

    private static byte[] Bytes(int seed, int length) => [.. Enumerable.Range(seed, length).Select(value => (byte)value)];

    [Fact]
    public void Ring_WhateverIsKeptAskedAndRemoved_GivesTheLatestBytes_WithinItsLimit() =>
        Gen.Select(Gen.Int[0, 9], Gen.Int[0, 2], Gen.Int[1, 60]).Array[0, 80].Sample(steps =>
        {
            var expected = new Dictionary<CacheKey, byte[]>();
            var ring = new MemoryRing(Capacity, (key, bytes, _) =>
            {
                Assert.Equal(expected[key], bytes.ToArray());
                expected.Remove(key);
            });
            var seed = 0;
            foreach (var (number, act, length) in steps)
            {
                var key = Key(number);
                if (act == 0)
                {
                    Assert.Equal(expected.GetValueOrDefault(key), ring.Find(key));
                }
                else if (act == 1)
                {
                    // What is written anew is not dropped, it is no more.
                    expected.Remove(key);
                    var bytes = Bytes(++seed, length);
                    Assert.True(ring.TryKeep(key, bytes, wasAsked: false));
                    expected[key] = bytes;
                }
                else
                {
                    expected.Remove(key);
                    ring.Remove(key);
                }

                Assert.Equal(expected.Values.Sum(one => one.Length), ring.Bytes);
                Assert.True(ring.Bytes <= Capacity);
                Assert.Equal(expected.Keys.Order(Comparer<CacheKey>.Create((one, other) => one.Low.CompareTo(other.Low))), ring.All().Select(one => one.Key).Order(Comparer<CacheKey>.Create((one, other) => one.Low.CompareTo(other.Low))));
            }
        });

    [Fact]
    public void Ring_ThatIsFull_KeepsWhatIsAskedFor_AndTellsOfWhatIsDropped()
    {
        List<(CacheKey Key, bool WasAsked)> dropped = [];
        var ring = new MemoryRing(Capacity, (key, _, wasAsked) => dropped.Add((key, wasAsked)));
        for (var number = 0; number < 200; number++)
        {
            Assert.True(ring.TryKeep(Key(number), Bytes(number, 10), wasAsked: false));
            Assert.NotNull(ring.Find(Key(0)));
        }

        Assert.Equal(Enumerable.Range(1, dropped.Count), dropped.Select(one => (int)one.Key.Low));
        Assert.DoesNotContain(dropped, one => one.WasAsked);
        Assert.False(ring.TryKeep(Key(500), new byte[Capacity + 1], wasAsked: false));
    }
}
