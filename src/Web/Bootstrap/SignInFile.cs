using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Tenancy;

namespace FinOps.Web.Bootstrap;

/// <summary>What was made for one tenant of an installation that nobody configured.</summary>
public sealed record SignIn(string Tenant, string Email, string Password, string IngestKey, string ApiKey);

/// <summary><c>DIR/sign-in.json</c>, for the owner's eyes: what <c>up</c> and <c>demo</c> made, so that every start can print it.</summary>
internal sealed class SignInFile(string path)
{
    public const string Organisation = "organisation";
    public const string Demo = "demo";

    private const int PasswordBytes = 15;

    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, WriteIndented = true };

    public string FilePath => path;

    /// <summary>The section of this name; made and saved with random secrets when it is not there. Saved first, so that a crash loses no password.</summary>
    public async Task<(SignIn SignIn, bool Made)> GetOrMakeAsync(string section, string tenant, string email, CancellationToken cancellationToken)
    {
        var sections = await ReadAsync(cancellationToken);
        if (sections.TryGetValue(section, out var present)) return (present, false);
        var made = new SignIn(
            tenant, email, Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(PasswordBytes)),
            AccessKeyToken.Create(KeyKind.Ingest), AccessKeyToken.Create(KeyKind.Api));
        sections[section] = made;
        await WriteAsync(sections, cancellationToken);
        return (made, true);
    }

    private async Task<SortedDictionary<string, SignIn>> ReadAsync(CancellationToken cancellationToken)
    {
        if (!File.Exists(path)) return new(StringComparer.Ordinal);
        await using var stream = File.OpenRead(path);
        return await JsonSerializer.DeserializeAsync<SortedDictionary<string, SignIn>>(stream, Json, cancellationToken) ?? [];
    }

    private async Task WriteAsync(SortedDictionary<string, SignIn> sections, CancellationToken cancellationToken)
    {
        var draft = path + ".new";
        File.Delete(draft);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        await using (var stream = new FileStream(draft, options))
        {
            await JsonSerializer.SerializeAsync(stream, sections, Json, cancellationToken);
            stream.Flush(flushToDisk: true);
        }

        File.Move(draft, path, overwrite: true);
    }
}
