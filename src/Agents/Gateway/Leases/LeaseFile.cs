using System.Text.Json;
using System.Text.Json.Serialization;
using FinOps.Domain.Policies.Control;
using FinOps.Gateway.Storage;

namespace FinOps.Gateway.Leases;

/// <summary>What was spent without a lease.</summary>
internal sealed record KeptDebt(string PolicyId, string BudgetId, decimal Usd, long Calls);

/// <summary>What the control plane could not be told.</summary>
internal sealed record KeptWords(IReadOnlyList<LeaseSettlement> Words, IReadOnlyList<KeptDebt> Debts)
{
    public static KeptWords None { get; } = new([], []);

    [JsonIgnore]
    public bool IsEmpty => Words.Count == 0 && Debts.Count == 0;
}

/// <summary>Keeps on disk what the control plane could not be told, so that a restart does not forget what was spent. Only the gateway's user can read it.</summary>
internal sealed class LeaseFile(string folder, ILogger log)
{
    private const string FileName = "leases.json";

    private readonly string _path = Path.Combine(folder, FileName);
    private bool _isThere = File.Exists(Path.Combine(folder, FileName));

    /// <summary>Empty: nothing was kept, or it cannot be read, which the log tells.</summary>
    public KeptWords Load()
    {
        if (!_isThere) return KeptWords.None;
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(_path), LeaseFileJson.Default.KeptWords) ?? KeptWords.None;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            Log.WordsNotKept(log, e.Message);
            return KeptWords.None;
        }
    }

    /// <summary>False: it could not be written, which the log tells.</summary>
    public bool Save(KeptWords words)
    {
        if (words.IsEmpty && !_isThere) return true;
        try
        {
            if (words.IsEmpty) File.Delete(_path);
            else WholeFile.Write(_path, JsonSerializer.SerializeToUtf8Bytes(words, LeaseFileJson.Default.KeptWords), outlivesPower: true);
            _isThere = !words.IsEmpty;
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.WordsNotKept(log, e.Message);
            return false;
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(KeptWords))]
internal sealed partial class LeaseFileJson : JsonSerializerContext;
