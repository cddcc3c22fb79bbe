using FinOps.Bench.Ingest;
using FinOps.Bench.Queries;

return args switch
{
    ["ingest-in-process", .. var rest] => await InProcessBench.RunAsync(rest),
    ["queries"] => await QueryBench.RunAsync(),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("finops bench: ingest-in-process [days of demo traffic, default 40] | queries");
    return 64;
}
