using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using FinOps.Domain.Outbound;
using FinOps.Gateway.Configuration;
using FinOps.Gateway.Routing;
using FinOps.Gateway.Storage;

namespace FinOps.Gateway.Reporting;

/// <summary>
/// Reports on their way to ingest, oldest first, which are sent again until they are taken. They wait in memory while ingest takes them at once; once it does not, or there are too many, on disk, where they outlive
/// the end of the process, however it comes. Beyond the limits of size and age the oldest are dropped, and counted.
/// </summary>
internal sealed class ReportOutbox : IDisposable
{
    private const string Extension = ".otlp";

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(60);

    /// <summary>A server that asks to wait longer is asked before.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);
    private static readonly TimeSpan SendTimeout = TimeSpan.FromSeconds(30);

    /// <summary>How long a report waits in memory, until it is sent and from then on: what a kill of the process may lose.</summary>
    private static readonly TimeSpan MemoryTime = TimeSpan.FromSeconds(2);

    private readonly ReportSettings _settings;
    private readonly string _folder;
    private readonly TimeProvider _time;
    private readonly GatewayCounters _counters;
    private readonly ILogger _log;
    private readonly HttpMessageInvoker _client;
    private readonly Lock _gate = new();
    private readonly Queue<Report> _memory = new();
    private readonly SortedDictionary<long, (long Bytes, int Spans, long Since)> _disk = [];
    private readonly SemaphoreSlim _arrived = new(0);
    private readonly Func<string?> _key;
    private long _memoryBytes, _diskBytes, _waitingSpans, _lostSpans, _nextFile;

    // Whether the last one that was sent was not taken.
    private bool _isAway;

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
            Enter_NeedsLock(number, new FileInfo(file).Length, spans, SinceOf(number));
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

    public void Add(byte[] body, int spans)
    {
        lock (_gate)
        {
            _waitingSpans += spans;
            _memory.Enqueue(new Report(body, spans, _time.GetTimestamp()));
            _memoryBytes += body.Length;
            // What is older goes first, so that the order stands.
            if (_isAway || _disk.Count > 0 || _memoryBytes > _settings.MaxMemoryBytes || WaitsLong_NeedsLock()) WriteMemory_NeedsLock();
            while (_memoryBytes > _settings.MaxMemoryBytes) Lose_NeedsLock("disk", Dequeue_NeedsLock().Spans);
        }

        _arrived.Release();
    }

    private bool WaitsLong_NeedsLock() => _memory.TryPeek(out var oldest) && _time.GetElapsedTime(oldest.Since) > MemoryTime;

    /// <summary>Where the disk does not take it, the rest stays in memory.</summary>
    private void WriteMemory_NeedsLock()
    {
        while (_memory.TryPeek(out var oldest) && TryWrite_NeedsLock(oldest)) Dequeue_NeedsLock();
    }

    private Report Dequeue_NeedsLock()
    {
        var report = _memory.Dequeue();
        _memoryBytes -= report.Body.Length;
        return report;
    }

    private bool TryWrite_NeedsLock(Report report)
    {
        // The number carries the date, by which alone age is told after a restart.
        var number = Math.Max(_nextFile, _time.GetUtcNow().ToUnixTimeMilliseconds() * 1000);
        try
        {
            WholeFile.Write(PathOf(number, report.Spans), report.Body);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.ReportNotKept(_log, e.Message);
            return false;
        }

        _nextFile = number + 1;
        report.File = number;
        Enter_NeedsLock(number, report.Body.Length, report.Spans, report.Since);
        while (_diskBytes > _settings.MaxDiskBytes && _disk.Count > 0) DropOldest_NeedsLock("size");
        return true;
    }

    private void DropOldest_NeedsLock(string why)
    {
        var (number, (_, spans, _)) = _disk.First();
        Forget_NeedsLock(number);
        Lose_NeedsLock(why, spans);
    }

    private void Lose_NeedsLock(string why, int spans)
    {
        _waitingSpans -= spans;
        _counters.CountDroppedReport(why);
        CountLost(spans);
    }

    private void Enter_NeedsLock(long number, long bytes, int spans, long since)
    {
        _disk[number] = (bytes, spans, since);
        _diskBytes += bytes;
    }

    /// <summary>Whether it was there.</summary>
    private bool Forget_NeedsLock(long number)
    {
        if (!_disk.Remove(number, out var file)) return false;
        _diskBytes -= file.Bytes;
        try
        {
            File.Delete(PathOf(number, file.Spans));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Done with all the same: the next start finds it, and ingest knows what it has.
            _counters.CountStuckReport();
            Log.ReportNotRemoved(_log, e.Message);
        }

        return true;
    }

