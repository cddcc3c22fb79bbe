using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using FinOps.Gateway.Tests.Control;
using FinOps.Testing;

namespace FinOps.Bench.Gateway;

/// <summary>
/// The native gateway beside YARP's bare forwarder, and beside @portkey-ai/gateway if npm can bring it: each alone on one processor, load and a static provider on the other, in turns in one run. The figures to look at are ratios.
/// </summary>
internal static class GatewayBench
{
    private const int Connections = 16;

    /// <summary>Many short turns rather than few long ones: a machine whose speed changes meanwhile changes it for all sides of a round, and a ratio is the median of those within rounds.</summary>
    private const int Rounds = 12;

    /// <summary>Bytes of the prompt that the figures are asked for, which is measured first.</summary>
    private const int FirstSize = 1_000;

    /// <summary>A slowest hundredth swings more than a rate does.</summary>
    private const int LatencyRounds = 20;
    private const double LeastWithoutPolicies = 0.8;
    private const double LeastWithAll = 0.6;
    private const double LeastBesidePortkey = 8;
    private const double MostLatencyRatio = 1.3;
    private const double MostFirstTokenMilliseconds = 1;
    private const double MostHitMilliseconds = 0.3;

    /// <summary>As <c>./finops gateway</c> starts it.</summary>
    internal const string Gen0Size = "600000";

    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(4);

    /// <summary>Before it is measured the reference has to be compiled for good: its first seconds cost it half as much again. Beside a full load on one processor that takes its time.</summary>
    private static readonly TimeSpan ReferenceWarmUp = TimeSpan.FromSeconds(20);

    private sealed record Side(string Name, int Port, string Path, PinnedProcess Process);

    /// <summary>What one leaves to do behind its turn (the reference goes on compiling) falls into the next one's: each follows each.</summary>
    private static IEnumerable<Side> Turns(IReadOnlyList<Side> sides, int round) => sides.Skip(round % sides.Count).Concat(sides.Take(round % sides.Count));

