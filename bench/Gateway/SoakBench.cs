using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using FinOps.Gateway.Tests;
using FinOps.Ingest.Tests.Otlp.Protos;
using FinOps.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace FinOps.Bench.Gateway;

/// <summary>
/// Ten minutes of everything at once on the native gateway: callers that leave, a provider that throttles, fails, drips and breaks off, an ingest that is away for a while. Memory, open files and threads must not
/// grow, and every call whose head came is reported.
/// </summary>
internal static class SoakBench
{
    private const int Workers = 32;
    private const double DefaultMinutes = 10;

    /// <summary>Of the last quarter, of what there was when everything had happened once: an outage widens the heap, and a leak goes on.</summary>
    private const double MostGrowth = 1.10;
    private const int MoreHandles = 32;
    private const int MoreThreads = 6;
    private const int Questions = 300;

    private const string Policies = """
        {"schema":1,"policies":[
          {"id":"limit","name":"Limit","kind":"budget","match":{"all":true},"body":{"action":"block","requests_per_minute":1000000000,"usd_per_minute":1000000}},
          {"id":"tiers","name":"Tiers","kind":"route","match":{"operation":"chat"},"body":{"classifier":{"threshold":0.5,"weak":{"tier":1,"targets":[{"model":"gpt-4o-mini"}]},"strong":{"tier":3,"targets":[{"model":"gpt-4o"}]}}}},
          {"id":"again","name":"Again","kind":"fallback","match":{"operation":"chat"},"body":{"on":["throttled","transient","timeout"],"retries":1,"chain":[{"model":"gpt-4.1-mini"}]}},
          {"id":"cap","name":"Cap","kind":"output_limit","match":{"operation":["chat","messages"]},"body":{"max_tokens":400},"arms":{"unit":"user","unknown":"key","holdout":500}},
          {"id":"keep","name":"Keep","kind":"exact_cache","match":{"feature":"faq"},"body":{"ttl_seconds":5}},
          {"id":"once","name":"Once","kind":"coalesce","match":{"feature":"chat"},"body":{}},
          {"id":"vectors","name":"Vectors","kind":"embedding_cache","match":{"operation":"embeddings"},"body":{"ttl_seconds":5}}]}
        """;

    private sealed record Sample(TimeSpan At, double Megabytes, int Handles, int Threads);

