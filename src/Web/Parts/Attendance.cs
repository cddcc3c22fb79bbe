using Microsoft.AspNetCore.Components.Server.Circuits;

namespace FinOps.Web.Parts;

/// <summary>
/// Whether somebody may be looking at the pages of this circuit: its browser is connected, and its tab is not in the background. What follows the clock asks only
/// then: pages that nobody sees would use up their organisation's query seconds. Used by one circuit's dispatcher, so by one thread at a time.
/// </summary>
public sealed class Attendance : CircuitHandler
{
    private bool _connected = true;
    private bool _hidden;
    private TaskCompletionSource? _returned;

    public bool Attended => _connected && !_hidden;

    /// <summary>Told by the browser: the tab went to the background, or came back.</summary>
    public void SetHidden(bool hidden)
    {
        _hidden = hidden;
        Changed();
    }

    /// <summary>Ends when somebody is there again; at once while somebody is.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled first.</exception>
    public Task ReturnAsync(CancellationToken cancellationToken)
    {
        if (Attended) return Task.CompletedTask;
        _returned ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return _returned.Task.WaitAsync(cancellationToken);
    }

    public override Task OnConnectionUpAsync(Circuit circuit, CancellationToken cancellationToken) => SetConnected(true);

    public override Task OnConnectionDownAsync(Circuit circuit, CancellationToken cancellationToken) => SetConnected(false);

    internal Task SetConnected(bool connected)
    {
        _connected = connected;
        // What the tab told while the connection was broken is lost: it counts as seen until it tells anew.
        _hidden = false;
        Changed();
        return Task.CompletedTask;
    }

    private void Changed()
    {
        if (!Attended) return;
        _returned?.SetResult();
        _returned = null;
    }
}

public static class AttendanceExtensions
{
    public static IServiceCollection AddAttendance(this IServiceCollection services) =>
        services.AddScoped<Attendance>().AddScoped<CircuitHandler>(circuit => circuit.GetRequiredService<Attendance>());
}
