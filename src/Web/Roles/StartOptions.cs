using System.Globalization;
using System.Net;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Web.Bootstrap;

namespace FinOps.Web.Roles;

/// <summary>What the operator asked for: the command line and the <c>FINOPS_*</c> environment, checked.</summary>
public sealed record StartOptions
{
    public const string Usage = "Usage: FinOps.Web [--role all|web|ingest|jobs|migrate] [--data DIR] [--engines DIR] [--demo]";

    public ServerRole Role { get; init; } = ServerRole.All;

    /// <summary>Everything the installation keeps outside the stores. <c>--data</c>, default <c>.finops</c> in the current folder.</summary>
    public string DataFolder { get; init; } = ".finops";

    /// <summary>The folder with the engines' <c>node_modules</c>. <c>--engines</c>, default found above the executable.</summary>
    public string? EnginesFolder { get; init; }

    /// <summary>Makes the demo company and sends its telemetry. <c>--demo</c>.</summary>
    public bool Demo { get; init; }

    /// <summary><c>FINOPS_BIND</c>, default 127.0.0.1.</summary>
    public IPAddress Bind { get; init; } = IPAddress.Loopback;

    /// <summary><c>FINOPS_HTTP_PORT</c>, default 8080: pages, REST, health.</summary>
    public int HttpPort { get; init; } = 8080;

    /// <summary><c>FINOPS_OTLP_GRPC_PORT</c>, default 4317.</summary>
    public int OtlpGrpcPort { get; init; } = 4317;

    /// <summary><c>FINOPS_OTLP_HTTP_PORT</c>, default 4318.</summary>
    public int OtlpHttpPort { get; init; } = 4318;

    /// <summary><c>FINOPS_POSTGRES</c>: an external PostgreSQL. Null embeds one.</summary>
    public string? Postgres { get; init; }

    /// <summary><c>FINOPS_POSTGRES_APP</c>: the restricted login at the external PostgreSQL. Null derives it from the owner's in <c>FINOPS_POSTGRES</c>.</summary>
    public string? PostgresApp { get; init; }

    /// <summary><c>FINOPS_CLICKHOUSE</c>: an external ClickHouse. Null embeds one.</summary>
    public string? ClickHouse { get; init; }

    /// <summary><c>FINOPS_CLICKHOUSE_APP</c>: the secret of the application's users at the external ClickHouse. Null derives it from <c>FINOPS_CLICKHOUSE</c>.</summary>
    public string? ClickHouseApp { get; init; }

    /// <summary><c>FINOPS_TLS_CERTIFICATE</c>, <c>FINOPS_TLS_KEY</c>, <c>FINOPS_TLS_PASSWORD</c>: every port then speaks TLS. Null: none does.</summary>
    public TlsOptions? Tls { get; init; }

    /// <summary><c>FINOPS_PROXIES</c>: whose forwarded headers are believed. Default: nobody's.</summary>
    public IReadOnlyList<IPNetwork> Proxies { get; init; } = [];

    public required BootstrapOptions Bootstrap { get; init; }

    /// <summary>Reads both sources; every mistake is told, each with the key that it is about.</summary>
    public static (StartOptions? Options, IReadOnlyList<string> Problems) Read(IReadOnlyList<string> arguments, Func<string, string?> environment)
    {
        var problems = new List<string>();
        string? Value(string key) => environment(key) is { Length: > 0 } text ? text : null;

        var options = new StartOptions
        {
            Bind = ReadBind(Value("FINOPS_BIND"), problems),
            HttpPort = ReadPort(Value, "FINOPS_HTTP_PORT", 8080, problems),
            OtlpGrpcPort = ReadPort(Value, "FINOPS_OTLP_GRPC_PORT", 4317, problems),
            OtlpHttpPort = ReadPort(Value, "FINOPS_OTLP_HTTP_PORT", 4318, problems),
            Postgres = Value("FINOPS_POSTGRES"),
            PostgresApp = Value("FINOPS_POSTGRES_APP"),
            ClickHouse = Value("FINOPS_CLICKHOUSE"),
            ClickHouseApp = Value("FINOPS_CLICKHOUSE_APP"),
            Tls = ReadTls(Value, problems),
            Proxies = TrustedProxies.Read(Value("FINOPS_PROXIES"), problems),
            Bootstrap = BootstrapOptions.Read(Value, problems),
        };
        if (Value("ASPNETCORE_FORWARDEDHEADERS_ENABLED") is not null)
            problems.Add("ASPNETCORE_FORWARDEDHEADERS_ENABLED believes whoever sends the header. Name your proxies in FINOPS_PROXIES instead.");
        options = ReadArguments(arguments, options, problems);
        options = options with { DataFolder = Path.GetFullPath(options.DataFolder) };

        RequireLogins(options, problems);
        if (options.Role != ServerRole.All)
        {
            if (options.Demo) problems.Add("--demo works with --role all only.");
        }

        if (options is { Demo: true, Tls: not null }) problems.Add("--demo sends to its own ports without TLS: leave FINOPS_TLS_CERTIFICATE out.");
        RequireDifferentPorts(options, problems);
        return problems.Count == 0 ? (options, problems) : (null, problems);
    }

