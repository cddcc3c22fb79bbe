namespace FinOps.Bench.Anomalies;

/// <summary>A labelled stretch of a series: the places of its first and its last point.</summary>
internal readonly record struct NabWindow(int First, int Last)
{
    public int Width => Last - First + 1;
}

/// <summary>
/// The score of the Numenta Anomaly Benchmark with its standard profile (Lavin and Ahmad, "Evaluating Real-time Anomaly Detection Algorithms", 2015, arXiv:1510.03336, section II): the first detection in a window is worth up to 1,
/// the earlier the more; a window missed costs 1; each detection outside costs up to 0.11, less shortly after a window. 100 is perfect, 0 is a detector that never speaks.
/// </summary>
internal static class NabScore
{
    private const double MissedWindow = -1;
    private const double FalseAlarm = 0.11;

    /// <summary>Beyond this many widths after a window a detection has nothing to do with it.</summary>
    private const double FarBehind = 3;

    private const double ProbationShare = 0.15;
    private const int LongestProbation = 750;

    /// <summary>Points at the begin that are not judged: 15 %, of at most 5,000.</summary>
    public static int Probation(int points) => Math.Min((int)(ProbationShare * points), LongestProbation);

    /// <summary>What one detection at this place is worth.</summary>
    /// <param name="windows">In order, apart.</param>
    public static double Worth(int place, ReadOnlySpan<NabWindow> windows)
    {
        NabWindow? before = null;
        foreach (var window in windows)
        {
            if (place < window.First) break;
            if (place <= window.Last) return Sigmoid(-(window.Last - place + 1) / (double)window.Width) / Sigmoid(-1);
            before = window;
        }

        return FalseAlarm * (before is { } last ? Sigmoid((place - last.Last) / (double)(last.Width - 1)) : -1);
    }

    /// <summary>The score of one series, not yet normalised.</summary>
    public static double Of(int points, ReadOnlySpan<NabWindow> windows, IEnumerable<int> detections)
    {
        Span<double> best = stackalloc double[windows.Length];
        best.Fill(MissedWindow);
        double outside = 0;
        var probation = Probation(points);
        foreach (var place in detections)
        {
            if (place < probation) continue;
            var worth = Worth(place, windows);
            var window = Find(place, windows);
            if (window < 0) outside += worth;
            else best[window] = Math.Max(best[window], worth);
        }

        foreach (var worth in best) outside += worth;
        return outside;
    }

    /// <summary>From −1 a window (nothing detected) to 1 a window (each at its first point), as 0 to 100.</summary>
    public static double Normalise(double score, int windows) => 100 * (score - (MissedWindow * windows)) / (windows - (MissedWindow * windows));

    private static int Find(int place, ReadOnlySpan<NabWindow> windows)
    {
        for (var i = 0; i < windows.Length; i++)
            if (windows[i].First <= place && place <= windows[i].Last) return i;
        return -1;
    }

    /// <summary>From 0.987 at the begin of a window over 0 at its end to −1 far behind it.</summary>
    private static double Sigmoid(double widths) => widths > FarBehind ? -1 : (2 / (1 + Math.Exp(5 * widths))) - 1;
}
