namespace FinOps.Bench.Classifier;

/// <summary>
/// The average performance gap recovered of RouteLLM (Ong et al., 2024, arXiv:2406.18665): the share of the strong model's lead that is kept when the prompts with the highest scores go to it, averaged over all shares of strong
/// calls from none to all. Random order has 0.5. The paper takes ten shares and straight lines between; here it is every share, and prompts of one score share what they bring.
/// </summary>
internal static class PerformanceGap
{
    public static double Average(IReadOnlyList<double> scores, IReadOnlyList<int> gains)
    {
        var order = Enumerable.Range(0, scores.Count).OrderByDescending(i => scores[i]).ToArray();
        var (area, sum) = (0d, 0d);
        for (var first = 0; first < order.Length;)
        {
            var (next, tied) = (first, 0d);
            while (next < order.Length && scores[order[next]] == scores[order[first]]) tied += gains[order[next++]];
            area += (next - first) * (sum + (tied / 2));
            sum += tied;
            first = next;
        }

        return sum > 0 ? area / order.Length / sum : throw new ArgumentException("The strong model has no lead over these prompts.", nameof(gains));
    }

    /// <summary>What is kept of the lead when the given share of calls, those with the highest scores, is strong.</summary>
    public static double At(double share, IReadOnlyList<double> scores, IReadOnlyList<int> gains) =>
        (double)Enumerable.Range(0, scores.Count).OrderByDescending(i => scores[i]).Take((int)(share * scores.Count)).Sum(i => gains[i]) / gains.Sum();
}
