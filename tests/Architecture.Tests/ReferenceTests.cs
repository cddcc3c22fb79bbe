using ArchUnitNET.Loader;
using static ArchUnitNET.Fluent.ArchRuleDefinition;

namespace FinOps.Architecture.Tests;

public sealed class ReferenceTests
{
    private static readonly ArchUnitNET.Domain.Architecture Product = new ArchLoader()
        .LoadAssemblies(typeof(FinOps.Ingest.IngestExtensions).Assembly, typeof(FinOps.Analytics.Tenancy.Tenants).Assembly).Build();

    /// <summary>What each project may name. A project that is not listed here needs a line, and a reason to exist.</summary>
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["FinOps.Domain"] = [],
        ["FinOps.Analytics"] = ["FinOps.Domain"],
        ["FinOps.Ingest"] = ["FinOps.Domain", "FinOps.Analytics"],
        ["FinOps.Demo"] = ["FinOps.Domain"],
        ["FinOps.Embedded"] = [],
        ["FinOps.Embedded.ClickHouseHost"] = [],
        ["FinOps.Migrations.Postgres"] = ["FinOps.Domain", "FinOps.Analytics"],
        ["FinOps.Web"] = ["FinOps.Domain", "FinOps.Analytics", "FinOps.Ingest", "FinOps.Embedded", "FinOps.Demo", "FinOps.Migrations.Postgres"],
    };

    private static readonly string[] Agents = ["FinOps.Gateway", "FinOps.Host"];

    [Fact]
    public void Projects_OfTheProduct_NameOnlyWhatTheyMay()
    {
        var wrong = Repository.References()
            .Where(project => !IsTestOrBench(project.Key))
            .SelectMany(project => project.Value.Where(name => !MayName(project.Key, name)).Select(name => $"{project.Key} names {name}"));

        Assert.Empty(wrong);
    }

    [Fact]
    public void Projects_OfTheProduct_AreAllListed()
    {
        var unknown = Repository.References().Keys.Where(name => !IsTestOrBench(name) && !IsAgent(name) && !Allowed.ContainsKey(name));

        Assert.Empty(unknown);
    }

    [Fact]
    public void Web_IsNamedByTestsAndBenchmarksOnly()
    {
        var wrong = Repository.References().Where(project => project.Value.Contains("FinOps.Web") && !IsTestOrBench(project.Key)).Select(project => project.Key);

        Assert.Empty(wrong);
    }

    [Fact]
    public void Domain_HasNoPackages()
    {
        var project = File.ReadAllText(Path.Combine(Repository.Root, "src", "Domain", "FinOps.Domain.csproj"));

        Assert.DoesNotContain("PackageReference", project, StringComparison.Ordinal);
        Assert.DoesNotContain("FrameworkReference", project, StringComparison.Ordinal);
    }

    /// <summary>The front door knows the stores and the keys, not the questions and jobs.</summary>
    [Fact]
    public void Ingest_OfAnalytics_UsesTheStoresOnly()
    {
        var rule = Types().That().ResideInNamespaceMatching(@"^FinOps\.Ingest(\..*)?$")
            .Should().NotDependOnAny(Types().That().ResideInNamespaceMatching(@"^FinOps\.Analytics\.(?!Stores|Tenancy)"));

        Assert.Empty(rule.Evaluate(Product).Where(result => !result.Passed).Select(result => result.Description));
    }

    private static bool MayName(string project, string name) =>
        IsAgent(project) ? name == "FinOps.Domain" : Allowed.TryGetValue(project, out var allowed) && allowed.Contains(name);

    private static bool IsAgent(string name) => Agents.Any(agent => name == agent || name.StartsWith(agent + ".", StringComparison.Ordinal))
        || name.StartsWith("FinOps.Agents.", StringComparison.Ordinal);

    private static bool IsTestOrBench(string name) =>
        name.Contains(".Tests", StringComparison.Ordinal) || name is "FinOps.Testing" or "FinOps.Bench";
}
