using FinOps.Domain.Usage;

namespace FinOps.Domain.Settlement;

/// <summary>Which operations can tell of the same call under different names.</summary>
internal enum OperationFamily
{
    /// <summary>chat, text_completion, generate_content …: instrumentations name the same call differently, some by names of their own.</summary>
    Generation,
    Embeddings,
    Rerank,
    Image,
    Speech,
    Transcription,
    /// <summary>Agents, workflows, tools: no calls of a model themselves.</summary>
    Other,
}

internal static class Operations
{
    public const int Families = 7;

    public static OperationFamily FamilyOf(string operation) => operation switch
    {
        "embeddings" => OperationFamily.Embeddings,
        "rerank" => OperationFamily.Rerank,
        "image_generation" => OperationFamily.Image,
        "speech" => OperationFamily.Speech,
        "transcription" => OperationFamily.Transcription,
        "invoke_agent" or "invoke_workflow" or "create_agent" or "agent_step" or "execute_tool" or "plan" or "retrieval" or "evaluate" or "span" => OperationFamily.Other,
        _ => OperationFamily.Generation,
    };
}

/// <summary>Input and output totals, the figures by which two reports are compared.</summary>
internal readonly record struct Totals(ulong Input, ulong Output) : IComparable<Totals>
{
    public static Totals Of(in UsageVector usage) => new(usage.InputTotal, usage.OutputTotal);

    public static Totals operator +(Totals a, Totals b) => new(a.Input + b.Input, a.Output + b.Output);

    public static Totals operator -(Totals a, Totals b) => new(a.Input - b.Input, a.Output - b.Output);

    public bool Covers(Totals other) => Input >= other.Input && Output >= other.Output;

    public int CompareTo(Totals other) => Input != other.Input ? Input.CompareTo(other.Input) : Output.CompareTo(other.Output);
}

/// <summary>
/// A call as seen from above. Its reports may differ in their totals (one instrumentation counts a streamed token too many),
/// so the smallest and the largest are kept, and both are tried.
/// </summary>
internal struct CallBelow
{
    public int Key;
    public OperationFamily Family;
    public bool CacheHit;
    public Totals Largest;
    public Totals Smallest;

    /// <summary>Calls in this one's subtree, itself included, and their sum.</summary>
    public int DeepCount;
    public Totals DeepSum;

    public readonly bool Tells(Totals totals) => totals == Largest || totals == Smallest;
}

/// <summary>A set of distinct calls with running sums; joining two sets moves the smaller one, so a whole forest costs n log n.</summary>
internal sealed class CallSet
{
    private const int ScanLimit = 12;

    private readonly List<CallBelow> _calls = new(2);
    private readonly FamilySums[] _families = new FamilySums[Operations.Families];
    private Dictionary<int, int>? _index;

    public int Count => _calls.Count;
    public Totals LargestSum { get; private set; }
    public Totals SmallestSum { get; private set; }
    public int DeepCount { get; private set; }
    public Totals DeepSum { get; private set; }

    public CallBelow First => _calls[0];

    public FamilySums Of(OperationFamily family) => _families[(int)family];

    public bool TryGet(int key, out CallBelow call)
    {
        var at = Find(key);
        call = at < 0 ? default : _calls[at];
        return at >= 0;
    }

    public void Add(in CallBelow call)
    {
        var at = Find(call.Key);
        if (at < 0)
        {
            _calls.Add(call);
            if (_index is not null) _index[call.Key] = _calls.Count - 1;
            else if (_calls.Count > ScanLimit) BuildIndex();
            Account(call, true);
            return;
        }

        // Commutative and associative, so that the order of the branches does not matter.
        var joined = _calls[at];
        Account(joined, false);
        if (call.Largest.CompareTo(joined.Largest) > 0) joined.Largest = call.Largest;
        if (call.Smallest.CompareTo(joined.Smallest) < 0) joined.Smallest = call.Smallest;
        if (call.Family < joined.Family) joined.Family = call.Family;
        joined.CacheHit |= call.CacheHit;
        joined.DeepCount = Math.Max(joined.DeepCount, call.DeepCount);
        if (call.DeepSum.CompareTo(joined.DeepSum) > 0) joined.DeepSum = call.DeepSum;
        _calls[at] = joined;
        Account(joined, true);
    }

    public static CallSet? Join(CallSet? a, CallSet? b)
    {
        if (a is null) return b;
        if (b is null) return a;
        var (large, small) = a.Count >= b.Count ? (a, b) : (b, a);
        foreach (var call in small._calls) large.Add(call);
        return large;
    }

    private void Account(in CallBelow call, bool add)
    {
        ref var family = ref _families[(int)call.Family];
        if (add)
        {
            LargestSum += call.Largest;
            SmallestSum += call.Smallest;
            DeepSum += call.DeepSum;
            DeepCount += call.DeepCount;
            family = new FamilySums(family.Count + 1, family.Largest + call.Largest, family.Smallest + call.Smallest);
        }
        else
        {
            LargestSum -= call.Largest;
            SmallestSum -= call.Smallest;
            DeepSum -= call.DeepSum;
            DeepCount -= call.DeepCount;
            family = new FamilySums(family.Count - 1, family.Largest - call.Largest, family.Smallest - call.Smallest);
        }
    }

    private int Find(int key)
    {
        if (_index is not null) return _index.TryGetValue(key, out var found) ? found : -1;
        for (var i = 0; i < _calls.Count; i++)
            if (_calls[i].Key == key) return i;
        return -1;
    }

    private void BuildIndex()
    {
        _index = new Dictionary<int, int>(_calls.Count * 2);
        for (var i = 0; i < _calls.Count; i++) _index[_calls[i].Key] = i;
    }
}

internal readonly record struct FamilySums(int Count, Totals Largest, Totals Smallest);

/// <summary>The nearest calls below a span: those with usage, those answered without usage, and failed attempts.</summary>
internal sealed class Frontier
{
    public CallSet? Priced;
    public CallSet? Missing;
    public CallSet? Failed;

    public static Frontier Join(Frontier a, Frontier b)
    {
        a.Priced = CallSet.Join(a.Priced, b.Priced);
        a.Missing = CallSet.Join(a.Missing, b.Missing);
        a.Failed = CallSet.Join(a.Failed, b.Failed);
        return a;
    }
}
