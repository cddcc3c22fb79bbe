using System.Text.Json;
using System.Text.Unicode;
using FinOps.Domain.Policies.Classification;
using FinOps.Domain.Pricing;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;

namespace FinOps.Domain.Policies;

/// <summary>
/// Reads the document of a bundle, or of one policy: all of it, or everything that is wrong with it. The same document is sent by the control plane and written by people
/// (<c>policies.json</c>); comments and a comma after the last item are allowed in it.
/// </summary>
public static class PolicyBundleReader
{
    /// <summary>Bytes of a document. Default 16 MiB: the whole public price list takes a third of one.</summary>
    public const int MaxBytes = 16 << 20;

    /// <summary>Default 1,000.</summary>
    public const int MaxPolicies = 1_000;

    /// <summary>Virtual keys. Default 10,000.</summary>
    public const int MaxKeys = 10_000;

    /// <summary>Declared providers. Default 200.</summary>
    public const int MaxProviders = 200;

    /// <summary>What is told of one document's errors. Default 200; of more it is told how many there were.</summary>
    public const int MaxErrors = 200;

    private const int MaxDepth = 32;

    /// <param name="utf8">The document.</param>
    /// <param name="protocols">What the gateway's own configuration says of providers; null: only the document's word counts.</param>
    public static PolicyBundleResult Read(ReadOnlySpan<byte> utf8, IReadOnlyDictionary<string, WireProtocol>? protocols = null)
    {
        var errors = new PolicyErrors();
        using var document = Parse(utf8, errors);
        var bundle = document is null ? null : ReadBundle(document.RootElement, protocols, errors);
        return errors.Count == 0 ? new PolicyBundleResult(bundle, []) : new PolicyBundleResult(null, errors.All);
    }

    /// <summary>One policy of a bundle, as people draft it.</summary>
    public static PolicyResult ReadPolicy(ReadOnlySpan<byte> utf8, IReadOnlyDictionary<string, WireProtocol>? protocols = null)
    {
        var errors = new PolicyErrors();
        using var document = Parse(utf8, errors);
        var policy = document is null ? null : PolicyReader.Read(document.RootElement, "$", errors);
        if (policy is not null) PolicyRules.Check(policy, "$", Protocols.Join(protocols ?? PolicyBundle.Empty.Providers, null), errors);
        return errors.Count == 0 ? new PolicyResult(policy, []) : new PolicyResult(null, errors.All);
    }

    private static PolicyBundle ReadBundle(JsonElement root, IReadOnlyDictionary<string, WireProtocol>? protocols, PolicyErrors errors)
    {
        var fields = new Fields(root, "$", errors);
        if (fields.RequireWhole("schema", 0, int.MaxValue) is { } schema && schema != PolicyBundle.Schema)
            errors.Add(fields.Of("schema"), $"The form {schema} is not known.", $"Write {PolicyBundle.Schema}, or bring gateway and control plane to one release.");
        var providers = ReadProviders(fields.Nested("providers"), root, errors);
        var tenant = ReadTenant(fields, errors);
        var (prices, beside) = ReadPrices(fields, tenant, errors);
        var bundle = new PolicyBundle
        {
            Version = fields.Whole("version", 0, long.MaxValue) ?? 0,
            Tenant = tenant,
            IssuedAt = fields.Instant("issued_at"),
            NotAfter = fields.Instant("not_after"),
            Providers = providers,
            Policies = ReadPolicies(fields, Protocols.Join(providers, protocols), errors),
            Keys = ReadKeys(fields, errors),
            Prices = prices,
            PricesBeside = beside,
        };
        if (bundle.NotAfter <= bundle.IssuedAt) errors.Add(fields.Of("not_after"), "The bundle would end before it was issued.", "Write a later instant, or leave it out.");
        fields.RefuseOthers();
        return bundle;
    }

    private static TenantId? ReadTenant(Fields fields, PolicyErrors errors)
    {
        if (fields.Text("tenant", 36) is not { } text) return null;
        if (Guid.TryParseExact(text, "D", out var tenant) && tenant != Guid.Empty) return new TenantId(tenant);
        errors.Add(fields.Of("tenant"), $"\"{text}\" is no organisation's id.", "Write it as it stands in Settings, or leave it out in a file of your own.");
        return null;
    }

    private static Dictionary<string, WireProtocol> ReadProviders(Fields? fields, JsonElement root, PolicyErrors errors)
    {
        var found = new Dictionary<string, WireProtocol>(StringComparer.OrdinalIgnoreCase);
        if (fields is null) return found;
        if (root.GetProperty("providers") is not { ValueKind: JsonValueKind.Object } all) return found;
        var names = all.EnumerateObject().Select(provider => provider.Name).Distinct(StringComparer.Ordinal).ToList();
        if (names.Count > MaxProviders) errors.Add(fields.Path, $"{names.Count} providers are declared.", $"Declare at most {MaxProviders}.");
        foreach (var name in names.Take(MaxProviders))
        {
            if (name.Length is 0 or > PolicyMatch.MaxValueLength) errors.Add(fields.Path, "A provider's name is empty, or too long.", $"Write 1 to {PolicyMatch.MaxValueLength} characters.");
            if (fields.Word(name, PolicyWords.Protocols) is { } protocol && !found.TryAdd(name, protocol)) errors.Add(fields.Of(name), "The provider is declared twice.", "Leave one; capital letters make no difference.");
        }

        return found;
    }

