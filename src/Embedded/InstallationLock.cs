using System.Globalization;

namespace FinOps.Embedded;

/// <summary>One process per data folder. The kernel drops the lock with the process, however that ends.</summary>
internal sealed class InstallationLock : IDisposable
{
    private readonly FileStream _file;

    private InstallationLock(FileStream file) => _file = file;

    public static InstallationLock Acquire(DataFolder folder)
    {
        if (TryOpen(LockFile(folder)) is not { } file)
            throw new EngineException(InUse(folder));

        File.WriteAllText(HolderFile(folder), Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        return new InstallationLock(file);
    }

    /// <summary>Whether a process runs on this folder at this moment.</summary>
    public static bool IsHeld(DataFolder folder)
    {
        using var free = TryOpen(LockFile(folder));
        return free is null;
    }

    public void Dispose() => _file.Dispose();

    /// <summary>Null while another process holds the lock.</summary>
    internal static FileStream? TryOpen(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException failure) when (failure.HResult == WouldBlock)
        {
            return null;
        }
    }

    /// <summary>EWOULDBLOCK of flock(2), as .NET reports it on Linux.</summary>
    private const int WouldBlock = 11;

    private static string InUse(DataFolder folder)
    {
        var holder = File.Exists(HolderFile(folder)) ? File.ReadAllText(HolderFile(folder)).Trim() : "";
        return $"The data folder {folder.Path} is in use by the running process {holder}. "
            + $"End that one (./finops stop --data {folder.Path}) or choose another folder with --data.";
    }

    private static string LockFile(DataFolder folder) => Path.Combine(folder.Run, "installation.lock");

    /// <summary>A file of its own: .NET reads no file that is locked.</summary>
    private static string HolderFile(DataFolder folder) => Path.Combine(folder.Run, "installation.pid");
}
