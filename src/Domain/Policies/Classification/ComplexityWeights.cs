using System.Globalization;
using System.Text;

namespace FinOps.Domain.Policies.Classification;

/// <summary>What training found: for each feature its mean and deviation over the training prompts and the weight of a deviation, and the constant, all in log-odds.</summary>
public sealed record ComplexityWeights(IReadOnlyList<ComplexityWeight> Features, double Constant)
{
    private const string Header = "feature,mean,deviation,weight";
    private const string ConstantName = "constant";

    /// <summary>Reads the weights' file: comment lines with #, the header, a line for each feature, the constant's.</summary>
    /// <exception cref="InvalidDataException">The text is no such file, or its features are not those of <see cref="ComplexityFeature.Names"/>: it was trained for other code.</exception>
    public static ComplexityWeights Parse(string text)
    {
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Where(line => line[0] != '#').ToList();
        if (lines.Count < 2 || lines[0] != Header) throw new InvalidDataException($"The weights do not begin with the line {Header}.");
        if (lines[^1].Split(',') is not [ConstantName, var constant]) throw new InvalidDataException($"The weights do not end with a line {ConstantName},….");
        var features = lines[1..^1].ConvertAll(ParseFeature);
        if (!features.Select(feature => feature.Name).SequenceEqual(ComplexityFeature.Names))
            throw new InvalidDataException($"The weights are of other features than {string.Join(", ", ComplexityFeature.Names)}: train them anew with ./finops bench classifier --write.");
        return new ComplexityWeights(features, Number(constant));
    }

    /// <summary>The same as a file.</summary>
    /// <param name="comments">What it was trained on; each becomes a line.</param>
    public string ToText(params IEnumerable<string> comments)
    {
        var text = new StringBuilder();
        foreach (var comment in comments) text.Append("# ").Append(comment).Append('\n');
        text.Append(Header).Append('\n');
        foreach (var feature in Features) text.Append(CultureInfo.InvariantCulture, $"{feature.Name},{feature.Mean:G6},{feature.Deviation:G6},{feature.Weight:G6}\n");
        return text.Append(CultureInfo.InvariantCulture, $"{ConstantName},{Constant:G6}\n").ToString();
    }

    private static ComplexityWeight ParseFeature(string line) => line.Split(',') is [var name, var mean, var deviation, var weight] && Number(deviation) is > 0 and var spread
        ? new ComplexityWeight(name, Number(mean), spread, Number(weight))
        : throw new InvalidDataException($"The weights' line \"{line}\" is not {Header} with a deviation above 0.");

    private static double Number(string text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
        ? number
        : throw new InvalidDataException($"The weights hold \"{text}\", which is no number.");
}

/// <summary>What one feature adds to the log-odds: <paramref name="Weight"/> for each <paramref name="Deviation"/> above <paramref name="Mean"/>.</summary>
public readonly record struct ComplexityWeight(string Name, double Mean, double Deviation, double Weight);