    public static async Task<int> RunAsync(string? minutes)
    {
        var length = TimeSpan.FromMinutes(minutes is null ? DefaultMinutes : double.Parse(minutes, CultureInfo.InvariantCulture));
        await using var vendor = await VendorServer.StartAsync(keeps: false);
        vendor.First = FailAsync;
        await using var ingest = await Ingest.StartAsync();
        var folder = Directory.CreateTempSubdirectory("gateway-soak").FullName;
        var key = "fgw_" + RandomNumberGenerator.GetHexString(24, lowercase: true);
        var port = FreePort.Next();
        await File.WriteAllTextAsync(Path.Combine(folder, "policies.json"), Policies);
        await File.WriteAllTextAsync(Path.Combine(folder, "gateway.json"), Configuration(vendor.Address, ingest.Address, port, key));
        var process = await PinnedProcess.StartAsync(port, GatewayBench.Program(), ["--config", Path.Combine(folder, "gateway.json")], new Dictionary<string, string> { ["BENCH_KEY"] = "sk-bench", ["DOTNET_GCgen0size"] = GatewayBench.Gen0Size });
        try
        {
            var callers = new Callers(port, key, ingest);
            using var end = new CancellationTokenSource(length);
            var work = Enumerable.Range(0, Workers).Select(worker => Task.Run(() => callers.RunAsync(worker, end.Token))).ToArray();
            var samples = await WatchAsync(process, ingest, callers, length);
            await Task.WhenAll(work);
            // What waits is sent before the end; what the end cuts off stays on disk and would be sent by the next.
            for (var waited = 0; waited < 600 && ingest.Untold > 0; waited++) await Task.Delay(100);
            await process.StopAsync();
            return Judge(samples, callers, ingest);
        }
        finally
        {
            process.Dispose();
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Configuration(string vendor, string ingest, int port, string key)
    {
        JsonObject Provider(string name, string address) => new()
        {
            ["name"] = name,
            ["kind"] = name,
            ["base_url"] = address,
            ["api_key"] = new JsonObject { ["env"] = "BENCH_KEY" },
            ["internal"] = true,
            ["idle_timeout_seconds"] = 5,
        };

        return new JsonObject
        {
            ["listen"] = $"127.0.0.1:{port}",
            ["admin_listen"] = "",
            ["data"] = "data",
            ["policies"] = "policies.json",
            ["providers"] = new JsonArray(Provider("openai", vendor + "/v1"), Provider("anthropic", vendor)),
            ["keys"] = new JsonArray(new JsonObject { ["id"] = "soak", ["sha256"] = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key))) }),
            ["report"] = new JsonObject { ["endpoint"] = ingest, ["key"] = new JsonObject { ["env"] = "BENCH_KEY" } },
        }.ToJsonString();
    }

    /// <summary>What a provider has of bad moments. True: that was the answer.</summary>
    private static async Task<bool> FailAsync(HttpContext http, VendorRequest request)
    {
        switch (Random.Shared.Next(1000))
        {
            case < 30:
                http.Response.Headers.RetryAfter = "0";
                await VendorServer.AnswerAsync(http, 429, """{"error":{"message":"Rate limit reached","type":"requests","param":null,"code":"rate_limit_exceeded"}}""");
                return true;
            case < 50:
                await VendorServer.AnswerAsync(http, 500, """{"error":{"message":"The server had an error","type":"server_error","param":null,"code":null}}""");
                return true;
            case < 60:
                http.Abort();
                return true;
            case < 70:
                // It breaks off in the middle of an event.
                http.Response.ContentType = "text/event-stream";
                await http.Response.WriteAsync(VendorServer.ChatStream(1, tellsUsage: true)[..600]);
                await http.Response.Body.FlushAsync();
                http.Abort();
                return true;
            case < 80:
                await VendorServer.StreamAsync(http, "data: {\"choices\":[{\"delta\":\n\ndata: [1,2\n\ndata: [DONE]\n\n");
                return true;
            case < 85:
                http.Response.ContentType = "text/event-stream";
                foreach (var letter in Encoding.UTF8.GetBytes(VendorServer.ChatStream(2, tellsUsage: true)))
                {
                    await http.Response.Body.WriteAsync(new[] { letter }, http.RequestAborted);
                    await http.Response.Body.FlushAsync(http.RequestAborted);
                }

                return true;
            default:
                return false;
        }
    }

    private static async Task<List<Sample>> WatchAsync(PinnedProcess process, Ingest ingest, Callers callers, TimeSpan length)
    {
        List<Sample> samples = [];
        var began = Stopwatch.GetTimestamp();
        var told = -1;
        while (Stopwatch.GetElapsedTime(began) is var at && at < length)
        {
            // Away from one to three tenths of the time.
            ingest.IsAway = at > length * 0.1 && at < length * 0.3;
            samples.Add(new Sample(at, process.Megabytes.Now, process.Handles, process.Threads));
            if ((int)(10 * at / length) is var tenth && tenth > told)
            {
                told = tenth;
                var last = samples[^1];
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {at:mm\\:ss}  {last.Megabytes,4:0} MB, {last.Handles,3} files, {last.Threads,2} threads; {callers.Answered:N0} answers, {ingest.Spans:N0} reported{(ingest.IsAway ? ", ingest is away" : "")}"));
            }

            await Task.Delay(500);
        }

        ingest.IsAway = false;
        return samples;
    }

    private static int Judge(List<Sample> samples, Callers callers, Ingest ingest)
    {
        var length = samples[^1].At;
        Sample Typical(double from, double to)
        {
            var part = samples.Where(sample => sample.At >= length * from && sample.At <= length * to).ToList();
            return new Sample(default, part.Select(one => one.Megabytes).Order().ElementAt(part.Count / 2), part.Select(one => one.Handles).Order().ElementAt(part.Count / 2), part.Select(one => one.Threads).Order().ElementAt(part.Count / 2));
        }

        var (early, late) = (Typical(0.35, 0.55), Typical(0.75, 1));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{length.TotalMinutes:0.0} minutes, {Workers} callers: {callers.Answered:N0} answers, {callers.Failed:N0} errors as they should be, {callers.Left:N0} left, {callers.Wrong:N0} wrong; most {samples.Max(one => one.Megabytes):0} MB"));
        return Judge("memory, last quarter of early", late.Megabytes / early.Megabytes, MostGrowth) + Judge("open files more", late.Handles - early.Handles, MoreHandles) + Judge("threads more", late.Threads - early.Threads, MoreThreads)
            + Judge("answers that were not as they should be", callers.Wrong, 0) + Judge("calls that no report came of", ingest.Untold, 0);
    }

    private static int Judge(string what, double value, double most)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(value <= most ? "ok  " : "MISS")} {what}: {value:0.00} (asked: at most {most:0.##})"));
        return value <= most ? 0 : 1;
    }

    /// <summary>Applications: each asks again as soon as it is answered.</summary>
    private sealed class Callers(int port, string key, Ingest ingest)
    {
        private int _answered, _failed, _left, _wrong;

        public int Answered => Volatile.Read(ref _answered);

        /// <summary>Errors of the provider, and of callers who ask wrongly.</summary>
        public int Failed => Volatile.Read(ref _failed);

        /// <summary>Callers who left before the end.</summary>
        public int Left => Volatile.Read(ref _left);

        public int Wrong => Volatile.Read(ref _wrong);

        public async Task RunAsync(int worker, CancellationToken end)
        {
            var random = new Random(worker);
            using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromSeconds(60) };
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
            while (!end.IsCancellationRequested)
            {
                try
                {
                    await AskAsync(client, random);
                }
                catch (Exception e) when (e is HttpRequestException or IOException)
                {
                    // A stream that the provider broke off ends as it would without a gateway.
                    Interlocked.Increment(ref _failed);
                }
            }
        }

        private async Task AskAsync(HttpClient client, Random random)
        {
            var (path, body, feature) = Question(random);
            var leaves = random.Next(20) == 0;
            using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
            request.Headers.Add("x-finops-feature", feature);
            request.Headers.Add("x-finops-user", $"user-{random.Next(200)}");
            request.Headers.Add("x-finops-session", $"session-{random.Next(100_000)}");
            using var leave = new CancellationTokenSource();
            if (leaves) leave.CancelAfter(random.Next(1, 20));
            try
            {
                using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, leave.Token);
                if (answer.StatusCode != HttpStatusCode.BadRequest && answer.Headers.TryGetValues("x-finops-call-id", out var id)) ingest.Expect(id.Single());
                await answer.Content.CopyToAsync(Stream.Null, leave.Token);
                if (answer.IsSuccessStatusCode != (body[^1] == '}')) Interlocked.Increment(ref answer.StatusCode is (HttpStatusCode)429 or HttpStatusCode.InternalServerError or HttpStatusCode.BadGateway ? ref _failed : ref _wrong);
                else Interlocked.Increment(ref _answered);
            }
            catch (OperationCanceledException) when (leave.IsCancellationRequested)
            {
                Interlocked.Increment(ref _left);
            }
        }

        private static (string Path, string Body, string Feature) Question(Random random)
        {
            var text = random.Next(200) == 0 ? 1_000_000 : random.Next(10) == 0 ? random.Next(50_000) : random.Next(2_000);
            var prompt = $"{random.Next()} " + new string('x', text);
            return random.Next(100) switch
            {
                < 20 => ("/v1/chat/completions", $$"""{"model":"gpt-4o","messages":[{"role":"user","content":"Question {{random.Next(Questions)}}?"}]}""", "faq"),
                < 40 => ("/v1/chat/completions", $$"""{"model":"gpt-4o","stream":true,"messages":[{"role":"user","content":"{{prompt}}"}]}""", "chat"),
                < 50 => ("/v1/messages", $$"""{"model":"claude-haiku-4-5","max_tokens":900,"stream":true,"messages":[{"role":"user","content":"{{prompt}}"}]}""", "agent"),
                < 55 => ("/v1/embeddings", $$"""{"model":"text-embedding-3-small","input":["{{random.Next(Questions)}}","{{random.Next(Questions)}}"]}""", "search"),
                < 56 => ("/v1/chat/completions", """{"model":"gpt-4o","messages":[""", "broken"),
                _ => ("/v1/chat/completions", $$"""{"model":"gpt-4o","messages":[{"role":"user","content":"{{prompt}}"}]}""", "chat"),
            };
        }
    }

    /// <summary>Takes reports and remembers of which calls none has come yet.</summary>
    private sealed class Ingest : IAsyncDisposable
    {
        private readonly WebApplication _app;
        private readonly ConcurrentDictionary<UInt128, bool> _untold = new();
        private readonly ConcurrentDictionary<UInt128, bool> _early = new();
        private int _spans;

        private Ingest()
        {
            var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
            builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
            _app = builder.Build();
            _app.Run(TakeAsync);
        }

        public bool IsAway { get; set; }

        public string Address => _app.Urls.First();

        public int Spans => Volatile.Read(ref _spans);

        public int Untold => _untold.Count;

        public static async Task<Ingest> StartAsync()
        {
            var ingest = new Ingest();
            await ingest._app.StartAsync();
            return ingest;
        }

        /// <param name="id">Of a call: trace and span.</param>
        public void Expect(string id)
        {
            var trace = UInt128.Parse(id.AsSpan(0, 32), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            _untold[trace] = true;
            if (_early.TryRemove(trace, out _)) _untold.TryRemove(trace, out _);
        }

        private async Task TakeAsync(HttpContext http)
        {
            using var body = new MemoryStream();
            await http.Request.Body.CopyToAsync(body);
            http.Response.StatusCode = IsAway ? 503 : 200;
            if (IsAway) return;
            foreach (var span in ExportTraceServiceRequest.Parser.ParseFrom(body.ToArray()).ResourceSpans.SelectMany(resource => resource.ScopeSpans).SelectMany(scope => scope.Spans))
            {
                var trace = System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(span.TraceId.Span);
                Interlocked.Increment(ref _spans);
                _early[trace] = true;
                if (_untold.TryRemove(trace, out _)) _early.TryRemove(trace, out _);
            }
        }

        public ValueTask DisposeAsync() => _app.DisposeAsync();
    }
}
