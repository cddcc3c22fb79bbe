using System.Text.Json;
using System.Text.Json.Serialization;
using FinOps.Domain.Policies;
using FinOps.Domain.Policies.Control;
using FinOps.Domain.Tenancy;
using FinOps.Gateway.Storage;

namespace FinOps.Gateway.Control;

/// <summary>Who the gateway is to the control plane: what it got when it enrolled. Kept in a file that its user alone can read.</summary>
internal sealed record AgentIdentity(Guid AgentId, string Name, Guid Tenant, string AgentKey, byte[] SigningKey, Guid? Project = null)
{
    private const string FileName = "identity.json";

    [JsonIgnore]
    public TenantId TenantId => new(Tenant);

    /// <summary>The only key whose bundles are taken. Null: what was kept is none.</summary>
    [JsonIgnore]
    public BundleKey? Trusted { get; } = BundleKey.TryParse(SigningKey);

    public static AgentIdentity Of(EnrolResponse response) => new(response.AgentId, response.Name, response.Tenant, response.AgentKey, response.SigningKey, response.Project);

    /// <summary>Null: it never enrolled, or the file cannot be read.</summary>
    public static AgentIdentity? Load(string folder)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(folder, FileName)), IdentityJson.Default.AgentIdentity) is { AgentKey.Length: > 0, SigningKey: not null } identity ? identity : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null; // The caller enrols, and says so where it cannot.
        }
    }

    public void Save(string folder) => WholeFile.Write(Path.Combine(folder, FileName), JsonSerializer.SerializeToUtf8Bytes(this, IdentityJson.Default.AgentIdentity), outlivesPower: true);
}

[JsonSerializable(typeof(AgentIdentity))]
internal sealed partial class IdentityJson : JsonSerializerContext;
