using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using ClickHouse.Driver;
using ClickHouse.Driver.ADO;
using FinOps.Analytics.Quotas;
using FinOps.Analytics.Stores.ClickHouse.Native;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Stores.ClickHouse;

/// <summary>
/// The one way to ClickHouse: questions through the driver, bulk inserts as ready <c>Native</c> blocks over HTTP, both on one bounded pool of connections.
/// Each goes as the user that may do no more (<see cref="ClickHouseWalls"/>), with the setting that row policies go by.
/// Everything goes over the network, so an embedded engine, a server and a cluster differ by their connection string alone.
/// </summary>
public sealed class ClickHouseStore : IDisposable
{
    private static readonly ConcurrentDictionary<Type, string> Texts = new();

    private readonly ClickHouseOptions _options;
    private readonly HttpClient _http;
    private readonly ClickHouseClientSettings? _adminSettings;
    private readonly ClickHouseClient? _admin;
    private readonly QueryGate? _gate;
    private volatile Users _users;

    public ClickHouseStore(IOptions<ClickHouseOptions> options) : this(options.Value)
    {
    }

    public ClickHouseStore(IOptions<ClickHouseOptions> options, QueryGate gate) : this(options.Value) => _gate = gate;

    public ClickHouseStore(ClickHouseOptions options)
    {
        var problems = options.Problems().ToList();
        if (problems.Count > 0) throw new OptionsValidationException(ClickHouseOptions.Section, typeof(ClickHouseOptions), problems);
        _options = options;
        var admin = options.ConnectionString.Length == 0 ? null : new ClickHouseConnectionStringBuilder(options.ConnectionString).ToSettings();
        var app = options.AppConnectionString.Length == 0 ? null : new ClickHouseConnectionStringBuilder(options.AppConnectionString).ToSettings();
        var settings = app ?? admin!;
        (Database, AdminName) = (settings.Database, admin?.Username ?? "");
        Logins = ClickHouseWalls.Logins(Database, app?.Username ?? ClickHouseWalls.DefaultPrefix, settings.Password);
        _http = CreateHttpClient(settings, options);
        _adminSettings = admin;
        _admin = admin is null ? null : Client(admin);
        _users = new Users(Client(As(Logins[0])), Client(As(Logins[2])), new NativeInserts(_http, As(Logins[1]), options), AreApart: true);

        ClickHouseClientSettings As(ClickHouseLogin login) => new(settings) { Username = login.Name, Password = login.Password };
    }

    public string Database { get; }

    /// <summary>The user who migrates; empty where this process was not given it.</summary>
    internal string AdminName { get; }

    /// <summary>The reader, the writer and the user of jobs, in this order.</summary>
    internal IReadOnlyList<ClickHouseLogin> Logins { get; }

    /// <summary>False where the server can be given no users: then everything goes as the migrating user, and the application alone keeps tenants apart.</summary>
    internal bool HasWalls => _users.AreApart;

    private ClickHouseClient Admin => _admin
        ?? throw new InvalidOperationException("FINOPS_CLICKHOUSE is not set: only the user who migrates may do this.");

    /// <summary>For migrations and tests, as the user who migrates and whom no row policy holds: never for what answers a request. Dispose it after use.</summary>
    public ClickHouseConnection CreateConnection() => Admin.CreateConnection();

    /// <summary>As the reader, without a tenant: for what is no tenant's.</summary>
    internal ClickHouseConnection CreateReaderConnection() => _users.Reader.CreateConnection();

    /// <summary>Asks one question and reads the whole answer; the question bounds its rows.</summary>
    public async Task<List<TRow>> QueryAsync<TRow>(IClickHouseQuestion<TRow> question, CancellationToken cancellationToken)
    {
        var rows = new List<TRow>();
        await foreach (var row in StreamAsync(question, cancellationToken)) rows.Add(row);
        return rows;
    }

