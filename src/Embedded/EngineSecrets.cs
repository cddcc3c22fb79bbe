using System.Security.Cryptography;
using System.Text.Json;

namespace FinOps.Embedded;

/// <summary>The engines' passwords: random, made at the first start, kept in the data folder for its owner alone.</summary>
internal sealed record EngineSecrets(string PostgresPassword, string ClickHousePassword)
{
    private const int PasswordBytes = 24;

    public static EngineSecrets LoadOrCreate(DataFolder folder)
    {
        var path = Path.Combine(folder.Secrets, "engines.json");
        if (File.Exists(path))
        {
            return JsonSerializer.Deserialize<EngineSecrets>(File.ReadAllText(path))
                ?? throw new EngineException($"{path} is empty: restore it from a backup, the engines' passwords are in it.");
        }

        var made = new EngineSecrets(RandomPassword(), RandomPassword());
        SecretFile.Write(path, JsonSerializer.Serialize(made));
        return made;
    }

    public override string ToString() => nameof(EngineSecrets);

    private static string RandomPassword() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(PasswordBytes));
}