    private static List<Policy> ReadPolicies(Fields fields, IReadOnlyDictionary<string, WireProtocol> protocols, PolicyErrors errors)
    {
        var policies = new List<Policy>();
        var ids = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (element, path) in fields.Items("policies", MaxPolicies, orNone: true))
        {
            if (PolicyReader.Read(element, path, errors) is not { } policy) continue;
            PolicyRules.Check(policy, path, protocols, errors);
            if (!ids.Add(policy.Id)) errors.Add($"{path}.id", $"Another policy has the id \"{policy.Id}\".", "Give each policy an id of its own.");
            policies.Add(policy);
        }

        return policies;
    }

    private static List<VirtualKey> ReadKeys(Fields fields, PolicyErrors errors)
    {
        var keys = new List<VirtualKey>();
        var ids = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var hashes = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (element, path) in fields.Items("keys", MaxKeys, orNone: true))
        {
            if (PolicyReader.ReadKey(new Fields(element, path, errors), errors) is not { } key) continue;
            if (!ids.Add(key.Id)) errors.Add($"{path}.id", $"Another key has the id \"{key.Id}\".", "Give each key an id of its own.");
            if (!hashes.Add(Convert.ToHexString(key.Sha256.Span))) errors.Add($"{path}.sha256", "Another key has the same hash.", "Make a key of its own for each.");
            keys.Add(key);
        }

        return keys;
    }

    /// <summary>Either a whole list, or what an organisation's book says beside the dated one: that names its base.</summary>
    private static (PriceCatalogue? Prices, PriceOverlay? Beside) ReadPrices(Fields fields, TenantId? tenant, PolicyErrors errors)
    {
        if (!fields.TryGet("prices", out var prices)) return default;
        try
        {
            return prices.ValueKind == JsonValueKind.Object && prices.TryGetProperty("base", out _)
                ? (null, PriceOverlay.Read(prices, tenant ?? throw new FormatException("Prices beside the dated list are an organisation's, and the bundle names none.")))
                : (PriceCatalogue.Parse(JsonSerializer.SerializeToUtf8Bytes(prices, PolicyJson.Default.JsonElement)), null);
        }
        catch (FormatException unreadable)
        {
            errors.Add(fields.Of("prices"), unreadable.Message, "Take the list as the control plane sends it, or leave it out: then the gateway's own dated list is used.");
            return default;
        }
    }

    /// <summary>Null with an error where it is no JSON.</summary>
    private static JsonDocument? Parse(ReadOnlySpan<byte> utf8, PolicyErrors errors)
    {
        if (utf8.StartsWith("\uFEFF"u8)) utf8 = utf8[3..]; // as some editors save files
        if (utf8.Length > MaxBytes)
        {
            errors.Add("$", $"The document has {utf8.Length} bytes.", $"Keep it at {MaxBytes} or less.");
            return null;
        }

        if (!Utf8.IsValid(utf8))
        {
            errors.Add("$", "The document is not UTF-8.", "Save it as UTF-8.");
            return null;
        }

        try
        {
            if (FindHalfCharacter(utf8) is { } place)
            {
                errors.Add("$", $"At byte {place} half of a character is escaped (\\uD800 to \\uDFFF).", "Write both halves, or the character itself.");
                return null;
            }

            var reader = new Utf8JsonReader(utf8, Options);
            var document = JsonDocument.ParseValue(ref reader);
            while (reader.Read())
            {
                // Only comments may follow; anything else throws.
            }

            return document;
        }
        catch (JsonException unreadable)
        {
            errors.Add("$", $"The document is not JSON: line {unreadable.LineNumber + 1}, byte {unreadable.BytePositionInLine + 1}.", "Look for a comma, bracket or quotation mark that is missing or too many there.");
            return null;
        }
    }

    private static JsonReaderOptions Options => new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, MaxDepth = MaxDepth };

    /// <summary>Valid JSON can escape what is no text; reading such a text would throw wherever it stands.</summary>
    private static long? FindHalfCharacter(ReadOnlySpan<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8, Options);
        while (reader.Read())
        {
            if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.PropertyName) || !reader.ValueIsEscaped) continue;
            try
            {
                _ = reader.GetString();
            }
            catch (InvalidOperationException)
            {
                return reader.TokenStartIndex;
            }
        }

        return null;
    }
}
