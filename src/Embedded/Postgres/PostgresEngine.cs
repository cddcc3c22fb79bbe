using System.Globalization;
using FinOps.Embedded.Supervision;

namespace FinOps.Embedded.Postgres;

/// <summary>A real PostgreSQL on a loopback port, sized to share a laptop.</summary>
internal sealed class PostgresEngine(PostgresPlace place, EngineFiles files, string password) : IEngine
{
    private const string User = "finops";
    private const string Database = "finops";

    /// <summary>Where the server says, beside other things, on which port it listens (fourth line) and whether it is ready (eighth).</summary>
    public const string PostmasterFileName = "postmaster.pid";

    /// <summary>Each log file is at most 5 MB (log_rotation_size below), so at most 20 MB are kept.</summary>
    private const int LogFilesKept = 4;

    private int _port;

    public string Name => "PostgreSQL";

    public EngineFiles Files => files;

    public string ConnectionString => AddressOf(_port, password);

    public static string AddressOf(int port, string password) => string.Create(
        CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={port};Username={User};Password={password};Database={Database}");

    private string LogFolder => Path.Combine(place.Data, "log");

    private string PostmasterFile => Path.Combine(place.Data, PostmasterFileName);

    public void ChooseFreePorts() => _port = LoopbackPort.Free(1)[0];

    public async Task PrepareAsync(IProgress<string> progress, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(place.Data))
        {
            progress.Report($"{Name}: creating the database files in {place.Data}");
            await CreateAsync(cancellationToken);
        }

        TrimLogs();
    }

    public EngineCommand Command()
    {
        // The engine's lock was free a moment ago, so this is left from a crash. Its process number may be another program's now.
        File.Delete(PostmasterFile);
        string[] settings =
        [
            "listen_addresses=127.0.0.1",
            $"port={_port.ToString(CultureInfo.InvariantCulture)}",
            "unix_socket_directories=",
            "max_connections=100",
            "shared_buffers=64MB",
            "effective_cache_size=256MB",
            "max_wal_size=256MB",
            "max_worker_processes=4",
            "max_parallel_workers_per_gather=0",
            "autovacuum_max_workers=2",
            // Workers for reading ahead are processes of their own; what is read here fits into memory.
            "io_method=sync",
            // Compiling a query costs more than the short queries of this application take.
            "jit=off",
            "timezone=UTC",
            "log_timezone=UTC",
            "logging_collector=on",
            "log_directory=log",
            "log_filename=postgres-%Y%m%d-%H%M%S.log",
            "log_rotation_size=5MB",
            "log_checkpoints=off",
        ];
        return new EngineCommand(
            "supervise-postgres.sh", files.LockFile, files.PidFile, files.StartLog,
            place.Account.Run([Program("postgres"), "-D", place.Data, .. settings.SelectMany(setting => (string[])["-c", setting])]));
    }

    /// <summary>What pg_ctl goes by, too: the postmaster writes "ready" as the eighth line of its file.</summary>
    public async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        if (!File.Exists(PostmasterFile))
            return false;
        try
        {
            var lines = await File.ReadAllLinesAsync(PostmasterFile, cancellationToken);
            return lines.Length >= 8 && lines[7].Trim() == "ready";
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }

    public void TrimLogs()
    {
        foreach (var old in LogFiles().SkipLast(LogFilesKept))
            File.Delete(old);
    }

    public string LastLogLines() => LogTail.Of(files.StartLog) + LogTail.Of(LogFiles().LastOrDefault());

    private IEnumerable<string> LogFiles() =>
        Directory.Exists(LogFolder) ? Directory.EnumerateFiles(LogFolder, "postgres-*.log").Order(StringComparer.Ordinal) : [];

    private string Program(string name) => Path.Combine(place.Native, "bin", name);

    /// <summary>Built beside its final place and renamed when complete: a start cut short leaves nothing half made.</summary>
    private async Task CreateAsync(CancellationToken cancellationToken)
    {
        var draft = place.Data + ".new";
        var passwordFile = place.Data + ".password";
        if (Directory.Exists(draft))
            Directory.Delete(draft, recursive: true);
        Directory.CreateDirectory(draft, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await place.Account.OwnAsync(draft, cancellationToken);
        SecretFile.Write(passwordFile, password + "\n");
        await place.Account.OwnAsync(passwordFile, cancellationToken);
        try
        {
            await ShortCommand.RunAsync(
                place.Account.Run(
                    Program("initdb"), "-D", draft, "--username", User, "--pwfile", passwordFile, "--auth=scram-sha-256",
                    "--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
                cancellationToken);
        }
        finally
        {
            File.Delete(passwordFile);
        }

        await ShortCommand.RunAsync(
            place.Account.Run(Program("postgres"), "--single", "-D", draft, "postgres"), cancellationToken, $"CREATE DATABASE {Database}\n");
        Directory.Move(draft, place.Data);
    }
}
