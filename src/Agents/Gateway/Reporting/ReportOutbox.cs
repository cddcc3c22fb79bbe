using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using FinOps.Gateway.Configuration;

namespace FinOps.Gateway.Reporting;

/// <summary>
/// Reports on their way to ingest, oldest first. They wait in memory, beyond a limit on disk, and are sent again until they are taken. On disk they outlive a restart.
/// Beyond the limits of size and age the oldest are dropped, and counted.
/// </summary>
internal sealed class ReportOutbox : IDisposable
{
    private const string Extension = ".otlp";

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan SendTimeout = TimeSpan.FromSeconds(30);

    private readonly ReportSettings _settings;
    private readonly string _folder;
    private readonly TimeProvider _time;
    private readonly GatewayCounters _counters;
    private readonly ILogger _log;
    private readonly HttpMessageInvoker _client;
    private readonly Lock _gate = new();
    private readonly Queue<byte[]> _memory = new();
    private readonly SortedDictionary<long, long> _disk = [];
    private readonly SemaphoreSlim _arrived = new(0);
    private long _memoryBytes, _diskBytes, _nextFile;

    public ReportOutbox(ReportSettings settings, string dataFolder, TimeProvider time, GatewayCounters counters, ILogger log)
    {
        _settings = settings;
        _folder = Path.Combine(dataFolder, "reports");
        _time = time;
        _counters = counters;
        _log = log;
        _client = new HttpMessageInvoker(new SocketsHttpHandler { ActivityHeadersPropagator = null, AllowAutoRedirect = false, UseCookies = false });
        Directory.CreateDirectory(_folder);
        foreach (var file in Directory.EnumerateFiles(_folder, "*" + Extension))
        {
            if (!long.TryParse(Path.GetFileNameWithoutExtension(file), NumberStyles.None, CultureInfo.InvariantCulture, out var number)) continue;
            var bytes = new FileInfo(file).Length;
            _disk[number] = bytes;
            _diskBytes += bytes;
            _nextFile = Math.Max(_nextFile, number + 1);
        }
    }

    public Uri Endpoint => _settings.Endpoint;

    /// <summary>Bytes that wait, in memory and on disk.</summary>
    public (long Memory, long Disk) Waiting
    {
        get
        {
            lock (_gate) return (_memoryBytes, _diskBytes);
        }
    }

    public void CountLost(int spans) => _counters.CountLostSpans(spans);

    public void Add(byte[] report)
    {
        lock (_gate)
        {
            if (_disk.Count == 0 && _memoryBytes + report.Length <= _settings.MaxMemoryBytes) AddToMemory_NeedsLock(report);
            else
            {
                // What is older goes to disk first, so that the order stands.
                while (_memory.Count > 0) AddToDisk_NeedsLock(_memory.Dequeue());
                _memoryBytes = 0;
                AddToDisk_NeedsLock(report);
            }
        }

        _arrived.Release();
    }

    private void AddToMemory_NeedsLock(byte[] report)
    {
        _memory.Enqueue(report);
        _memoryBytes += report.Length;
    }

    private void AddToDisk_NeedsLock(byte[] report)
    {
        // The number carries the time, by which age is told after a restart, too.
        var number = Math.Max(_nextFile, _time.GetUtcNow().ToUnixTimeMilliseconds() * 1000);
        _nextFile = number + 1;
        try
        {
            var path = PathOf(number);
            File.WriteAllBytes(path + ".part", report);
            File.Move(path + ".part", path);
            _disk[number] = report.Length;
            _diskBytes += report.Length;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _counters.CountDroppedReport("disk");
            Log.ReportNotKept(_log, e.Message);
        }

        while (_diskBytes > _settings.MaxDiskBytes && _disk.Count > 0) DropOldest_NeedsLock("size");
    }

    private void DropOldest_NeedsLock(string why)
    {
        var (number, _) = _disk.First();
        Forget_NeedsLock(number);
        _counters.CountDroppedReport(why);
    }

    private void Forget_NeedsLock(long number)
    {
        if (!_disk.Remove(number, out var bytes)) return;
        _diskBytes -= bytes;
        File.Delete(PathOf(number));
    }

    private string PathOf(long number) => Path.Combine(_folder, number.ToString("d20", CultureInfo.InvariantCulture) + Extension);

    /// <summary>Sends until it is told to end.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var pause = FirstPause;
        try
        {
            while (true)
            {
                DropOld();
                if (!TryPeek(out var report, out var file))
                {
                    await _arrived.WaitAsync(cancellationToken);
                    continue;
                }

                var (sent, wait) = await SendAsync(report, cancellationToken);
                if (sent)
                {
                    Done(file);
                    pause = FirstPause;
                    continue;
                }

                // Half of it at random: gateways that lost the same server do not come back together.
                var rest = wait ?? (pause / 2) + (pause / 2 * Random.Shared.NextDouble());
                await Task.Delay(rest, _time, cancellationToken);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The end: what is left goes to disk.
        }
    }

    private void DropOld()
    {
        var oldest = (_time.GetUtcNow() - _settings.MaxAge).ToUnixTimeMilliseconds() * 1000;
        lock (_gate)
        {
            while (_disk.Count > 0 && _disk.First().Key < oldest) DropOldest_NeedsLock("age");
        }
    }

    private bool TryPeek(out byte[] report, out long? file)
    {
        lock (_gate)
        {
            while (_disk.Count > 0)
            {
                file = _disk.First().Key;
                try
                {
                    report = File.ReadAllBytes(PathOf(file.Value));
                    return true;
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    _counters.CountDroppedReport("unreadable");
                    Log.ReportNotKept(_log, e.Message);
                    Forget_NeedsLock(file.Value);
                }
            }

            file = null;
            return _memory.TryPeek(out report!);
        }
    }

    private void Done(long? file)
    {
        lock (_gate)
        {
            if (file is { } number) Forget_NeedsLock(number);
            else if (_memory.TryDequeue(out var report)) _memoryBytes -= report.Length;
        }
    }

    /// <summary>Whether it is done with, taken or refused for good; else how long the server asks to wait.</summary>
    private async Task<(bool Done, TimeSpan? Wait)> SendAsync(byte[] report, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(SendTimeout);
        using var request = new HttpRequestMessage(HttpMethod.Post, _settings.Endpoint) { Content = new ByteArrayContent(report) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-protobuf");
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + _settings.Key);
        try
        {
            using var response = await _client.SendAsync(request, timeout.Token);
            await response.Content.CopyToAsync(Stream.Null, timeout.Token);
            if (response.IsSuccessStatusCode)
            {
                _counters.CountSentReport();
                return (true, null);
            }

            Log.ReportRefused(_log, (int)response.StatusCode);
            // What no repetition mends is dropped, so that the next can go; a wrong key can be mended meanwhile.
            if (response.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.UnsupportedMediaType)
            {
                _counters.CountDroppedReport("refused");
                return (true, null);
            }

            _counters.CountDelayedReport();
            return (false, response.Headers.RetryAfter?.Delta);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            _counters.CountDelayedReport();
            Log.ReportDelayed(_log, e.Message);
            return (false, null);
        }
    }

    /// <summary>Keeps on disk what was not sent.</summary>
    public void Keep()
    {
        lock (_gate)
        {
            while (_memory.Count > 0) AddToDisk_NeedsLock(_memory.Dequeue());
            _memoryBytes = 0;
        }
    }

    public void Dispose()
    {
        _client.Dispose();
        _arrived.Dispose();
    }
}
