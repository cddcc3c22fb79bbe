using System.Collections.Immutable;
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

/// <summary>
/// The days that were sent whole, and the instant up to which the live stream was sent; kept beside the data so that a restart goes on. The history and the
/// live stream tell it at the same time.
/// </summary>
internal sealed class DemoJournal(string path)
{
    private sealed record State(DateOnly? Anchor, ImmutableSortedSet<DateOnly> Days, DateTimeOffset? LiveUntil);

    private readonly Lock _writing = new();
    private volatile State _state = new(null, [], null);

    public DateTimeOffset? LiveUntil => _state.LiveUntil;

    /// <summary>The day of the first start: the company's story (its model switch, its runaway job) is told from there.</summary>
    public DateOnly Anchor(DateOnly today)
    {
        lock (_writing) _state = _state with { Anchor = _state.Anchor ?? today };
        return _state.Anchor!.Value;
    }

    public bool Has(DateOnly day) => _state.Days.Contains(day);

    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        if (!File.Exists(path)) return;
        await using var file = File.OpenRead(path);
        _state = await JsonSerializer.DeserializeAsync<State>(file, cancellationToken: cancellationToken) ?? _state;
    }

    public void Complete(DateOnly day) => Save(state => state with { Days = state.Days.Add(day) });

    public void Advance(DateTimeOffset liveUntil) => Save(state => state with { LiveUntil = liveUntil });

    /// <summary>One at a time: two writers of the same file would take it away from each other. It has a few hundred bytes.</summary>
    private void Save(Func<State, State> change)
    {
        lock (_writing)
        {
            _state = change(_state);
            var next = path + ".next";
            File.WriteAllBytes(next, JsonSerializer.SerializeToUtf8Bytes(_state));
            File.Move(next, path, overwrite: true);
        }
    }
}
