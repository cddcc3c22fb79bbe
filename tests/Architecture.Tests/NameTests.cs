using System.Text.RegularExpressions;

namespace FinOps.Architecture.Tests;

public sealed partial class NameTests
{
    /// <summary>Names that say nothing of what is inside: they become the drawer for everything.</summary>
    private static readonly string[] Empty = ["Common", "Helper", "Helpers", "Services", "Manager", "Managers", "Utils", "Utilities", "Models", "DTO", "DTOs", "Dtos"];

    private static readonly string[] Places = ["src", "tests", "bench", "migrations"];

    [Fact]
    public void Folders_HaveNamesThatSayWhatIsInside()
    {
        var wrong = Places.SelectMany(place => Repository.Files(place, "*"))
            .Select(path => Path.GetDirectoryName(Repository.Relative(path)) ?? "")
            .Distinct(StringComparer.Ordinal)
            .Where(folder => folder.Split(Path.DirectorySeparatorChar).Any(part => Empty.Contains(part, StringComparer.OrdinalIgnoreCase)));

        Assert.Empty(wrong);
    }

    [Fact]
    public void Types_HaveNamesThatSayWhatTheyAre()
    {
        var wrong = Places.SelectMany(place => Repository.Files(place, "*.cs"))
            .SelectMany(path => Declaration().Matches(File.ReadAllText(path)).Select(match => (Path: Repository.Relative(path), Name: match.Groups["name"].Value)))
            .Where(type => LastWord().Match(type.Name) is { Success: true } word && Empty.Contains(word.Value, StringComparer.Ordinal))
            .Select(type => $"{type.Name} in {type.Path}");

        Assert.Empty(wrong);
    }

    [GeneratedRegex(@"^\s*(?:public|internal|private|protected|file|sealed|static|abstract|partial|readonly|ref|\s)*\b(?:class|record(?: struct| class)?|struct|interface|enum)\s+(?<name>[A-Za-z_]\w*)", RegexOptions.Multiline)]
    private static partial Regex Declaration();

    [GeneratedRegex(@"(?:DTOs?|[A-Z][a-z]+)$")]
    private static partial Regex LastWord();
}
