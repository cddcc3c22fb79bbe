using System.Runtime.InteropServices;
using FinOps.Embedded;
using Microsoft.Extensions.Logging;

// A program that owns the engines, so that a test can end it in every way. Argument: the data folder.
// It prints its steps, then the two connection strings, each on a line with a prefix; it stops on SIGTERM or at the end of its input.
var stop = new TaskCompletionSource();
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
{
    context.Cancel = true;
    stop.TrySetResult();
});

using var loggers = LoggerFactory.Create(logging => logging.AddSimpleConsole(console => console.SingleLine = true));
try
{
    await using var engines = await EmbeddedEngines.StartAsync(
        new EmbeddedEnginesOptions(args[0], EnginesFolder.Find()), new Lines(), loggers, CancellationToken.None);
    Console.WriteLine("postgres=" + engines.Addresses.PostgresConnectionString);
    Console.WriteLine("clickhouse=" + engines.Addresses.ClickHouseConnectionString);
    await Task.WhenAny(stop.Task, Task.Run(Console.In.ReadToEnd));
}
catch (EngineException failure)
{
    Console.WriteLine("refused=" + failure.Message);
    return 1;
}

Console.WriteLine("stopped");
return 0;

internal sealed class Lines : IProgress<string>
{
    public void Report(string value) => Console.WriteLine(value);
}
