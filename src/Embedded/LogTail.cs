namespace FinOps.Embedded;

internal static class LogTail
{
    private const int Lines = 12;

    /// <summary>The last lines of a log, or nothing when there is none yet.</summary>
    public static string Of(string? path)
    {
        if (path is null || !File.Exists(path))
            return "";
        var lines = File.ReadLines(path).TakeLast(Lines).ToArray();
        return lines.Length == 0 ? "" : $"The end of {path}:\n{string.Join('\n', lines)}\n";
    }
}