    public static async Task<int> RunAsync()
    {
        if (await PinnedProcess.AsideAsync(["gateway"]) is { } exitCode) return exitCode;
        using var upstream = new StaticUpstream();
        await using var control = await ControlServer.StartAsync();
        control.Ledgers["month"] = new LeaseLedger(1_000_000);
        control.Send(1, Policies);
        var folder = Directory.CreateTempSubdirectory("gateway-bench").FullName;
        var key = "fgw_" + RandomNumberGenerator.GetHexString(24, lowercase: true);
        var program = Program();
        List<Side> sides = [];
        try
        {
            var yarpPort = FreePort.Next();
            sides.Add(new Side("YARP, bare", yarpPort, "/v1/chat/completions", await PinnedProcess.StartAsync(
                yarpPort, Environment.ProcessPath!, [YarpReference.Name, yarpPort.ToString(CultureInfo.InvariantCulture), $"http://127.0.0.1:{upstream.Port}"])));
            sides.Add(await GatewayAsync("ours, no policy, no report", program, folder, "plain", upstream.Port, key, null, reports: false));
            sides.Add(await GatewayAsync("ours, key, lease, route, cache miss, report", program, folder, "full", upstream.Port, key, control, reports: true));
            await control.WaitForWordAsync(1);
            if (await PortkeyAsync(folder, upstream.Port) is { } portkey) sides.Add(portkey);
            var idle = sides[1].Process.Megabytes.Now;
            var misses = 0;
            misses += await ThroughputAsync(sides, upstream.Port, key, FirstSize);
            var most = sides[2].Process.Megabytes.Most;
            foreach (var size in (int[])[50_000, 400_000]) misses += await ThroughputAsync(sides, upstream.Port, key, size);
            misses += await LatencyAsync(sides, upstream.Port, key);
            misses += await FirstTokenAsync(sides, upstream.Port, key);
            misses += await HitAsync(program, folder, upstream.Port, key, control);
            misses += await OpenStreamsAsync(program, folder, key);
            misses += await ReadyAsync(program, folder, upstream.Port, key);
            misses += Report("binary", new FileInfo(program).Length / 1e6, 25, "MB");
            misses += Report("resident, idle", idle, 40, "MB");
            misses += Report("resident, most under the load of 1 KB prompts", most, 80, "MB");
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"     resident, most with 400 KB prompts: {sides[2].Process.Megabytes.Most:0} MB"));
            return misses == 0 ? 0 : 1;
        }
        finally
        {
            foreach (var side in sides) side.Process.Dispose();
            Directory.Delete(folder, recursive: true);
        }
    }

    private const string Policies = """
          {"id":"limit","name":"Limit","kind":"budget","match":{"all":true},"body":{"action":"block","requests_per_minute":1000000000,"usd_per_minute":1000000}},
          {"id":"month","name":"Month","kind":"budget","match":{"all":true},"body":{"action":"block","lease":{"budget":"month","usd":5}}},
          {"id":"tiers","name":"Tiers","kind":"route","match":{"operation":"chat"},"body":{"rules":[{"when":{"feature":"other"},"tier":3,"targets":[{"model":"gpt-4o"}]},{"tier":1,"targets":[{"model":"gpt-4o-mini"}]}]}},
          {"id":"keep","name":"Keep","kind":"exact_cache","match":{"feature":"checkout-summary"},"body":{"ttl_seconds":60}}
        """;

    internal static string Program()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "FinOps.sln"))) root = root.Parent;
        var program = Path.Combine(root?.FullName ?? "", "artifacts", "gateway", "FinOps.Gateway");
        return File.Exists(program) ? program : throw new InvalidOperationException($"{program} is not there. Type: ./finops gateway help");
    }

    private static async Task<Side> GatewayAsync(string name, string program, string folder, string id, int upstream, string key, ControlServer? control, bool reports)
    {
        var port = FreePort.Next();
        var file = new JsonObject
        {
            ["listen"] = $"127.0.0.1:{port}",
            ["admin_listen"] = "",
            ["data"] = id,
            ["providers"] = new JsonArray(new JsonObject { ["name"] = "openai", ["kind"] = "openai", ["base_url"] = $"http://127.0.0.1:{upstream}/v1", ["api_key"] = new JsonObject { ["env"] = "BENCH_KEY" }, ["internal"] = true }),
            ["keys"] = new JsonArray(new JsonObject { ["id"] = "bench", ["sha256"] = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key))), ["tags"] = new JsonObject { ["team"] = "care" } }),
        };
        if (control is not null) file["control"] = new JsonObject { ["url"] = control.Address, ["token"] = new JsonObject { ["env"] = "BENCH_TOKEN" } };
        if (reports) file["report"] = new JsonObject { ["endpoint"] = $"http://127.0.0.1:{upstream}", ["key"] = new JsonObject { ["env"] = "BENCH_KEY" } };
        var config = Path.Combine(folder, id + ".json");
        await File.WriteAllTextAsync(config, file.ToJsonString());
        return new Side(name, port, "/v1/chat/completions", await PinnedProcess.StartAsync(port, program, ["--config", config], new Dictionary<string, string> { ["BENCH_KEY"] = "sk-bench", ["BENCH_TOKEN"] = ControlServer.Token, ["DOTNET_GCgen0size"] = Gen0Size }));
    }

    /// <summary>Null: npm cannot bring it.</summary>
    private static async Task<Side?> PortkeyAsync(string folder, int upstream)
    {
        await File.WriteAllTextAsync(Path.Combine(folder, "package.json"), """{"private":true,"dependencies":{"@portkey-ai/gateway":"1.15.2"},"overrides":{"hono":"4.9.7","@hono/node-server":"1.13.8"}}""");
        using var npm = Process.Start(new ProcessStartInfo("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts"]) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
        await Task.WhenAll(npm.StandardOutput.ReadToEndAsync(), npm.StandardError.ReadToEndAsync());
        await npm.WaitForExitAsync();
        if (npm.ExitCode != 0)
        {
            Console.WriteLine("@portkey-ai/gateway: npm cannot bring it; not compared.");
            return null;
        }

        var port = FreePort.Next();
        var process = await PinnedProcess.StartAsync(port, "node", [Path.Combine(folder, "node_modules/@portkey-ai/gateway/build/start-server.js"), $"--port={port}", "--headless"], folder: folder);
        return new Side("@portkey-ai/gateway 1.15.2", port, "/v1/chat/completions", process);
    }

    private static RawLoad Load(Side side, string key, int promptBytes, int upstream, bool stream = false) =>
        new(side.Port, RawLoad.Chat(side.Path, key, promptBytes, stream, side.Name.StartsWith('@') ? $"x-portkey-provider: openai\r\nx-portkey-custom-host: http://127.0.0.1:{upstream}/v1\r\n" : ""));

    private static async Task<int> ThroughputAsync(List<Side> sides, int upstream, string key, int promptBytes)
    {
        var rates = sides.ToDictionary(side => side, _ => new List<double>());
        var costs = sides.ToDictionary(side => side, _ => new List<double>());
        for (var round = 0; round <= Rounds; round++)
        {
            foreach (var side in Turns(sides, round))
            {
                if (side.Name.StartsWith('@') && promptBytes != FirstSize) continue;
                var before = side.Process.ProcessorTime;
                var time = round > 0 ? Turn : side == sides[0] && promptBytes == FirstSize ? ReferenceWarmUp : WarmUp;
                var (rate, latencies) = await Load(side, key, promptBytes, upstream).RunAsync(Connections, time);
                if (round == 0) continue;
                rates[side].Add(rate);
                costs[side].Add((side.Process.ProcessorTime - before).TotalMicroseconds / latencies.Length);
            }
        }

        Console.WriteLine($"{promptBytes / 1000} KB prompt, {Connections} connections");
        foreach (var side in sides.Where(side => rates[side].Count > 0))
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {side.Name,-46} {Median(rates[side]),8:0} req/s  {Of(side, sides[0]),5:0.00} of YARP  {Median(costs[side]),5:0} µs CPU"));
        if (promptBytes != FirstSize) return 0;
        var misses = AtLeast("no policy, of YARP", Of(sides[1], sides[0]), LeastWithoutPolicies) + AtLeast("with all, of YARP", Of(sides[2], sides[0]), LeastWithAll);
        if (sides.Count <= 3) return misses;
        // It runs without keys, policies and reports here: like is compared with like, and what ours does beside is told as well.
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"     with all, of Portkey without: {Of(sides[2], sides[3]):0.0}"));
        return misses + AtLeast("no policy, of Portkey", Of(sides[1], sides[3]), LeastBesidePortkey);

        double Of(Side side, Side other) => Ratio(rates[side], rates[other]);
    }

    private static async Task<int> LatencyAsync(List<Side> sides, int upstream, string key)
    {
        // What a side adds to a direct call of the same round.
        List<double>[] added50 = [[], [], []], added99 = [[], [], []];
        for (var round = 0; round < LatencyRounds; round++)
        {
            var (_, direct) = await new RawLoad(upstream, RawLoad.Chat("/v1/chat/completions", key, FirstSize)).RunAsync(1, Turn);
            foreach (var side in Turns(sides[..3], round))
            {
                var i = sides.IndexOf(side);
                var (_, latencies) = await Load(side, key, FirstSize, upstream).RunAsync(1, Turn);
                added50[i].Add(At(latencies, 0.5) - At(direct, 0.5));
                added99[i].Add(At(latencies, 0.99) - At(direct, 0.99));
            }
        }

        Console.WriteLine("one connection, 1 KB: added to a direct call");
        for (var i = 0; i < 3; i++)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {sides[i].Name,-46} p50 {Median(added50[i]):0.000} ms, p99 {Median(added99[i]):0.000} ms"));
        return AtMost("no policy, added p50 of YARP's", Ratio(added50[1], added50[0]), MostLatencyRatio) + AtMost("no policy, added p99 of YARP's", Ratio(added99[1], added99[0]), MostLatencyRatio);
    }

    private static async Task<int> FirstTokenAsync(List<Side> sides, int upstream, string key)
    {
        const int Count = 2_000;
        var direct = await new RawLoad(upstream, RawLoad.Chat("/v1/chat/completions", key, 1_000, stream: true)).FirstBytesAsync(Count);
        var ours = await Load(sides[2], key, 1_000, upstream, stream: true).FirstBytesAsync(Count);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"first bytes of a stream: direct p50 {At(direct, 0.5):0.000} ms, ours with all p50 {At(ours, 0.5):0.000} ms, p99 {At(ours, 0.99):0.000} ms"));
        return AtMost("first token later than direct, p50, ms", At(ours, 0.5) - At(direct, 0.5), MostFirstTokenMilliseconds);
    }

    private static async Task<int> HitAsync(string program, string folder, int upstream, string key, ControlServer control)
    {
        var side = await GatewayAsync("cache", program, folder, "cache", upstream, key, control, reports: true);
        await control.WaitForWordAsync(2);
        using (side.Process)
        {
            var load = new RawLoad(side.Port, RawLoad.Chat(side.Path, key, 1_000)) { SameEachTime = true };
            await load.RunAsync(1, TimeSpan.FromSeconds(2));
            var (_, latencies) = await load.RunAsync(1, Turn);
            return AtMost("exact-cache hit, p50, ms", At(latencies, 0.5), MostHitMilliseconds);
        }
    }

    private static async Task<int> ReadyAsync(string program, string folder, int upstream, string key)
    {
        List<double> milliseconds = [];
        for (var start = 0; start < 5; start++)
        {
            using var process = (await GatewayAsync("ready", program, folder, "ready", upstream, key, null, reports: false)).Process;
            milliseconds.Add(process.ReadyAfter.TotalMilliseconds);
        }

        return Report("from its start until it takes a call, median of five", Median(milliseconds), 100, "ms");
    }

    private static async Task<int> OpenStreamsAsync(string program, string folder, string key)
    {
        const int Streams = 2_000;
        using var slow = new StaticUpstream { HoldsStreams = true };
        var side = await GatewayAsync("streams", program, folder, "streams", slow.Port, key, null, reports: true);
        using (side.Process)
        {
            var load = new RawLoad(side.Port, RawLoad.Chat(side.Path, key, 1_000, stream: true));
            using var open = await load.OpenAsync(Streams);
            return Report($"resident with {Streams} open streams", side.Process.Megabytes.Now, 200, "MB");
        }
    }

    private static int AtLeast(string what, double value, double asked) => Judge(what, value, asked, value >= asked, "at least");

    private static int AtMost(string what, double value, double asked) => Judge(what, value, asked, value <= asked, "at most");

    private static int Report(string what, double value, double asked, string unit) => Judge($"{what}, {unit}", value, asked, value <= asked, "at most");

    private static int Judge(string what, double value, double asked, bool good, string word)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(good ? "ok  " : "MISS")} {what}: {value:0.00} (asked: {word} {asked:0.##})"));
        return good ? 0 : 1;
    }

    private static double Ratio(List<double> values, List<double> references) => Median([.. values.Zip(references, static (value, reference) => value / reference)]);

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static double At(double[] sorted, double share) => sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * share))];
}
