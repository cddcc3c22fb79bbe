namespace FinOps.Embedded.Postgres;

/// <summary>
/// Where PostgreSQL's programs and data lie. Under root both must be reachable by the unprivileged user: a checkout or a data folder
/// inside a home of mode 0700 is not, and then they are put below /var/lib/finops.
/// </summary>
internal sealed record PostgresPlace(PostgresAccount Account, string Native, string Data)
{
    private const string Shared = "/var/lib/finops";

    private const string ReachesPrograms =
        "\"$1/bin/postgres\" --version && test -r \"$1/bin/initdb\" && test -r \"$1/share/postgresql/postgres.bki\" && test -r \"$1/lib/postgresql/plpgsql.so\"";

    public static async Task<PostgresPlace> ChooseAsync(
        DataFolder folder, string enginesFolder, IProgress<string> progress, CancellationToken cancellationToken)
    {
        var native = EnginesFolder.PostgresNative(enginesFolder);
        if (!Environment.IsPrivilegedProcess)
            return new PostgresPlace(new PostgresAccount(UserId: null), native, folder.PostgresData);

        var moved = MovedData(folder);
        var account = await PostgresAccount.ChooseAsync(Directory.Exists(moved) ? moved : folder.PostgresData, cancellationToken);
        if (!await account.CanAsync(ReachesPrograms, native, cancellationToken))
            native = await CopyProgramsAsync(native, EnginesFolder.PostgresVersion(enginesFolder), progress, cancellationToken);

        var data = folder.PostgresData;
        if (Directory.Exists(moved))
        {
            data = moved;
        }
        else if (!await account.CanAsync("test -x \"$1\"", folder.Path, cancellationToken))
        {
            progress.Report($"PostgreSQL: its user cannot reach {folder.Path}, so its data lies in {moved}");
            Directory.CreateDirectory(Path.GetDirectoryName(moved)!);
            if (Directory.Exists(data))
                await ShortCommand.RunAsync(["mv", data, moved], cancellationToken);
            data = moved;
        }

        return new PostgresPlace(account, native, data);
    }

    /// <summary>Where the data lies if PostgreSQL's user cannot reach the data folder.</summary>
    public static string MovedData(DataFolder folder) => Path.Combine(Shared, folder.InstallationId(), "postgres");

    private static async Task<string> CopyProgramsAsync(
        string native, string version, IProgress<string> progress, CancellationToken cancellationToken)
    {
        var copy = Path.Combine(Shared, "engines", "postgres-" + version);
        if (Directory.Exists(copy))
            return copy;

        progress.Report($"PostgreSQL: its user cannot reach {native}, copying the programs to {copy}");
        var draft = $"{copy}.{Guid.NewGuid():N}";
        Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
        await ShortCommand.RunAsync(["cp", "--recursive", "--no-dereference", native, draft], cancellationToken);
        await ShortCommand.RunAsync(["chmod", "--recursive", "a+rX", draft], cancellationToken);
        try
        {
            Directory.Move(draft, copy);
        }
        catch (IOException) when (Directory.Exists(copy))
        {
            // Another installation copied the same version at the same time.
            Directory.Delete(draft, recursive: true);
        }

        return copy;
    }
}
