using System.Globalization;
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
}