    /// <summary>When a file of a process before this one was written, as far as the date tells; one of the future, now.</summary>
    private long SinceOf(long number)
    {
        var milliseconds = Math.Max(0, _time.GetUtcNow().ToUnixTimeMilliseconds() - number / 1000);
        return _time.GetTimestamp() - (long)(milliseconds / 1000.0 * _time.TimestampFrequency);
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
                if (Peek() is not { } report)
                {
                    await _arrived.WaitAsync(cancellationToken);
                    continue;
                }

                var (sent, wait) = await SendAsync(report, cancellationToken);
                // The next may be read from the disk.
                await EventLoop.Leave();
                if (sent)
                {
                    Done(report);
                    pause = FirstPause;
                    continue;
                }

                KeepUntilSent();
                await Task.Delay(wait ?? Jitter.Of(pause), _time, cancellationToken);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
        catch (Exception e) when (e is OperationCanceledException or HttpRequestException or IOException && cancellationToken.IsCancellationRequested)
        {
            // The end, perhaps while a sending failed by itself: what is left goes to disk.
        }
    }

    private void DropOld()
    {
        lock (_gate)
        {
            while (_disk.Count > 0 && _time.GetElapsedTime(_disk.First().Value.Since) > _settings.MaxAge) DropOldest_NeedsLock("age");
        }
    }

    /// <summary>The oldest; null: none waits.</summary>
    private Report? Peek()
    {
        lock (_gate)
        {
            while (_disk.Count > 0)
            {
                var (number, (_, spans, _)) = _disk.First();
                try
                {
                    return new Report(File.ReadAllBytes(PathOf(number, spans)), spans, 0) { File = number };
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    Log.ReportUnreadable(_log, e.Message);
                    DropOldest_NeedsLock("unreadable");
                }
            }

            return _memory.TryPeek(out var first) ? first : null;
        }
    }

    private void Done(Report report)
    {
        lock (_gate)
        {
            _isAway = false;
            if (report.File is { } number)
            {
                // Unless it was dropped meanwhile.
                if (Forget_NeedsLock(number)) _waitingSpans -= report.Spans;
            }
            else if (_memory.TryPeek(out var first) && first == report)
            {
                _waitingSpans -= Dequeue_NeedsLock().Spans;
                if (WaitsLong_NeedsLock()) WriteMemory_NeedsLock();
            }
        }
    }

    /// <summary>Ingest did not take the last one: until it takes one, nothing waits in memory, which a kill of the process would lose.</summary>
    private void KeepUntilSent()
    {
        lock (_gate)
        {
            _isAway = true;
            WriteMemory_NeedsLock();
        }
    }

    /// <summary>Whether it is done with, taken or refused for good; else how long the server asks to wait.</summary>
    private async Task<(bool Done, TimeSpan? Wait)> SendAsync(Report report, CancellationToken cancellationToken)
    {
        if (_key() is not { } key) return (false, FirstPause);
        // A server that hangs is known to be away only after the time-out.
        await using var slow = _time.CreateTimer(static outbox => ((ReportOutbox)outbox!).WriteMemory(), this, MemoryTime, Timeout.InfiniteTimeSpan);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(SendTimeout);
        using var request = new HttpRequestMessage(HttpMethod.Post, _settings.Endpoint) { Content = new ByteArrayContent(report.Body) };
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
                CountLost(report.Spans);
                return (true, null);
            }

            _counters.CountDelayedReport();
            return (false, response.Headers.RetryAfter?.Delta is { } asked ? TimeSpan.FromTicks(Math.Min(asked.Ticks, LongestWait.Ticks)) : null);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            _counters.CountDelayedReport();
            Log.ReportDelayed(_log, e.Message);
            return (false, null);
        }
    }

    private void WriteMemory()
    {
        lock (_gate) WriteMemory_NeedsLock();
    }

    /// <summary>At the end: keeps on disk what was not sent.</summary>
    public void Keep()
    {
        lock (_gate)
        {
            WriteMemory_NeedsLock();
            while (_memory.Count > 0) Lose_NeedsLock("disk", Dequeue_NeedsLock().Spans);
        }
    }

    public void Dispose()
    {
        _client.Dispose();
        _arrived.Dispose();
    }

    private sealed class Report(byte[] body, int spans, long since)
    {
        public byte[] Body => body;

        public int Spans => spans;

        /// <summary>When it came, by the machine's steady clock.</summary>
        public long Since => since;

        /// <summary>Its number on disk; null: it waits in memory.</summary>
        public long? File { get; set; }
    }
}
