using System.Globalization;
using System.Text.RegularExpressions;

namespace FinOps.Architecture.Tests;

/// <summary>The forty-two ways in which cost figures go wrong elsewhere: each has at least one golden test, which names its number and where it was seen.</summary>
public sealed partial class CostPitfallListTests
{
    private const int Pitfalls = 42;

    [Fact]
    public void EveryCostPitfall_HasATestThatNamesItWithItsSource()
    {
        var named = Repository.Files("tests", "*.cs").SelectMany(path => Named().Matches(File.ReadAllText(path)))
            .Select(match => (Number: int.Parse(match.Groups["number"].Value, CultureInfo.InvariantCulture), Source: match.Groups["source"].Value)).ToList();

        Assert.Empty(Enumerable.Range(1, Pitfalls).Except(named.Select(one => one.Number)));
        Assert.All(named, one => Assert.InRange(one.Number, 1, Pitfalls));
        Assert.DoesNotContain(named, one => one.Source.Trim().Length == 0);
    }

    [GeneratedRegex("""\[CostPitfall\((?<number>\d+), "(?<source>[^"]*)"\)\]""")]
    private static partial Regex Named();
}
