namespace FinOps.Embedded;

/// <summary>Where an installation keeps what: one folder. A copy of it, made while nothing runs, is a backup, too.</summary>
internal sealed class DataFolder
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode OthersPass = OwnerOnly | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private DataFolder(string path) => Path = path;

    public string Path { get; }

    public string PostgresData => Inside("postgres");

    public string ClickHouse => Inside("clickhouse");

    public string Logs => Inside("logs");

    public string Run => Inside("run");

    public string Secrets => Inside("secrets");

    public string InstallationIdFile => Inside("installation-id");

    /// <summary>
    /// Others may pass through the folder but list nothing: under root, PostgreSQL runs as another user and its data lies inside.
    /// The other parts are for the owner alone.
    /// </summary>
    public static DataFolder Open(string path)
    {
        var folder = new DataFolder(System.IO.Path.GetFullPath(path));
        try
        {
            if (!Directory.Exists(folder.Path))
                Directory.CreateDirectory(folder.Path, OthersPass);
            foreach (var part in (string[])[folder.ClickHouse, folder.Logs, folder.Run, folder.Secrets])
                Directory.CreateDirectory(part, OwnerOnly);
        }
        catch (Exception failure) when (failure is UnauthorizedAccessException or IOException)
        {
            throw new EngineException($"The data folder {folder.Path} cannot be written by this user: {failure.Message}", failure);
        }

        return folder;
    }

    /// <summary>Names this installation where it must put files outside its own folder.</summary>
    public string InstallationId()
    {
        if (!File.Exists(InstallationIdFile))
            SecretFile.Write(InstallationIdFile, Guid.NewGuid().ToString("N"));
        return File.ReadAllText(InstallationIdFile).Trim();
    }

    private string Inside(string name) => System.IO.Path.Combine(Path, name);
}
