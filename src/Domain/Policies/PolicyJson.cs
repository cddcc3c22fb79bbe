using System.Text.Json;
using System.Text.Json.Serialization;

namespace FinOps.Domain.Policies;

/// <summary>Without reflection, so that a gateway compiled ahead of time reads the same.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(SignedBundle))]
internal sealed partial class PolicyJson : JsonSerializerContext;
