using System.Net.Http.Headers;
using System.Text;
using ClickHouse.Driver;
using ClickHouse.Driver.ADO;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Stores.ClickHouse.Native;

namespace FinOps.Bench.Ingest;

/// <summary>How the rows of a bound are inserted.</summary>
internal enum InsertSettings
{
    /// <summary>As ClickHouse does it for everybody who posts a block and waits for it.</summary>
    ClickHouses,

    /// <summary>With the settings that our own inserts found: the bound is then all that is left beside our own work.</summary>
    Ours,
}

/// <summary>
/// Ready Native blocks by HTTP, two streams, each answered when it is stored: the most that this ClickHouse takes of these rows, and nothing of ours in it.
/// </summary>
internal sealed class RawInsert : IDisposable
{
    private const int Streams = 2;

    /// <summary>DATABASE_NOT_EMPTY: a merge still holds a table.</summary>
    private const int DatabaseNotEmpty = 219;
    private const int MaxAttempts = 100;

    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler { UseProxy = false });
    private readonly AuthenticationHeaderValue _authorization;
    private readonly string _address;

    public RawInsert(string connectionString)
    {
        var settings = new ClickHouseConnectionStringBuilder(connectionString).ToSettings();
        _address = FormattableString.Invariant($"{settings.Protocol}://{settings.Host}:{settings.Port}/?async_insert=0&wait_end_of_query=1");
        _authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{settings.Username}:{settings.Password}")));
    }

    /// <summary>Rows stored each second.</summary>
    public async Task<double> SendAsync(string database, IReadOnlyList<NativeBlock> blocks, InsertSettings settings)
    {
        var address = _address + (settings == InsertSettings.Ours ? "&insert_deduplicate=0&optimize_on_insert=0" : "");
        var began = TimeProvider.System.GetTimestamp();
        await Parallel.ForEachAsync(blocks, new ParallelOptions { MaxDegreeOfParallelism = Streams }, async (block, token) =>
        {
            var pieces = new List<ReadOnlyMemory<byte>>();
            block.AddPieces(pieces);
            var query = Uri.EscapeDataString($"INSERT INTO `{database}`.`{block.Table}` ({block.ColumnList}) FORMAT Native");
            using var request = new HttpRequestMessage(HttpMethod.Post, $"{address}&query={query}") { Content = new PiecesContent(pieces) };
            request.Headers.Authorization = _authorization;
            using var answer = await _http.SendAsync(request, token);
            if (!answer.IsSuccessStatusCode) throw new InvalidOperationException(await answer.Content.ReadAsStringAsync(token));
        });
        return blocks.Sum(block => block.Rows) / TimeProvider.System.GetElapsedTime(began).TotalSeconds;
    }

    /// <summary>
    /// Ends the database's merges, which the next leg would pay for. Dropping it would cost more: the file system creates files slowly while it still
    /// remembers thousands that were deleted.
    /// </summary>
    public static async Task DetachAsync(ClickHouseStore store)
    {
        using var connection = store.CreateConnection();
        using var command = connection.CreateCommand($"DETACH DATABASE {store.Database}");
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await command.ExecuteNonQueryAsync();
                return;
            }
            catch (ClickHouseServerException busy) when (busy.ErrorCode == DatabaseNotEmpty && attempt < MaxAttempts)
            {
                await Task.Delay(200);
            }
        }
    }

    public void Dispose() => _http.Dispose();
}
