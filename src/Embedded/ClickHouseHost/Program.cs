using System.Runtime.InteropServices;
using FinOps.Embedded.ClickHouseHost;

// Arguments: path of libchdb.so, the configuration, the HTTP endpoint of that configuration, the user that may end the hold.
// The first line of standard input is that user's password; after it, the end of standard input means "stop":
// the pipe closes when the application asks for it and also when the application dies in any way.
if (args.Length != 4)
{
    await Console.Error.WriteLineAsync("usage: FinOps.Embedded.ClickHouseHost LIBCHDB CONFIG HTTP_ENDPOINT USER < password, then held open");
    return 64;
}

var password = await Console.In.ReadLineAsync() ?? "";
var engine = new Engine(args[0]);
var hold = new Hold(new Uri(args[2]), args[3], password);

void StopOnSignal(PosixSignalContext context)
{
    context.Cancel = true;
    hold.RequestEnd();
}

using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, StopOnSignal);
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, StopOnSignal);

// The engine gets a thread of its own, with a stack as deep as a server's main thread: it runs until the hold ends.
var exitCode = 0;
var engineThread = new Thread(() => exitCode = engine.Run(args[1], hold.Statement), maxStackSize: 8 * 1024 * 1024);
engineThread.Start();
_ = Task.Run(hold.EndWhenInputClosesAsync);
engineThread.Join();
return exitCode;
