using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using ClickHouse.Driver.ADO;

namespace FinOps.Analytics.Backups;

/// <summary>
/// Carries whole tables between ClickHouse and a file, in its <c>Native</c> format compressed by itself: the bytes pass through as they are.
/// Apart from the store's pool, whose connections unpack what they receive and whose limits are those of pages.
/// </summary>
internal sealed class ClickHouseTransfer : IDisposable
{
    /// <summary>What the content is packed with, on the wire and in the file.</summary>
    public const string Packing = "zstd";

    /// <summary>Longest time for one partition of one table.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromHours(6);

    /// <summary>Characters of an error answer that are told.</summary>
    private const int MaxErrorLength = 1_000;

    private readonly HttpMessageInvoker _http;
    private readonly string _address;
    private readonly AuthenticationHeaderValue _authorization;

    public ClickHouseTransfer(string connectionString)
    {
        var settings = new ClickHouseConnectionStringBuilder(connectionString).ToSettings();
        var handler = new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.None };
        if (settings.SkipServerCertificateValidation) handler.SslOptions.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
        _http = new HttpMessageInvoker(handler);
        _authorization = string.IsNullOrEmpty(settings.BearerToken)
            ? new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{settings.Username}:{settings.Password}")))
            : new AuthenticationHeaderValue("Bearer", settings.BearerToken);
        var path = string.IsNullOrEmpty(settings.Path) ? "/" : $"/{settings.Path.TrimStart('/')}";
        _address = string.Create(CultureInfo.InvariantCulture, $"{settings.Protocol}://{settings.Host}:{settings.Port}{path}?max_execution_time=0&");
    }

    /// <summary>The answer of a SELECT as ClickHouse packs it.</summary>
    public async Task ReadAsync(string sql, Stream target, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _address + "enable_http_compression=1") { Content = new StringContent(sql) };
        request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue(Packing));
        await SendAsync(request, async (response, token) =>
        {
            if (!response.Content.Headers.ContentEncoding.Contains(Packing)) throw new BackupException($"ClickHouse does not pack its answer with {Packing}; is there a proxy in front of it?");
            await using var stream = await response.Content.ReadAsStreamAsync(token);
            await stream.CopyToAsync(target, token);
        }, cancellationToken);
    }

    /// <summary>Sends what <see cref="ReadAsync"/> gave to an INSERT.</summary>
    public async Task WriteAsync(string sql, Stream source, CancellationToken cancellationToken)
    {
        // Each row as it was: none is looked at as a duplicate, and one insert may touch all the partitions it likes.
        const string Settings = "async_insert=0&insert_deduplicate=0&optimize_on_insert=0&wait_end_of_query=1&max_partitions_per_insert_block=0&query=";
        using var request = new HttpRequestMessage(HttpMethod.Post, _address + Settings + Uri.EscapeDataString(sql)) { Content = new StreamContent(source) };
        request.Content.Headers.ContentEncoding.Add(Packing);
        await SendAsync(request, static (response, token) => response.Content.CopyToAsync(Stream.Null, token), cancellationToken);
    }

    public void Dispose() => _http.Dispose();

    private async Task SendAsync(HttpRequestMessage request, Func<HttpResponseMessage, CancellationToken, Task> read, CancellationToken cancellationToken)
    {
        request.Headers.Authorization = _authorization;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Timeout);
        try
        {
            using var response = await _http.SendAsync(request, limit.Token);
            if (response.StatusCode == HttpStatusCode.OK && !response.Headers.Contains("X-ClickHouse-Exception-Code"))
            {
                await read(response, limit.Token);
                return;
            }

            // An error may be packed, too; its number is in the header.
            var code = response.Headers.TryGetValues("X-ClickHouse-Exception-Code", out var values) ? values.First() : "none";
            var text = response.Content.Headers.ContentEncoding.Count > 0 ? "" : await response.Content.ReadAsStringAsync(limit.Token);
            throw new BackupException($"ClickHouse refused with status {(int)response.StatusCode}, error {code}: {text[..Math.Min(text.Length, MaxErrorLength)].Trim()}");
        }
        // What else is an IOException is the file's: a disk that is full.
        catch (Exception away) when (away is HttpRequestException or HttpIOException)
        {
            throw new BackupException($"ClickHouse went away: {away.Message}", away);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new BackupException($"ClickHouse did not finish within {Timeout.TotalHours} h.");
        }
    }
}