    /// <summary>Asks one question and hands out its rows as they come, for exports.</summary>
    public async IAsyncEnumerable<TRow> StreamAsync<TRow>(
        IClickHouseQuestion<TRow> question, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var parameters = new StatementParameters();
        question.Bind(parameters);
        var wide = question is IInstallationWide;
        // Each tenant's questions within its quota, the tenants in turn.
        using var place = _gate is { } gate && parameters.Tenant is { } tenant && question is not IUnmetered { IsUnmetered: true } ? await gate.EnterAsync(tenant, cancellationToken) : default;
        using var reader = await (wide ? _users.Jobs : _users.Reader).ExecuteReaderAsync(
            TextOf(question), parameters.Collection, ReadOptions(_options.QueryTimeoutSeconds, ClickHouseWalls.SettingOf(parameters.Tenant, wide), place), cancellationToken);
        while (await reader.ReadAsync(cancellationToken)) yield return question.Read(reader);
    }

    /// <summary>Runs a statement that changes data inside ClickHouse (<c>INSERT … SELECT</c>, for roll-ups).</summary>
    public async Task ExecuteAsync(IClickHouseStatement statement, CancellationToken cancellationToken)
    {
        var parameters = new StatementParameters();
        statement.Bind(parameters);
        var setting = ClickHouseWalls.SettingOf(parameters.Tenant, statement is IInstallationWide);
        await _users.Jobs.ExecuteNonQueryAsync(TextOf(statement), parameters.Collection, WriteOptions(_options.QueryTimeoutSeconds, setting: setting), cancellationToken);
    }

    /// <summary>
    /// Inserts one ready <c>Native</c> block, given as the pieces that follow one another in it. Never throws for what ClickHouse or the network does;
    /// the block may be sent again as it is, because rows collapse by their keys.
    /// </summary>
    public Task<InsertResult> InsertNativeAsync(
        string table, string columns, IReadOnlyList<ReadOnlyMemory<byte>> body, CancellationToken cancellationToken) =>
        _users.Inserts.InsertAsync(table, columns, new PiecesContent(body), cancellationToken);

    /// <summary>As above, for rows that were appended to a block of their table.</summary>
    public Task<InsertResult> InsertAsync(NativeBlock block, CancellationToken cancellationToken)
    {
        var pieces = new List<ReadOnlyMemory<byte>>();
        block.AddPieces(pieces);
        return InsertNativeAsync(block.Table, block.ColumnList, pieces, cancellationToken);
    }