    private static StartOptions ReadArguments(IReadOnlyList<string> arguments, StartOptions options, List<string> problems)
    {
        for (var i = 0; i < arguments.Count; i++)
        {
            var (name, value) = arguments[i].Split('=', 2) is [var key, var inline] ? (key, inline) : (arguments[i], null);
            string? Next() => value ?? (i + 1 < arguments.Count && !arguments[i + 1].StartsWith("--", StringComparison.Ordinal) ? arguments[++i] : null);
            switch (name)
            {
                case "--demo" when value is null:
                    options = options with { Demo = true };
                    break;
                case "--data":
                    if (Next() is { Length: > 0 } data) options = options with { DataFolder = data };
                    else problems.Add("--data needs a folder.");
                    break;
                case "--engines":
                    if (Next() is { Length: > 0 } engines) options = options with { EnginesFolder = engines };
                    else problems.Add("--engines needs a folder.");
                    break;
                case "--role":
                    var text = Next();
                    if (Roles.TryGetValue(text ?? "", out var role)) options = options with { Role = role };
                    else problems.Add($"--role is \"{text}\": it must be all, web, ingest, jobs or migrate.");
                    break;
                default:
                    problems.Add($"Unknown option {arguments[i]}. {Usage}");
                    break;
            }
        }

        return options;
    }

    private static readonly Dictionary<string, ServerRole> Roles = new(StringComparer.Ordinal)
    {
        ["all"] = ServerRole.All,
        ["web"] = ServerRole.Web,
        ["ingest"] = ServerRole.Ingest,
        ["jobs"] = ServerRole.Jobs,
        ["migrate"] = ServerRole.Migrate,
    };

    private static TlsOptions? ReadTls(Func<string, string?> value, List<string> problems)
    {
        var (key, password) = (value("FINOPS_TLS_KEY"), value("FINOPS_TLS_PASSWORD"));
        if (value("FINOPS_TLS_CERTIFICATE") is { } certificate) return new TlsOptions(certificate, key, password);
        if (key is not null || password is not null) problems.Add("FINOPS_TLS_KEY and FINOPS_TLS_PASSWORD belong to a certificate: set FINOPS_TLS_CERTIFICATE, too.");
        return null;
    }

    private static IPAddress ReadBind(string? text, List<string> problems)
    {
        switch (text)
        {
            case null or "localhost":
                return IPAddress.Loopback;
            case "*":
                return IPAddress.Any;
            default:
                if (IPAddress.TryParse(text, out var address)) return address;
                problems.Add($"FINOPS_BIND is \"{text}\": it must be an IP address, for example 127.0.0.1 or 0.0.0.0.");
                return IPAddress.Loopback;
        }
    }

    private static int ReadPort(Func<string, string?> value, string key, int standard, List<string> problems)
    {
        if (value(key) is not { } text) return standard;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= 65535) return port;
        problems.Add($"{key} is \"{text}\": it must be a port from 1 to 65535.");
        return standard;
    }

    /// <summary>The owner migrates; the other roles are content with the restricted login.</summary>
    private static void RequireLogins(StartOptions options, List<string> problems)
    {
        if (options.Role == ServerRole.All)
        {
            if (options.PostgresApp is not null && options.Postgres is null)
                problems.Add("FINOPS_POSTGRES_APP is set without FINOPS_POSTGRES: --role all migrates, which needs the owner's login, too.");
            if (options.ClickHouseApp is not null && options.ClickHouse is null)
                problems.Add("FINOPS_CLICKHOUSE_APP is set without FINOPS_CLICKHOUSE: --role all migrates, which needs that user, too.");
        }
        else if (options.Postgres is null && (options.PostgresApp is null || options.Role.Migrates()))
        {
            problems.Add(options.Role.Migrates()
                ? "FINOPS_POSTGRES is not set: --role migrate needs the owner's login."
                : "FINOPS_POSTGRES is not set, nor FINOPS_POSTGRES_APP: only --role all brings its own PostgreSQL.");
        }

        if (options.Role != ServerRole.All && options.ClickHouse is null && (options.ClickHouseApp is null || options.Role.Migrates()))
            problems.Add(options.Role.Migrates()
                ? "FINOPS_CLICKHOUSE is not set: --role migrate needs the user who may make tables and users."
                : "FINOPS_CLICKHOUSE is not set, nor FINOPS_CLICKHOUSE_APP: only --role all brings its own ClickHouse.");

        try
        {
            if ((options.Postgres ?? options.PostgresApp) is not null
                && new PostgresOptions { ConnectionString = options.Postgres, AppConnectionString = options.PostgresApp }.FindProblem() is { } problem) problems.Add(problem);
        }
        catch (ArgumentException malformed)
        {
            problems.Add($"FINOPS_POSTGRES or FINOPS_POSTGRES_APP is no connection string: {malformed.Message}");
        }
    }

    private static void RequireDifferentPorts(StartOptions options, List<string> problems)
    {
        (string Key, int Port)[] ports =
            [("FINOPS_HTTP_PORT", options.HttpPort), ("FINOPS_OTLP_GRPC_PORT", options.OtlpGrpcPort), ("FINOPS_OTLP_HTTP_PORT", options.OtlpHttpPort)];
        foreach (var group in ports.GroupBy(entry => entry.Port).Where(group => group.Count() > 1))
            problems.Add($"{string.Join(" and ", group.Select(entry => entry.Key))} are both {group.Key}: each needs a port of its own.");
    }
}
