namespace FinOps.Gateway.Storage;

/// <summary>Files that are there whole or not at all, readable by the gateway's user alone.</summary>
internal static class WholeFile
{
    private const string Part = ".part";

    private const UnixFileMode OfFolders = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode OfFiles = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <param name="outlivesPower">Whether it must be on the disk itself when this returns: a loss of power is then no loss of it.</param>
    /// <exception cref="IOException">It could not be written, and nothing of it is left; a file of this name stands as it was.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public static void Write(string path, ReadOnlySpan<byte> bytes, bool outlivesPower = false)
    {
        var folder = Path.GetDirectoryName(path)!;
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, OfFolders);
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.None };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OfFiles;
            using (var file = new FileStream(path + Part, options))
            {
                file.Write(bytes);
                file.Flush(outlivesPower);
            }

            File.Move(path + Part, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What a full disk took of it would make the disk fuller.
            Remove(path + Part);
            throw;
        }
    }

    /// <summary>What an end in the middle of writing left in a folder.</summary>
    public static void RemoveParts(string folder)
    {
        foreach (var part in Directory.EnumerateFiles(folder, "*" + Part)) Remove(part);
    }

    private static void Remove(string part)
    {
        try
        {
            File.Delete(part);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next start looks for it again; what went wrong first is what is told.
        }
    }
}
