using System.Text.Json.Serialization;

namespace FinOps.Domain.Policies.Control;

/// <summary>Reads and writes what agents and the control plane say, without reflection. What one side does not know yet is passed over, so that both can be brought to a new release one after the other.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(EnrolRequest))]
[JsonSerializable(typeof(EnrolResponse))]
[JsonSerializable(typeof(Acknowledgement))]
[JsonSerializable(typeof(Heartbeat))]
[JsonSerializable(typeof(HeartbeatResponse))]
[JsonSerializable(typeof(SignedBundle))]
[JsonSerializable(typeof(LeaseRequest))]
[JsonSerializable(typeof(LeaseGrant))]
[JsonSerializable(typeof(LeaseSettlement))]
public sealed partial class ControlJson : JsonSerializerContext;
