using System.Runtime.CompilerServices;

namespace FinOps.Gateway.Tests;

internal static class AsTheProgramRuns
{
    /// <summary>Before the first socket, as <c>Program</c> does.</summary>
    [ModuleInitializer]
    internal static void UseEventLoop() => EventLoop.Use();
}
