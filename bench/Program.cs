using FinOps.Bench.Ingest;

return args switch
{
    ["ingest-in-process", .. var rest] => await InProcessBench.RunAsync(rest),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("finops bench: ingest-in-process [days of demo traffic, default 40]");
    return 64;
}
