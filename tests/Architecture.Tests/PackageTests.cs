using System.Xml.Linq;

namespace FinOps.Architecture.Tests;

public sealed class PackageTests
{
    private const string PinsLabel = "Transitive pins";

    private static readonly string[] Places = ["src", "migrations", "tests", "bench"];

    /// <summary>A reason stands above the package, or above the first of the lines that follow one another without a blank; pins share their group's label.</summary>
    [Fact]
    public void Packages_HaveAReason()
    {
        var groups = XDocument.Load(CentralFile).Root!.Elements("ItemGroup").Where(group => !Label(group).StartsWith(PinsLabel, StringComparison.Ordinal));
        var wrong = groups.SelectMany(group => group.Elements("PackageVersion").Where(package => !IsExplained(package))).Select(Name);

        Assert.Empty(wrong);
    }

    [Fact]
    public void Packages_HaveOneVersionInOnePlace()
    {
        var wrong = Places.SelectMany(place => Repository.Files(place, "*.csproj"))
            .Where(path => XDocument.Load(path).Descendants("PackageReference").Any(package => package.Attribute("Version") is not null))
            .Select(Repository.Relative);

        Assert.Empty(wrong);
    }

    private static string CentralFile => Path.Combine(Repository.Root, "Directory.Packages.props");

    private static string Label(XElement group) => (string?)group.Attribute("Label") ?? "";

    private static string Name(XElement package) => (string?)package.Attribute("Include") ?? "";

    private static bool IsExplained(XElement package) => package.NodesBeforeSelf().Reverse()
        .TakeWhile(node => node is XComment || node is XElement)
        .Any(node => node is XComment);
}
