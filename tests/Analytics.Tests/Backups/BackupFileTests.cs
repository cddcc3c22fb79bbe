using System.IO.Compression;
using System.Text;
using FinOps.Analytics.Backups;
using FinOps.Analytics.Stores.Postgres;

namespace FinOps.Analytics.Tests.Backups;

/// <summary>A backup that is not what was written is refused before anything is touched.</summary>
public sealed class BackupFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("finops-backup-").FullName;

    private string File1 => Path.Combine(_folder, "a.finops");

    [Fact]
    public async Task File_AsWritten_IsReadAsItWas()
    {
        await WriteAsync();

        using var reader = await BackupReader.OpenAsync(File1, CancellationToken.None);
        await reader.VerifyAsync(CancellationToken.None);

        await using var stream = reader.Open(reader.Manifest.Postgres.Tables.Single().File);
        Assert.Equal("one\ntwo\n", await new StreamReader(stream).ReadToEndAsync());
        Assert.Equal(2, reader.Manifest.Postgres.Tables.Single().Rows);
    }

    [Fact]
    public async Task File_ForItsOwnerAlone_AndNoDraftIsLeft()
    {
        await WriteAsync();

        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(File1));
        Assert.Equal([File1], Directory.GetFiles(_folder));
    }

    [Fact]
    public async Task File_ThatIsThere_IsNotOverwritten()
    {
        await File.WriteAllTextAsync(File1, "precious");

        Assert.Throws<BackupException>(() => BackupWriter.Create(File1));
        Assert.Equal("precious", await File.ReadAllTextAsync(File1));
    }

    [Fact]
    public async Task Writing_ThatBreaksOff_LeavesNothing()
    {
        using (var writer = BackupWriter.Create(File1))
        {
            await Assert.ThrowsAsync<IOException>(() => writer.AddAsync("x", isPacked: false, _ => throw new IOException("No space left on device")));
        }

        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Theory]
    [InlineData("postgres/things.copy", "one\nTWO\n")]
    [InlineData("postgres/more.copy", "")]
    public async Task Content_OfAnotherFile_IsFound(string name, string content)
    {
        await WriteAsync();
        using (var archive = ZipFile.Open(File1, ZipArchiveMode.Update))
        {
            archive.GetEntry(name)?.Delete();
            await using var stream = archive.CreateEntry(name).Open();
            await stream.WriteAsync(Encoding.UTF8.GetBytes(content));
        }

        using var reader = await BackupReader.OpenAsync(File1, CancellationToken.None);
        var refused = await Assert.ThrowsAsync<BackupException>(() => reader.VerifyAsync(CancellationToken.None));
        Assert.Contains(name, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Content_ThatIsMissing_IsFound()
    {
        await WriteAsync();
        using (var archive = ZipFile.Open(File1, ZipArchiveMode.Update)) archive.GetEntry("postgres/things.copy")!.Delete();

        using var reader = await BackupReader.OpenAsync(File1, CancellationToken.None);
        await Assert.ThrowsAsync<BackupException>(() => reader.VerifyAsync(CancellationToken.None));
    }

    [Fact]
    public async Task File_CutShort_IsNoBackup()
    {
        await WriteAsync();
        await using (var file = new FileStream(File1, FileMode.Open)) file.SetLength(file.Length - 30);

        await Assert.ThrowsAsync<BackupException>(() => BackupReader.OpenAsync(File1, CancellationToken.None));
    }

    [Fact]
    public async Task File_OfAnotherLayout_IsRefused()
    {
        await WriteAsync(Manifest() with { Format = 2 });

        var refused = await Assert.ThrowsAsync<BackupException>(() => BackupReader.OpenAsync(File1, CancellationToken.None));
        Assert.Contains("layout", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("29991231235959_Later", 1)]
    [InlineData("20261122213044_Initial", 9999)]
    public async Task Restore_OfANewerRelease_IsRefusedBeforeAnyStoreIsAsked(string postgres, int clickHouse)
    {
        var manifest = Manifest();
        await WriteAsync(manifest with { Postgres = manifest.Postgres with { Migration = postgres }, ClickHouse = manifest.ClickHouse with { Migration = clickHouse } });
        // Nothing listens there: to ask would be another failure.
        var places = new InstallationPlaces(
            new PostgresOptions { ConnectionString = "Host=127.0.0.1;Port=1;Username=u;Password=p;Database=d" }, "Host=127.0.0.1;Port=1;Username=u;Password=p;Database=d", _folder, _folder);

        var refused = await Assert.ThrowsAsync<BackupException>(() => new RestoreInstallation(places, new Progress<string>()).FromFileAsync(File1, replace: true, CancellationToken.None));
        Assert.Contains("newer release", refused.Message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static BackupManifest Manifest() => new()
    {
        Format = BackupManifest.CurrentFormat,
        Version = "0.1.0",
        TakenAt = new DateTimeOffset(2026, 11, 23, 7, 0, 0, TimeSpan.Zero),
        Postgres = new PostgresContent("18.4", "20261122213044_Initial", [], []),
        ClickHouse = new ClickHouseContent("26.7", 1, []),
        Files = [],
    };

    private async Task WriteAsync(BackupManifest? manifest = null)
    {
        manifest ??= Manifest();
        using var writer = BackupWriter.Create(File1);
        var file = await writer.AddAsync("postgres/things.copy", isPacked: false, stream => stream.WriteAsync("one\ntwo\n"u8.ToArray()).AsTask());
        await writer.CompleteAsync(manifest with { Postgres = manifest.Postgres with { Tables = [new PostgresTable("things", ["name"], 2, file)] } }, CancellationToken.None);
    }
}
