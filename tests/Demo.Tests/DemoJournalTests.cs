namespace FinOps.Demo.Tests;

public sealed class DemoJournalTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("finops-journal-").FullName;

    /// <summary>The demo once stopped for good after ten of its days: history and live stream had written the journal at the same moment.</summary>
    [Fact]
    public async Task Journal_ToldByHistoryAndLiveStreamAtOnce_KeepsBoth()
    {
        const int days = 300;
        var first = new DateOnly(2026, 1, 1);
        var start = new DateTimeOffset(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);
        var path = Path.Combine(_folder, "journal.json");
        var journal = new DemoJournal(path);
        var history = Task.Run(() => { for (var i = 0; i < days; i++) journal.Complete(first.AddDays(i)); }, TestContext.Current.CancellationToken);
        var live = Task.Run(() => { for (var i = 1; i <= days; i++) journal.Advance(start.AddSeconds(i)); }, TestContext.Current.CancellationToken);
        await Task.WhenAll(history, live);

        var again = new DemoJournal(path);
        await again.LoadAsync(TestContext.Current.CancellationToken);
        Assert.All(Enumerable.Range(0, days), i => Assert.True(again.Has(first.AddDays(i))));
        Assert.Equal(start.AddSeconds(days), again.LiveUntil);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
