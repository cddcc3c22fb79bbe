using System.Globalization;
using System.Net;
using System.Xml.Linq;
using FinOps.Embedded.Supervision;

namespace FinOps.Embedded.ClickHouse;

/// <summary>A real ClickHouse with its HTTP and native interfaces on loopback ports, in a process of its own.</summary>
internal sealed class ClickHouseEngine(
    DataFolder folder, EngineFiles files, string library, string password, EmbeddedEnginesOptions options, HttpMessageInvoker http) : IEngine
{
    private const string User = "app";

    private int _httpPort;
    private int _tcpPort;

    public string Name => "ClickHouse";

    public EngineFiles Files => files;

    public string ConnectionString => AddressOf(_httpPort, password);

    public static string AddressOf(int httpPort, string password) => string.Create(
        CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={httpPort};Username={User};Password={password};Database=default");

    /// <summary>The port of HTTP that the last start chose; null where there never was one.</summary>
    public static int? FindPort(DataFolder folder) => File.Exists(ConfigFileOf(folder)) ? (int?)XElement.Load(ConfigFileOf(folder)).Element("http_port") : null;

    private static string ConfigFileOf(DataFolder folder) => Path.Combine(folder.ClickHouse, "config.xml");

    private string ConfigFile => ConfigFileOf(folder);

    private string UsersFile => Path.Combine(folder.ClickHouse, "users.xml");

    private string LogFile => Path.Combine(folder.Logs, "clickhouse.log");

    private string Endpoint => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_httpPort}/");

    public void ChooseFreePorts()
    {
        var ports = LoopbackPort.Free(2);
        (_httpPort, _tcpPort) = (ports[0], ports[1]);
    }

    public Task PrepareAsync(IProgress<string> progress, CancellationToken cancellationToken) => Task.CompletedTask;

    public EngineCommand Command()
    {
        SecretFile.Write(UsersFile, ClickHouseConfig.Users(User, password, options.ClickHouseUsers(password)));
        SecretFile.Write(ConfigFile, ClickHouseConfig.Server(folder.ClickHouse, UsersFile, LogFile, _httpPort, _tcpPort, options.ClickHouseMaxMemoryBytes));
        return new EngineCommand(
            "supervise-clickhouse.sh", files.LockFile, files.PidFile, files.StartLog,
            [DotnetProgram(), HostAssembly(), library, ConfigFile, Endpoint, User], FirstInputLine: password);
    }

    public async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, Endpoint + "ping");
            using var answer = await http.SendAsync(request, cancellationToken);
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    /// <summary>The engine rotates its own log: see <see cref="ClickHouseConfig"/>.</summary>
    public void TrimLogs()
    {
    }

    public string LastLogLines() => LogTail.Of(files.StartLog);

    private static string HostAssembly()
    {
        var path = Path.Combine(AppContext.BaseDirectory, "FinOps.Embedded.ClickHouseHost.dll");
        return File.Exists(path) ? path : throw new EngineException($"{path} is missing: the build is incomplete.");
    }

    /// <summary>The runtime that runs this program, also when the program was started through its own executable.</summary>
    private static string DotnetProgram()
    {
        var runtime = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        var path = Path.GetFullPath(Path.Combine(runtime, "..", "..", "..", "dotnet"));
        return File.Exists(path) ? path : "dotnet";
    }
}
