using System.Text.Json;

namespace FinOps.Demo;

/// <summary>How far the demo has come, for the line on the Overview and for the next start. One writer, many readers.</summary>
public sealed class DemoProgress
{
    private volatile Snapshot _current = new(0, DemoCompany.Days, 0, null);

    /// <param name="DaysWritten">Whole days sent, newest first.</param>
    /// <param name="DaysTotal">Days that the demo has.</param>
    /// <param name="CallsWritten">Model calls sent since the start of the process.</param>
    /// <param name="Failure">Why the demo stopped writing; null while it runs.</param>
    public sealed record Snapshot(int DaysWritten, int DaysTotal, int CallsWritten, string? Failure)
    {
        public bool Complete => DaysWritten >= DaysTotal;
    }

    public Snapshot Current => _current;

    internal void Report(int daysWritten) => _current = _current with { DaysWritten = daysWritten };

    internal void AddCalls(int calls) => _current = _current with { CallsWritten = _current.CallsWritten + calls };

    internal void Fail(string reason) => _current = _current with { Failure = reason };
}

/// <summary>The days that were sent whole, and the instant up to which the live stream was sent; kept beside the data so that a restart goes on.</summary>
internal sealed class DemoJournal(string path)
{
    private sealed record State(DateOnly? Anchor, SortedSet<DateOnly> Days, DateTimeOffset? LiveUntil);

    private State _state = new(null, [], null);

    public DateTimeOffset? LiveUntil => _state.LiveUntil;

    /// <summary>The day of the first start: the company's story (its model switch, its runaway job) is told from there.</summary>
    public DateOnly Anchor(DateOnly today)
    {
        _state = _state with { Anchor = _state.Anchor ?? today };
        return _state.Anchor!.Value;
    }

    public bool Has(DateOnly day) => _state.Days.Contains(day);

    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        if (!File.Exists(path)) return;
        await using var file = File.OpenRead(path);
        _state = await JsonSerializer.DeserializeAsync<State>(file, cancellationToken: cancellationToken) ?? _state;
    }

    public Task CompleteAsync(DateOnly day, CancellationToken cancellationToken)
    {
        _state.Days.Add(day);
        return SaveAsync(cancellationToken);
    }

    public Task AdvanceAsync(DateTimeOffset liveUntil, CancellationToken cancellationToken)
    {
        _state = _state with { LiveUntil = liveUntil };
        return SaveAsync(cancellationToken);
    }

    private async Task SaveAsync(CancellationToken cancellationToken)
    {
        var next = path + ".next";
        await File.WriteAllBytesAsync(next, JsonSerializer.SerializeToUtf8Bytes(_state), cancellationToken);
        File.Move(next, path, overwrite: true);
    }
}
