using FinOps.Bench.Anomalies;
using FinOps.Bench.Budgets;
using FinOps.Bench.Classifier;
using FinOps.Bench.Flood;
using FinOps.Bench.Forecasting;
using FinOps.Bench.Gateway;
using FinOps.Bench.Ingest;
using FinOps.Bench.Pages;
using FinOps.Bench.Queries;
using FinOps.Bench.Rating;
using FinOps.Bench.Runaway;

(string Name, Func<Task<int>> RunAsync)[] benchmarks =
[
    ("rating", () => Task.FromResult(RatingBench.Run())),
    ("rerate", RerateBench.RunAsync),
    ("ingest-stages", () => Task.FromResult(StagesBench.Run())),
    ("ingest-in-process", () => InProcessBench.RunAsync(args[Math.Min(1, args.Length)..])),
    ("ingest-http", () => new NetworkBench("ingest-http", 0.30, server => new HttpLoad(server.OtlpHttp)).RunAsync()),
    ("ingest-grpc", () => new NetworkBench("ingest-grpc", 0.20, server => new GrpcLoad(server.OtlpGrpc)).RunAsync()),
    ("flood", FloodBench.RunAsync),
    ("memory", MemoryBench.RunAsync),
    ("queries", QueryBench.RunAsync),
    ("cost-api", CostApiBench.RunAsync),
    ("why", WhyBench.RunAsync),
    ("lines", LineBench.RunAsync),
    ("budgets", BudgetBench.RunAsync),
    ("alerts", AlertBench.RunAsync),
    ("gateway", GatewayBench.RunAsync),
    ("gateway-soak", () => SoakBench.RunAsync(args.ElementAtOrDefault(1))),
    ("page", PageBench.RunAsync),
    ("anomalies", () => Task.FromResult(AnomalyBench.Run(args.ElementAtOrDefault(1)))),
    ("forecast", () => Task.FromResult(ForecastBench.Run())),
    ("runaway", () => Task.FromResult(RunawayBench.Run())),
    ("classifier", () => Task.FromResult(ClassifierBench.Run(args[Math.Min(1, args.Length)..]))),
];

if (args is [YarpReference.Name, .. var rest]) return await YarpReference.RunAsync(rest);

var chosen = args.Length == 0 ? benchmarks : [.. benchmarks.Where(benchmark => benchmark.Name == args[0])];
if (chosen.Length == 0)
{
    Console.Error.WriteLine($"finops bench: {string.Join(" | ", benchmarks.Select(benchmark => benchmark.Name))}; without a name all of them. ingest-in-process takes the days of demo traffic, default 40; anomalies a folder with the data of NAB; gateway-soak the minutes, default 10; classifier --data FOLDER with the answers of RouteLLM and --write FILE.");
    return 64;
}

// 1 when a figure misses what was asked for.
var worst = 0;
foreach (var benchmark in chosen) worst = Math.Max(worst, await benchmark.RunAsync());
return worst;
