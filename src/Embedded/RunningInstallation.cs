using System.Globalization;
using System.Xml;
using FinOps.Embedded.ClickHouse;
using FinOps.Embedded.Postgres;

namespace FinOps.Embedded;

/// <summary>For commands that look at an installation which another process runs.</summary>
public static class RunningInstallation
{
    private const int PortLine = 3;

    /// <summary>How to reach the PostgreSQL of the process that runs on this data folder, in the syntax of Npgsql; null while none does. The folder must be there.</summary>
    public static string? FindPostgres(string dataFolder)
    {
        var folder = DataFolder.Open(dataFolder);
        if (!InstallationLock.IsHeld(folder)) return null;
        var places = (string[])[folder.PostgresData, PostgresPlace.MovedData(folder)];
        var file = places.Select(place => Path.Combine(place, PostgresEngine.PostmasterFileName)).FirstOrDefault(File.Exists)
            ?? throw new EngineException($"The installation in {folder.Path} runs without a PostgreSQL of its own, or is just starting or stopping.");
        var lines = File.ReadAllLines(file);
        return lines.Length > PortLine && int.TryParse(lines[PortLine].Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            ? PostgresEngine.AddressOf(port, EngineSecrets.LoadOrCreate(folder).PostgresPassword)
            : throw new EngineException($"PostgreSQL of {folder.Path} is just starting or stopping. Try again.");
    }

    /// <summary>The same for ClickHouse, in the syntax of ClickHouse.Driver.</summary>
    public static string? FindClickHouse(string dataFolder)
    {
        var folder = DataFolder.Open(dataFolder);
        if (!InstallationLock.IsHeld(folder)) return null;
        try
        {
            return ClickHouseEngine.FindPort(folder) is { } port
                ? ClickHouseEngine.AddressOf(port, EngineSecrets.LoadOrCreate(folder).ClickHousePassword)
                : throw new EngineException($"The installation in {folder.Path} runs without a ClickHouse of its own, or is just starting or stopping.");
        }
        catch (XmlException starting)
        {
            throw new EngineException($"ClickHouse of {folder.Path} is just starting. Try again.", starting);
        }
    }
}
