using System.Runtime.CompilerServices;

namespace FinOps.Gateway;

/// <summary>
/// A call goes on in the thread that heard of its bytes, one such thread for each processor, without a switch to another: a sixth of a call's processor time and of what one connection waits. (Of HTTP/2 the runtime hands each answer on all the same.) The price is that whoever works long there lets
/// other calls of the same thread wait: such work goes to another thread (docs/adr/0037).
/// </summary>
internal static class EventLoop
{
    /// <summary>A question that is longer is read and answered elsewhere. Default 64 KB, which takes a fifth of a millisecond to read.</summary>
    public const int MaxBytes = 64 * 1024;

    /// <summary>Of the runtime: read once, when the first socket is made. 0 switches it off.</summary>
    private const string Setting = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    /// <summary>Before the first socket. What is set already stands.</summary>
    public static void Use()
    {
        if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable(Setting))) Environment.SetEnvironmentVariable(Setting, "1");
    }

    /// <summary>Awaited, what follows runs in a thread that no other call waits for, until it waits for bytes again.</summary>
    public static YieldAwaitable Leave() => Task.Yield();
}