    /// <summary>Null when ClickHouse answers and its schema is there; otherwise what is wrong, for people.</summary>
    public async Task<string?> FindProblemAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(_options.ConnectTimeoutSeconds));
        try
        {
            await _users.Reader.ExecuteScalarAsync("SELECT 1", null, ReadOptions(_options.ConnectTimeoutSeconds), limit.Token);
            return null;
        }
        catch (Exception e) when (IsAway(e) && !cancellationToken.IsCancellationRequested)
        {
            if (e is ClickHouseServerException { ErrorCode: ErrorCodes.AuthenticationFailed } && await new ClickHouseAccess(this).TryGoAsAdminAsync(cancellationToken))
                return await FindProblemAsync(cancellationToken);
            return e is OperationCanceledException ? "ClickHouse does not answer." : $"ClickHouse: {e.Message}";
        }
    }

    /// <summary>Creates the database of the connection string where it is missing.</summary>
    public async Task CreateDatabaseAsync(CancellationToken cancellationToken)
    {
        var options = WriteOptions(_options.MigrationTimeoutSeconds, database: "default");
        await Admin.ExecuteNonQueryAsync($"CREATE DATABASE IF NOT EXISTS `{Database}`", null, options, cancellationToken);
    }

    public void Dispose()
    {
        _users.Dispose();
        _admin?.Dispose();
        _http.Dispose();
    }

    /// <summary>Whether an exception means that ClickHouse is away or refused, rather than a mistake in this program.</summary>
    public static bool IsAway(Exception exception) =>
        exception is HttpRequestException or ClickHouseServerException or TimeoutException or OperationCanceledException or IOException;

    /// <summary>From now on everything goes as the migrating user: for a server that can be given no users.</summary>
    internal void GoAsAdmin()
    {
        var before = _users;
        _users = new Users(Client(_adminSettings!), Client(_adminSettings!), new NativeInserts(_http, _adminSettings!, _options), AreApart: false);
        before.Dispose();
    }

    internal async Task ExecuteTextAsync(string sql, CancellationToken cancellationToken) =>
        await Admin.ExecuteNonQueryAsync(sql, null, WriteOptions(_options.MigrationTimeoutSeconds), cancellationToken);

    /// <summary>As the migrating user: the rows of a look at the schema, each column as text.</summary>
    internal async Task<List<string[]>> ReadTextAsync(string sql, CancellationToken cancellationToken)
    {
        using var connection = CreateConnection();
        using var command = connection.CreateCommand(sql);
        using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<string[]> rows = [];
        while (await reader.ReadAsync(cancellationToken)) rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(column => Convert.ToString(reader.GetValue(column), CultureInfo.InvariantCulture) ?? "")]);
        return rows;
    }

    internal static bool IsPlainName(string name) =>
        name.Length is > 0 and <= 128 && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');

    /// <summary>The statement's embedded text: <c>Name.sql</c> for the record <c>Name</c>.</summary>
    internal static string TextOf(IClickHouseStatement statement) => statement.Compose(Texts.GetOrAdd(statement.GetType(), ReadText));

    private ClickHouseClient Client(ClickHouseClientSettings user) => new(new ClickHouseClientSettings(user)
    {
        HttpClient = _http,
        Timeout = TimeSpan.FromSeconds(_options.QueryTimeoutSeconds + 5),
        UseSession = false,
    });

    private static string ReadText(Type statement)
    {
        var name = $"{statement.Name}.sql";
        using var stream = statement.Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The statement {statement.FullName} has no embedded {name} beside it.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    private static QueryOptions ReadOptions(int seconds, string setting = "", QueryPlace place = default) => new()
    {
        MaxExecutionTime = TimeSpan.FromSeconds(seconds),
        CustomSettings = new Dictionary<string, object>
        {
            // Of questions under way those of a higher number pause, each block for a second at most. 0, for what passes no gate: neither waits nor is waited for.
            ["priority"] = place.Gate is null ? 0 : place.Yields ? 2 : 1,
            // An abandoned page must not go on working in ClickHouse.
            ["cancel_http_readonly_queries_on_client_close"] = 1,
            [ClickHouseWalls.Setting] = setting,
        },
    };

    private static QueryOptions WriteOptions(int seconds, string? database = null, string setting = "") => new()
    {
        Database = database,
        MaxExecutionTime = TimeSpan.FromSeconds(seconds),
        // Answer only when it is done, and an error that comes late must not hide behind status 200.
        CustomSettings = new Dictionary<string, object> { ["async_insert"] = 0, ["wait_end_of_query"] = 1, [ClickHouseWalls.Setting] = setting },
    };

    private static HttpClient CreateHttpClient(ClickHouseClientSettings settings, ClickHouseOptions options)
    {
        var handler = new SocketsHttpHandler
        {
            // The driver's own choice: answers come compressed.
            AutomaticDecompression = DecompressionMethods.All,
            ConnectTimeout = TimeSpan.FromSeconds(options.ConnectTimeoutSeconds),
            MaxConnectionsPerServer = options.MaxConnections,
            // Below ClickHouse's keep_alive_timeout (10 s in its defaults), so that we close first and never write into a closing connection.
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(5),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        };
        if (settings.SkipServerCertificateValidation)
            handler.SslOptions.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning disable RS0030 // This store owns the handler and disposes it with itself.
        return new HttpClient(handler, disposeHandler: true) { Timeout = Timeout.InfiniteTimeSpan };
#pragma warning restore RS0030
    }

    /// <param name="AreApart">Each is a user of its own that may do no more.</param>
    private sealed record Users(ClickHouseClient Reader, ClickHouseClient Jobs, NativeInserts Inserts, bool AreApart) : IDisposable
    {
        public void Dispose()
        {
            Reader.Dispose();
            Jobs.Dispose();
        }
    }
}
