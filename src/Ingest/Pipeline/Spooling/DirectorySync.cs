using System.Runtime.InteropServices;

namespace FinOps.Ingest.Pipeline.Spooling;

/// <summary>Makes a new or removed name in a folder survive a power cut (fsync(2): flushing a file does not flush the entry that names it).</summary>
internal static partial class DirectorySync
{
    public static void Flush(string directory)
    {
        // Windows writes entries through with the file.
        if (OperatingSystem.IsWindows()) return;
        var descriptor = Open(directory, 0);
        if (descriptor < 0) throw new IOException($"Cannot open {directory} to flush it (errno {Marshal.GetLastPInvokeError()}).");
        try
        {
            if (Sync(descriptor) != 0) throw new IOException($"Cannot flush {directory} (errno {Marshal.GetLastPInvokeError()}).");
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
