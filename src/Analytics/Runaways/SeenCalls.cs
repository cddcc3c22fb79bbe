using FinOps.Analytics.Calls;

namespace FinOps.Analytics.Runaways;

/// <summary>Which calls were seen lately: as many as there is room for, and at least half of that.</summary>
internal sealed class SeenCalls(int room)
{
    private HashSet<CallId> _newer = [];
    private HashSet<CallId> _older = [];

    /// <summary>False: it was seen before.</summary>
    public bool Add(CallId call)
    {
        if (_older.Contains(call) || !_newer.Add(call)) return false;
        if (_newer.Count >= room / 2) (_older, _newer) = (_newer, []);
        return true;
    }
}
