using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using ClickHouse.Driver.ADO;

namespace FinOps.Analytics.Stores.ClickHouse;

/// <summary>Posts ready <c>Native</c> blocks. Apart from the driver, because the driver would encode row by row what we already have as columns.</summary>
internal sealed class NativeInserts
{
    /// <summary>Bytes of an error answer that are read; the rest is dropped.</summary>
    private const int MaxErrorBytes = 4_096;

    private readonly HttpClient _http;
    private readonly string _address;
    private readonly string _database;
    private readonly TimeSpan _timeout;
    private readonly AuthenticationHeaderValue? _authorization;

    public NativeInserts(HttpClient http, ClickHouseClientSettings settings, ClickHouseOptions options)
    {
        _http = http;
        _database = settings.Database;
        _timeout = TimeSpan.FromSeconds(options.InsertTimeoutSeconds);
        _authorization = string.IsNullOrEmpty(settings.BearerToken)
            ? new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{settings.Username}:{settings.Password}")))
            : new AuthenticationHeaderValue("Bearer", settings.BearerToken);
        var path = string.IsNullOrEmpty(settings.Path) ? "/" : $"/{settings.Path.TrimStart('/')}";
        // async_insert is on by default and would put a second, slower queue behind ours. Replayed blocks collapse by key; a server-side
        // deduplication by block would skip the materialised views of a block that failed between table and view. Rows of one key in one block
        // may wait for the next merge like those of two blocks: every reader expects them, and looking for them while inserting costs ClickHouse
        // twice as much as the rest of the insert.
        _address = string.Create(CultureInfo.InvariantCulture,
            $"{settings.Protocol}://{settings.Host}:{settings.Port}{path}?async_insert=0&insert_deduplicate=0&optimize_on_insert=0&wait_end_of_query=1&max_execution_time={options.InsertExecutionSeconds}&query=");
    }

    public async Task<InsertResult> InsertAsync(string table, string columns, HttpContent body, CancellationToken cancellationToken)
    {
        if (!ClickHouseStore.IsPlainName(table)) throw new ArgumentException("Not a table name.", nameof(table));
        var sql = $"INSERT INTO `{_database}`.`{table}` ({columns}) FORMAT Native";
        using var request = new HttpRequestMessage(HttpMethod.Post, _address + Uri.EscapeDataString(sql)) { Content = body };
        request.Headers.Authorization = _authorization;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(_timeout);
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            if (response.StatusCode == HttpStatusCode.OK && ErrorCode(response) == 0)
            {
                await response.Content.CopyToAsync(Stream.Null, limit.Token);
                return InsertResult.Stored;
            }

            return await ReadErrorAsync(response, limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new InsertResult(InsertOutcome.Away, Message: $"No answer within {_timeout.TotalSeconds} s.");
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return new InsertResult(InsertOutcome.Away, Message: e.InnerException?.Message ?? e.Message);
        }
    }

    private static async Task<InsertResult> ReadErrorAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var code = ErrorCode(response);
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[MaxErrorBytes];
        var read = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        return new InsertResult(ErrorCodes.Judge(code, response.StatusCode), code, Encoding.UTF8.GetString(buffer, 0, read).Trim());
    }

    private static int ErrorCode(HttpResponseMessage response) =>
        response.Headers.TryGetValues("X-ClickHouse-Exception-Code", out var values)
        && int.TryParse(values.First(), NumberStyles.Integer, CultureInfo.InvariantCulture, out var code)
            ? code
            : 0;
}

/// <summary>ClickHouse's error numbers (<c>src/Common/ErrorCodes.cpp</c>), as far as they decide whether a block is tried again.</summary>
internal static class ErrorCodes
{
    /// <summary>ACCESS_DENIED: the user may not do this.</summary>
    public const int AccessDenied = 497;

    /// <summary>AUTHENTICATION_FAILED: also for a user that does not exist.</summary>
    public const int AuthenticationFailed = 516;

    public static InsertOutcome Judge(int code, HttpStatusCode status) => code switch
    {
        // Wrong bytes, columns or types: 6 CANNOT_PARSE_TEXT, 8/9/10/16 columns missing or mismatched, 26/27 quoted/assertion, 32/33/34 end of data,
        // 44 ILLEGAL_COLUMN, 47 UNKNOWN_IDENTIFIER, 50 UNKNOWN_TYPE, 53 TYPE_MISMATCH, 62 SYNTAX_ERROR, 69/70 bounds and conversion, 117 INCORRECT_DATA,
        // 128/131 too large, 321 out of range, 349 null in an ordinary column, 407 DECIMAL_OVERFLOW, 691 UNKNOWN_ELEMENT_OF_ENUM.
        6 or 8 or 9 or 10 or 16 or 26 or 27 or 32 or 33 or 34 or 44 or 47 or 50 or 53 or 62 or 69 or 70
            or 117 or 128 or 131 or 321 or 349 or 407 or 691 => InsertOutcome.Rejected,
        // Known to pass: 3 UNEXPECTED_END_OF_FILE (cut off while sending), 60/81 not migrated yet, 159 TIMEOUT_EXCEEDED, 160 TOO_SLOW, 164 READONLY,
        // 192/193/194/516 users, 202/203/209/210 queries and network, 236 ABORTED, 241 MEMORY_LIMIT_EXCEEDED, 242 read only table,
        // 243 NOT_ENOUGH_SPACE, 252 TOO_MANY_PARTS, 279 all connections failed, 319 unknown status of insert, 394 QUERY_WAS_CANCELLED, 497 ACCESS_DENIED,
        // 999 KEEPER_EXCEPTION.
        3 or 60 or 81 or 159 or 160 or 164 or 192 or 193 or 194 or 202 or 203 or 209 or 210 or 236 or 241 or 242 or 243 or 252
            or 279 or 319 or 394 or 497 or 516 or 999 => InsertOutcome.Away,
        // No number: a proxy's word, not ClickHouse's.
        0 => status == HttpStatusCode.BadRequest ? InsertOutcome.Failed : InsertOutcome.Away,
        _ => InsertOutcome.Failed,
    };
}

/// <summary>A body of pieces that are sent in order without being joined first.</summary>
internal sealed class PiecesContent(IReadOnlyList<ReadOnlyMemory<byte>> pieces) : HttpContent
{
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        for (var i = 0; i < pieces.Count; i++) await stream.WriteAsync(pieces[i], cancellationToken);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        for (var i = 0; i < pieces.Count; i++) length += pieces[i].Length;
        return true;
    }
}
