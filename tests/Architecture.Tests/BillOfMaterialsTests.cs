using System.Diagnostics;
using System.Text.Json;

namespace FinOps.Architecture.Tests;

/// <summary>The bill of materials lists what the server is really built of.</summary>
public sealed class BillOfMaterialsTests
{
    [Fact]
    public async Task Sbom_ListsEveryPackageOfTheServerAndEveryEngine_WithHashAndLicence()
    {
        var file = Path.GetTempFileName();
        try
        {
            using var node = Process.Start(new ProcessStartInfo("node", [Path.Combine(Repository.Root, "deploy", "sbom.mjs"), file]) { RedirectStandardError = true })!;
            var errors = await node.StandardError.ReadToEndAsync();
            await node.WaitForExitAsync();
            Assert.True(node.ExitCode == 0, errors);

            using var sbom = JsonDocument.Parse(await File.ReadAllTextAsync(file));
            Assert.Equal("CycloneDX", sbom.RootElement.GetProperty("bomFormat").GetString());
            var components = sbom.RootElement.GetProperty("components").EnumerateArray().ToDictionary(component => component.GetProperty("purl").GetString()!, StringComparer.OrdinalIgnoreCase);
            Assert.Empty(ServerPackages().Concat(Engines()).Except(components.Keys, StringComparer.OrdinalIgnoreCase));
            Assert.DoesNotContain(components.Values, component => component.GetProperty("licenses").GetArrayLength() == 0);
            Assert.DoesNotContain(components.Values, component => component.GetProperty("hashes").EnumerateArray().Any(hash => hash.GetProperty("content").GetString() is not { Length: 128 }));
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>What the built server says it loads, which is another source than the bill's.</summary>
    private static IEnumerable<string> ServerPackages()
    {
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        using var dependencies = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Root, "src", "Web", "bin", configuration, "net10.0", "FinOps.Web.deps.json")));
        return [.. dependencies.RootElement.GetProperty("libraries").EnumerateObject().Where(library => library.Value.GetProperty("type").GetString() == "package")
            .Select(library => $"pkg:nuget/{library.Name.Replace('/', '@')}")];
    }

    private static IEnumerable<string> Engines()
    {
        using var wanted = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Root, "engines", "package.json")));
        return [.. ((string[])["dependencies", "optionalDependencies"]).SelectMany(kind => wanted.RootElement.GetProperty(kind).EnumerateObject()).Select(engine => $"pkg:npm/{engine.Name.Replace("@", "%40", StringComparison.Ordinal)}@{engine.Value.GetString()}")];
    }
}
