using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using FinOps.Domain.Outbound;
using FinOps.Gateway.Configuration;
using FinOps.Gateway.Routing;
using FinOps.Gateway.Storage;

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
    private readonly Queue<(byte[] Body, int Spans)> _memory = new();
    private readonly SortedDictionary<long, (long Bytes, int Spans)> _disk = [];
    private readonly SemaphoreSlim _arrived = new(0);
    private readonly Func<string?> _key;
    private long _memoryBytes, _diskBytes, _waitingSpans, _lostSpans, _nextFile;

    /// <param name="key">Null: there is none yet, and everything waits.</param>
    public ReportOutbox(ReportSettings settings, Func<string?> key, string dataFolder, TimeProvider time, GatewayCounters counters, ILogger log)
    {
        _settings = settings;
        _key = key;
        _folder = Path.Combine(dataFolder, "reports");
        _time = time;
        _counters = counters;
        _log = log;
        _client = new HttpMessageInvoker(new SocketsHttpHandler { SslOptions = WholeChains.NewOptions(), ActivityHeadersPropagator = null, AllowAutoRedirect = false, UseCookies = false });
        Directory.CreateDirectory(_folder);
        WholeFile.RemoveParts(_folder);
        foreach (var file in Directory.EnumerateFiles(_folder, "*" + Extension))
        {
            // NUMBER-SPANS.otlp
            var parts = Path.GetFileNameWithoutExtension(file).Split('-');
            if (parts.Length != 2 || !long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var number) || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var spans)) continue;
            Enter_NeedsLock(number, new FileInfo(file).Length, spans);
            _waitingSpans += spans;
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

    /// <summary>Spans that wait, and those that were given up since the start.</summary>
    public (long Waiting, long Lost) Spans
    {
        get
        {
            lock (_gate) return (_waitingSpans, Interlocked.Read(ref _lostSpans));
        }
    }

    public void CountLost(int spans)
    {
        // Without the lock, which is held while the disk is written: calls count here.
        Interlocked.Add(ref _lostSpans, spans);
        _counters.CountLostSpans(spans);
    }

    public void Add(byte[] report, int spans)
    {
        lock (_gate)
        {
            _waitingSpans += spans;
            if (_disk.Count == 0 && _memoryBytes + report.Length <= _settings.MaxMemoryBytes)
            {
                _memory.Enqueue((report, spans));
                _memoryBytes += report.Length;
            }
            else
            {
                // What is older goes to disk first, so that the order stands.
                while (_memory.Count > 0) AddToDisk_NeedsLock(_memory.Dequeue());
                _memoryBytes = 0;
                AddToDisk_NeedsLock((report, spans));
            }
        }

        _arrived.Release();
    }

    private void AddToDisk_NeedsLock((byte[] Body, int Spans) report)
    {
        // The number carries the time, by which age is told after a restart, too.
        var number = Math.Max(_nextFile, _time.GetUtcNow().ToUnixTimeMilliseconds() * 1000);
        _nextFile = number + 1;
        try
        {
            WholeFile.Write(PathOf(number, report.Spans), report.Body);
            Enter_NeedsLock(number, report.Body.Length, report.Spans);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Lose_NeedsLock("disk", report.Spans);
            Log.ReportNotKept(_log, e.Message);
        }

        while (_diskBytes > _settings.MaxDiskBytes && _disk.Count > 0) DropOldest_NeedsLock("size");
    }

    private void DropOldest_NeedsLock(string why)
    {
        var (number, (_, spans)) = _disk.First();
        Forget_NeedsLock(number);
        Lose_NeedsLock(why, spans);
    }

    private void Lose_NeedsLock(string why, int spans)
    {
        _waitingSpans -= spans;
        _counters.CountDroppedReport(why);
        CountLost(spans);
    }

    private void Enter_NeedsLock(long number, long bytes, int spans)
    {
        _disk[number] = (bytes, spans);
        _diskBytes += bytes;
    }

    private void Forget_NeedsLock(long number)
    {
        if (!_disk.Remove(number, out var file)) return;
        _diskBytes -= file.Bytes;
        File.Delete(PathOf(number, file.Spans));
    }

    private string PathOf(long number, int spans) => Path.Combine(_folder, string.Create(CultureInfo.InvariantCulture, $"{number:d20}-{spans}{Extension}"));

    /// <summary>Sends until it is told to end.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var pause = FirstPause;
        try
        {
            while (true)
            {
                DropOld();
                if (!TryPeek(out var report, out var spans, out var file))
                {
                    await _arrived.WaitAsync(cancellationToken);
                    continue;
                }

                var (sent, wait) = await SendAsync(report, spans, cancellationToken);
                // The next may be read from the disk.
                await EventLoop.Leave();
                if (sent)
                {
                    Done(file, spans);
                    pause = FirstPause;
                    continue;
                }

                await Task.Delay(wait ?? Jitter.Of(pause), _time, cancellationToken);
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

    private bool TryPeek(out byte[] report, out int spans, out long? file)
    {
        lock (_gate)
        {
            while (_disk.Count > 0)
            {
                (var number, (_, spans)) = _disk.First();
                file = number;
                try
                {
                    report = File.ReadAllBytes(PathOf(number, spans));
                    return true;
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    Log.ReportNotKept(_log, e.Message);
                    DropOldest_NeedsLock("unreadable");
                }
            }

            file = null;
            var any = _memory.TryPeek(out var first);
            (report, spans) = first;
            return any;
        }
    }

    private void Done(long? file, int spans)
    {
        lock (_gate)
        {
            // What was sent out of memory may have gone to disk meanwhile: then it goes once more, and ingest knows it.
            if (file is null && !_memory.TryPeek(out _)) return;
            _waitingSpans -= spans;
            if (file is { } number) Forget_NeedsLock(number);
            else _memoryBytes -= _memory.Dequeue().Body.Length;
        }
    }

    /// <summary>Whether it is done with, taken or refused for good; else how long the server asks to wait.</summary>
    private async Task<(bool Done, TimeSpan? Wait)> SendAsync(byte[] report, int spans, CancellationToken cancellationToken)
    {
        if (_key() is not { } key) return (false, FirstPause);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(SendTimeout);
        using var request = new HttpRequestMessage(HttpMethod.Post, _settings.Endpoint) { Content = new ByteArrayContent(report) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-protobuf");
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + key);
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
                CountLost(spans);
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
