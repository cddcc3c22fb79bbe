namespace FinOps.Domain.Runaway;

/// <summary>The last two minutes of one scope: sums in slots of ten seconds, and its latest calls one by one.</summary>
internal sealed class ScopeWindow
{
    /// <summary>Calls that are remembered one by one. Default 64; sums count all.</summary>
    private const int MostRecent = 64;

    private const int Slots = 12;
    private const int Kinds = 5;
    private static readonly long SlotTicks = RunawayOptions.Window.Ticks / Slots;

    private readonly Slot[] _slots = new Slot[Slots];
    private readonly long[] _seen = new long[Kinds];
    private Recent[] _recent = new Recent[8];
    private int _count;
    private int _next;
    private long _slot;

    public DateTimeOffset Last { get; private set; } = DateTimeOffset.MinValue;

    public long Calls { get; private set; }

    public long Failures { get; private set; }

    public long Tokens { get; private set; }

    public decimal Cost { get; private set; }

    /// <summary>Calls whose cost is not known.</summary>
    public long Unpriced { get; private set; }

    /// <summary>Of the latest calls, the share that asks something new and is answered. Where inputs are not known, answered is enough.</summary>
    public double Progress { get; private set; }

    /// <summary>How often the call's input went to its model and was answered, each time after the last answer.</summary>
    public int Repeats { get; private set; }

    /// <summary>Of the latest calls, the share that asks again what was asked and answered before.</summary>
    public double RepeatShare { get; private set; }

    /// <summary>As many calls are remembered as can be: in the last seconds there were more than are looked at.</summary>
    public bool IsFull => _count == MostRecent;

    /// <returns>False for a call from before the window: it is too late to tell anything of now.</returns>
    public bool Add(in RunawayCall call)
    {
        var slot = call.At.UtcTicks / SlotTicks;
        if (slot <= _slot - Slots) return false;
        if (slot > _slot) Advance(slot);
        if (call.At > Last) Last = call.At;

        ref var sums = ref _slots[slot % Slots];
        var tokens = call.InputTokens + call.OutputTokens;
        sums = new Slot(sums.Calls + 1, sums.Failures + (call.Failed ? 1 : 0), sums.Tokens + tokens, sums.Cost + call.Cost, sums.Unpriced + (call.Unpriced ? 1 : 0));
        Sum();
        Remember(new Recent(call.At.UtcTicks, (call.At + call.Duration).UtcTicks, call.InputHash, call.Model, call.InputTokens, call.OutputTokens, call.Failed));
        LookBack(call);
        return true;
    }

    /// <summary>How many of the latest calls in a row had more context than the one before, by steps of one length, and answers of one length.</summary>
    public int StuckFor(double sameLength)
    {
        var run = 1;
        if (_count < 3) return run;
        var (newest, step) = (Ago(0), Ago(0).Input - Ago(1).Input);
        if (step <= 0 || newest.Failed) return run;
        for (var ago = 1; ago < _count; ago++, run++)
        {
            var (older, newer) = (Ago(ago), Ago(ago - 1));
            if (older.Failed || older.Begin < newest.Begin - RunawayOptions.Window.Ticks || !Same(older.Output, newest.Output, sameLength) || !Same(newer.Input - older.Input, step, sameLength)) break;
        }

        return run;
    }

    /// <summary>Whether this incident is new; seen again it lasts longer.</summary>
    public bool Begins(RunawayKind kind, DateTimeOffset at, TimeSpan gap)
    {
        var before = _seen[(int)kind];
        _seen[(int)kind] = Math.Max(before, at.UtcTicks);
        return before == 0 || at.UtcTicks - before > gap.Ticks;
    }

    /// <summary>When an incident of this kind was last seen; null = never.</summary>
    public DateTimeOffset? Seen(RunawayKind kind) => _seen[(int)kind] is var ticks and not 0 ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

    private static bool Same(long a, long b, double within) => a > 0 && b > 0 && Math.Abs(a - b) <= within * Math.Max(a, b);

    private void Advance(long slot)
    {
        for (var passed = Math.Min(slot - _slot, Slots); passed > 0; passed--) _slots[(slot - passed + 1) % Slots] = default;
        _slot = slot;
    }

    private void Sum()
    {
        (Calls, Failures, Tokens, Cost, Unpriced) = (0, 0, 0, 0, 0);
        foreach (var slot in _slots)
        {
            Calls += slot.Calls;
            Failures += slot.Failures;
            Tokens += slot.Tokens;
            Cost += slot.Cost;
            Unpriced += slot.Unpriced;
        }
    }

    private void Remember(in Recent call)
    {
        if (_count == _recent.Length && _count < MostRecent)
        {
            var larger = new Recent[_count * 2];
            for (var ago = 0; ago < _count; ago++) larger[_count - 1 - ago] = Ago(ago);
            (_recent, _next) = (larger, _count);
        }

        _recent[_next] = call;
        _next = (_next + 1) % _recent.Length;
        _count = Math.Min(_count + 1, _recent.Length);
    }

    private ref readonly Recent Ago(int ago) => ref _recent[(_next - 1 - ago + (2 * _recent.Length)) % _recent.Length];

    private void LookBack(in RunawayCall call)
    {
        var from = call.At.UtcTicks - RunawayOptions.Window.Ticks;
        var (looked, progressed, again, repeats, begin) = (0, 0, 0, 0, long.MaxValue);
        for (var ago = 0; ago < _count; ago++)
        {
            ref readonly var recent = ref Ago(ago);
            if (recent.Begin < from) continue;
            looked++;
            if (!recent.Failed && (recent.Hash == 0 || IsNew(ago))) progressed++;
            else if (!recent.Failed) again++;
            if (call.InputHash == 0 || recent.Hash != call.InputHash || recent.Model != call.Model || recent.Failed) continue;
            // Several answers to one question asked at once are a choice (samples to vote on); asked again after the answer they are not.
            if (recent.End > begin) continue;
            repeats++;
            begin = recent.Begin;
        }

        (Progress, Repeats, RepeatShare) = (looked == 0 ? 1 : (double)progressed / looked, repeats, looked == 0 ? 0 : (double)again / looked);
    }

    private bool IsNew(int ago)
    {
        ref readonly var call = ref Ago(ago);
        for (var older = ago + 1; older < _count; older++)
        {
            ref readonly var other = ref Ago(older);
            if (other.Hash == call.Hash && other.Model == call.Model) return false;
        }

        return true;
    }

    private readonly record struct Slot(long Calls, long Failures, long Tokens, decimal Cost, long Unpriced);

    private readonly record struct Recent(long Begin, long End, ulong Hash, string Model, long Input, long Output, bool Failed);
}
