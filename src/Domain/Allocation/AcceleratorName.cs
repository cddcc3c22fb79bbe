namespace FinOps.Domain.Allocation;

/// <summary>Names of accelerators as drivers tell them: "NVIDIA H100 80GB HBM3", "NVIDIA A100-SXM4-80GB", "NVIDIA L4".</summary>
public static class AcceleratorName
{
    private static readonly char[] Between = [' ', '-', '_', '/', ',', '(', ')'];

    public static string[] Words(string name) => name.Split(Between, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>Whether each of the wanted words is one of the name's: L4 is no part of L40S.</summary>
    public static bool Has(string name, string wanted)
    {
        var words = Words(name);
        return Words(wanted).All(word => words.Contains(word, StringComparer.OrdinalIgnoreCase));
    }

    /// <summary>Memory in gigabytes where the name tells it, else 0.</summary>
    public static int Gigabytes(string name)
    {
        foreach (var word in Words(name))
        {
            if (word.EndsWith("GB", StringComparison.OrdinalIgnoreCase) && int.TryParse(word.AsSpan(0, word.Length - 2), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var gigabytes))
                return gigabytes;
        }

        return 0;
    }
}
