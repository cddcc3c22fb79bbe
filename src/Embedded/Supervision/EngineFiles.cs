namespace FinOps.Embedded.Supervision;

/// <param name="Marker">A path that stands in the command line of the engine's process, and of no other installation's.</param>
internal sealed record EngineFiles(string LockFile, string PidFile, string StartLog, string Marker)
{
    public static EngineFiles Of(DataFolder folder, string engine, string marker) => new(
        Path.Combine(folder.Run, engine + ".lock"),
        Path.Combine(folder.Run, engine + ".pid"),
        Path.Combine(folder.Logs, engine + "-start.log"),
        marker);
}
