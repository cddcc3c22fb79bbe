using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;

namespace FinOps.Analytics.Backups;

/// <summary>Reads a backup, and finds out whether it is whole before anything is done with it.</summary>
internal sealed class BackupReader : IDisposable
{
    private readonly string _path;
    private readonly ZipArchive _archive;

    private BackupReader(string path, ZipArchive archive, BackupManifest manifest) => (_path, _archive, Manifest) = (path, archive, manifest);

    public BackupManifest Manifest { get; }

    public static async Task<BackupReader> OpenAsync(string path, CancellationToken cancellationToken)
    {
        ZipArchive? archive = null;
        try
        {
            archive = new ZipArchive(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read), ZipArchiveMode.Read);
            var entry = archive.GetEntry(BackupManifest.FileName) ?? throw new InvalidDataException("It has no manifest.");
            await using var stream = entry.Open();
            var manifest = await BackupManifest.ReadAsync(stream, cancellationToken);
            if (manifest.Format != BackupManifest.CurrentFormat)
                throw new BackupException($"{path} was made by release {manifest.Version} in another layout ({manifest.Format}) than this release reads ({BackupManifest.CurrentFormat}). Restore it with that release.");
            return new BackupReader(path, archive, manifest);
        }
        catch (Exception failure) when (failure is InvalidDataException or JsonException)
        {
            archive?.Dispose();
            throw new BackupException($"{path} is no whole backup of this product: {failure.Message}", failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            archive?.Dispose();
            throw new BackupException($"{path} cannot be read: {failure.Message}", failure);
        }
        catch
        {
            archive?.Dispose();
            throw;
        }
    }

    /// <summary>Reads all of it and compares it with the manifest.</summary>
    public async Task VerifyAsync(CancellationToken cancellationToken)
    {
        var files = Manifest.AllFiles.ToList();
        var strange = _archive.Entries.Select(entry => entry.FullName).Except(files.Select(file => file.Path).Append(BackupManifest.FileName), StringComparer.Ordinal).FirstOrDefault();
        if (strange is not null) throw Tampered(strange, "it is not in the manifest");
        foreach (var file in files)
        {
            var entry = _archive.GetEntry(file.Path) ?? throw Tampered(file.Path, "it is missing");
            try
            {
                await using var stream = entry.Open();
                if (Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken)) != file.Sha256) throw Tampered(file.Path, "its content is another one than was written");
            }
            catch (InvalidDataException damaged)
            {
                throw Tampered(file.Path, damaged.Message);
            }
        }
    }

    public Stream Open(BackupFile file) => (_archive.GetEntry(file.Path) ?? throw Tampered(file.Path, "it is missing")).Open();

    public void Dispose() => _archive.Dispose();

    private BackupException Tampered(string name, string why) => new($"{_path} is damaged or was changed, and nothing was restored: {name} in it: {why}.");
}
