namespace FinOps.Embedded.Supervision;

/// <summary>How to run an engine under its supervisor script.</summary>
/// <param name="Script">The name of an embedded script of this folder.</param>
/// <param name="LockFile">Held by every process of the engine while one lives.</param>
/// <param name="PidFile">Written by the script: the process to end hard when an engine of an earlier run hangs.</param>
/// <param name="StartLog">What the engine prints before its own log is open.</param>
/// <param name="FirstInputLine">Handed over through the pipe: command lines and environments can be read by others.</param>
internal sealed record EngineCommand(
    string Script, string LockFile, string PidFile, string StartLog, IReadOnlyList<string> Arguments, string? FirstInputLine = null)
{
    public override string ToString() => Script;
}
