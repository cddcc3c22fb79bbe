namespace FinOps.Web.Features.Policies;

/// <summary>What became of a line.</summary>
public enum LineChange
{
    Same,
    Removed,
    Added,
}

/// <summary>The exact difference between two texts, line by line: a longest common subsequence, so that what stayed is shown as it stayed.</summary>
public static class LineDifference
{
    /// <summary>Lines of a text. Default 2,000; of longer ones all lines are shown as replaced.</summary>
    public const int MaxLines = 2_000;

    public static IReadOnlyList<(LineChange Change, string Line)> Of(string before, string after)
    {
        var (old, fresh) = (Lines(before), Lines(after));
        if (old.Length > MaxLines || fresh.Length > MaxLines) return [.. old.Select(line => (LineChange.Removed, line)), .. fresh.Select(line => (LineChange.Added, line))];
        var common = new int[old.Length + 1, fresh.Length + 1];
        for (var i = old.Length - 1; i >= 0; i--)
        {
            for (var j = fresh.Length - 1; j >= 0; j--)
                common[i, j] = old[i] == fresh[j] ? common[i + 1, j + 1] + 1 : Math.Max(common[i + 1, j], common[i, j + 1]);
        }

        var (answer, at, to) = (new List<(LineChange, string)>(), 0, 0);
        while (at < old.Length || to < fresh.Length)
        {
            if (at < old.Length && to < fresh.Length && old[at] == fresh[to])
            {
                answer.Add((LineChange.Same, old[at++]));
                to++;
            }
            else if (to == fresh.Length || (at < old.Length && common[at + 1, to] >= common[at, to + 1]))
            {
                answer.Add((LineChange.Removed, old[at++]));
            }
            else
            {
                answer.Add((LineChange.Added, fresh[to++]));
            }
        }

        return answer;
    }

    private static string[] Lines(string text) => text.Length == 0 ? [] : text.Split('\n');
}
