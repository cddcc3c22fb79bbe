using System.Text;

namespace FinOps.Bench.Classifier;

/// <summary>A question that both models answered.</summary>
internal sealed record RoutingCase(string Subject, byte[] Prompt, int Characters, bool WeakRight, bool StrongRight)
{
    /// <summary>What calling the strong model instead of the weak one brings: 1, 0, or −1 where only the weak one is right.</summary>
    public int Gain => (StrongRight ? 1 : 0) - (WeakRight ? 1 : 0);
}

/// <summary>The answers of two models to the questions of MMLU, a file for each subject, as lm-sys/RouteLLM has them: prompt, weak right, strong right.</summary>
internal static class RoutingSet
{
    private const string Files = "mmlu_*.csv";

    /// <returns>Sorted by subject; null when the folder holds none.</returns>
    public static IReadOnlyList<RoutingCase>? Read(string folder)
    {
        var files = Directory.Exists(folder) ? Directory.GetFiles(folder, Files) : [];
        Array.Sort(files, StringComparer.Ordinal);
        return files.Length == 0 ? null : [.. files.SelectMany(file => Cases(Path.GetFileNameWithoutExtension(file)["mmlu_".Length..], File.ReadAllText(file), file))];
    }

    private static IEnumerable<RoutingCase> Cases(string subject, string text, string file) => Rows(text).Skip(1).Select(row => row is [var prompt, var weak, var strong]
        ? new RoutingCase(subject, Encoding.UTF8.GetBytes(prompt), prompt.Length, bool.Parse(weak), bool.Parse(strong))
        : throw new InvalidDataException($"{file} has a row of {row.Length} fields; prompt, weak right and strong right are three."));

    /// <summary>RFC 4180: quoted fields may hold commas, line breaks and doubled quotes.</summary>
    private static IEnumerable<string[]> Rows(string text)
    {
        var (row, field, quoted) = (new List<string>(), new StringBuilder(), false);
        for (var i = 0; i < text.Length; i++)
        {
            var letter = text[i];
            if (quoted && letter == '"' && i + 1 < text.Length && text[i + 1] == '"') field.Append(text[i++]);
            else if (letter == '"') quoted = !quoted;
            else if (quoted || letter is not (',' or '\n' or '\r')) field.Append(letter);
            else if (letter != '\r')
            {
                row.Add(field.ToString());
                field.Clear();
                if (letter == ',') continue;
                yield return [.. row];
                row.Clear();
            }
        }

        if (row.Count > 0) yield return [.. row, field.ToString()];
    }
}
