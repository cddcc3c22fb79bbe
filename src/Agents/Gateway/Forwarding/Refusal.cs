using System.Buffers;
using System.Text;
using System.Text.Json;
using FinOps.Gateway.Providers;
using Microsoft.AspNetCore.Http;

namespace FinOps.Gateway.Forwarding;

/// <summary>Why the gateway itself answers instead of a provider.</summary>
/// <param name="Code">Told to the caller, and the reason in the counters and the report: <c>finops_…</c>.</param>
/// <param name="Message">What is wrong, and what to do.</param>
internal sealed record Refusal(int Status, string Code, string Message)
{
    // It is read by people, and never stands in a page.
    private static readonly JsonWriterOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public int? RetryAfterSeconds { get; init; }

    /// <summary>SDKs of OpenAI and Anthropic do not repeat what says so, whatever its status.</summary>
    public bool IsFinal { get; init; }

    public static Refusal Failed { get; } = new(500, "finops_failed", "The gateway failed with this call. Its log says why.");

    public static Refusal NoProvider { get; } = new(404, "finops_no_provider", "No provider of this gateway is meant by this address. Paths begin with /v1/ or with a provider's name; a provider in x-portkey-provider is one of the gateway's file.");

    public static Refusal Path { get; } = new(400, "finops_path_ambiguous", "The path has letters that others could read as another path: '?', '#', ';', '\\' or '%' in encoded form, or steps like '..'. Send it without them.");

    public static Refusal NoKey { get; } = new(401, "finops_key_missing", "The call carries no key. Send a key of this gateway as the SDK's API key.");

    public static Refusal WrongKey { get; } = new(401, "finops_key_unknown", "The key is none of this gateway's. Send one that its operator gave out.");

    public static Refusal ExpiredKey { get; } = new(401, "finops_key_expired", "The key's time is over. Its operator can give out another.");

    public static Refusal RevokedKey { get; } = new(401, "finops_key_revoked", "The key was revoked.");

    /// <summary>Waiting helps: SDKs try again by themselves.</summary>
    public static Refusal Throttled(string policy) => new(429, "finops_budget_throttled", $"The budget '{policy}' lets fewer calls through at the moment.") { RetryAfterSeconds = 5 };

    /// <summary>Waiting a moment does not help: SDKs are told not to try again.</summary>
    public static Refusal Blocked(string policy) => new(429, "finops_budget_spent", $"The budget '{policy}' is used up. Its owner can raise it.") { IsFinal = true };

    /// <summary>As above, by what the call is expected to cost: one that asks for less may fit.</summary>
    public static Refusal TooLittle(string policy, decimal expectedUsd, bool isUnmetered)
    {
        var usd = expectedUsd.ToString("0.######", System.Globalization.CultureInfo.InvariantCulture);
        return new Refusal(429, "finops_budget_spent", $"The budget '{policy}' has too little left for this call, which is expected to cost {usd} USD. Its owner can raise it{(isUnmetered ? "" : "; a lower limit of output tokens expects less")}.") { IsFinal = true };
    }

    /// <summary>Waiting helps as soon as the control plane is back.</summary>
    public static Refusal Away(string policy) =>
        new(503, "finops_budget_unknown", $"What is left of the budget '{policy}' is not known: the control plane does not answer, and what it granted last is used up or too old. Try again later.") { RetryAfterSeconds = 5 };

    public static Refusal Killed(string policy) => new(403, "finops_budget_stopped", $"'{policy}' lets no call through. Its owner can end that.") { IsFinal = true };

    public static Refusal Busy { get; } = new(503, "finops_busy", "The gateway has as many calls in flight as it takes. Try again.") { RetryAfterSeconds = 1 };

    public static Refusal Full { get; } =
        new(503, "finops_bodies_full", "The gateway reads as many bytes of bodies as it takes at one time (limits.max_body_memory_megabytes). Try again.") { RetryAfterSeconds = 1 };

    public static Refusal NotJson { get; } = new(400, "finops_not_json", "The body is not a JSON object.");

    public static Refusal NotPlainJson { get; } = new(415, "finops_not_plain_json", "The body is not sent as JSON. Send it with Content-Type: application/json, and without Content-Encoding.");

    public static Refusal TwoFields(string name) => new(400, "finops_field_twice", $"The body has the field '{name}' twice. Send it once: which of the two holds would be a guess.");

    public static Refusal TooLong(int most) => new(413, "finops_request_too_long", $"The body is longer than {most >> 20} MB, the most that this gateway takes (limits.max_request_megabytes).");

    public static Refusal Provider(string name) => new(403, "finops_provider_not_allowed", $"This key may not reach the provider '{name}'.");

    public static Refusal Model(string name) => new(403, "finops_model_not_allowed", $"This key may not ask for the model '{name}'.");

    public static Refusal Unreachable(string provider) => new(502, "finops_provider_unreachable", $"The provider '{provider}' cannot be reached.");

    public static Refusal InternalAddress(string provider) =>
        new(502, "finops_internal_address", $"The address of the provider '{provider}' is one of the own network. Its operator allows that with \"internal\": true.");

    public static Refusal Timeout(string provider, TimeSpan after) => new(504, "finops_provider_timeout", $"The provider '{provider}' did not answer within {after.TotalSeconds:0} s.");

    /// <summary>In the form that the provider's own errors have, so that its SDK raises what its user expects.</summary>
    public async Task WriteAsync(HttpContext http, Protocol protocol, string callId)
    {
        http.Response.StatusCode = Status;
        http.Response.ContentType = "application/json";
        if (RetryAfterSeconds is { } seconds) http.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (IsFinal) http.Response.Headers["x-should-retry"] = "false";
        var body = Body(protocol, callId);
        http.Response.ContentLength = body.Length;
        await http.Response.Body.WriteAsync(body, http.RequestAborted);
    }

    private ReadOnlyMemory<byte> Body(Protocol protocol, string callId)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using var json = new Utf8JsonWriter(buffer, Plain);
        json.WriteStartObject();
        if (protocol == Protocol.Anthropic) json.WriteString("type"u8, "error"u8);
        json.WriteStartObject("error"u8);
        json.WriteString("type"u8, protocol == Protocol.Anthropic ? AnthropicType : OpenAiType);
        json.WriteString("message"u8, Message);
        if (protocol == Protocol.OpenAi) json.WriteNull("param"u8);
        json.WriteString("code"u8, Code);
        json.WriteEndObject();
        if (protocol == Protocol.Anthropic) json.WriteString("request_id"u8, callId);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    private string OpenAiType => Status switch
    {
        401 or 403 => "invalid_request_error",
        429 => "rate_limit_error",
        >= 500 => "server_error",
        _ => "invalid_request_error",
    };

    private string AnthropicType => Status switch
    {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        504 => "timeout_error",
        503 => "overloaded_error",
        >= 500 => "api_error",
        _ => "invalid_request_error",
    };
}
