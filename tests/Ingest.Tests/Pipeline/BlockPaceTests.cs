using FinOps.Ingest.Pipeline;

namespace FinOps.Ingest.Tests.Pipeline;

public sealed class BlockPaceTests
{
    private readonly PipelineOptions _options = new();
    private readonly ManualTime _time = new();
    private readonly BlockPace _pace;

    public BlockPaceTests() => _pace = new BlockPace(_options, _time);

    [Fact]
    public void Wait_LoneRow_IsShort() =>
        Assert.Equal(TimeSpan.FromMilliseconds(_options.IdleLingerMilliseconds), _pace.Wait(1, 300, _time.GetTimestamp(), underWay: 0));

    [Fact]
    public void Wait_WhileAnInsertIsUnderWay_IsTheFullLinger() =>
        Assert.Equal(TimeSpan.FromMilliseconds(_options.LingerMilliseconds), _pace.Wait(1, 300, _time.GetTimestamp(), underWay: 1));

    [Fact]
    public void Wait_TargetReached_IsNone()
    {
        Assert.Equal(TimeSpan.Zero, _pace.Wait(_options.TargetRows, 1, _time.GetTimestamp(), underWay: 1));
        Assert.Equal(TimeSpan.Zero, _pace.Wait(1, _options.BlockBytes, _time.GetTimestamp(), underWay: 1));
    }

    [Fact]
    public void Wait_AStreamOfSmallBlocks_EndsAtTheFullLingerAndRecovers()
    {
        for (var i = 0; i < _options.EarlyBlocks; i++) _pace.Taken(1, _time.GetTimestamp());
        Assert.Equal(TimeSpan.FromMilliseconds(_options.LingerMilliseconds), _pace.Wait(1, 300, _time.GetTimestamp(), underWay: 0));

        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.FromMilliseconds(_options.IdleLingerMilliseconds), _pace.Wait(1, 300, _time.GetTimestamp(), underWay: 0));
    }

    [Fact]
    public void Wait_RowsThatWaitedTheFullLinger_AreDue()
    {
        var first = _time.GetTimestamp();
        _time.Advance(TimeSpan.FromMilliseconds(_options.LingerMilliseconds));
        Assert.True(_pace.Wait(1, 300, first, underWay: 1) <= TimeSpan.Zero);
    }

    private sealed class ManualTime : TimeProvider
    {
        private long _ticks = 1;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;

        public void Advance(TimeSpan by) => _ticks += by.Ticks;
    }
}
