using FinOps.Domain.Policies;
using Microsoft.AspNetCore.Http;

namespace FinOps.Gateway.Providers;

/// <summary>Finds the provider that a path means. Immutable.</summary>
internal sealed class ProviderTable(IReadOnlyList<Provider> providers)
{
    private readonly Dictionary<string, Provider> _byName = providers.ToDictionary(provider => provider.Name, StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, Provider>.AlternateLookup<ReadOnlySpan<char>> _bySpan =
        providers.ToDictionary(provider => provider.Name, StringComparer.OrdinalIgnoreCase).GetAlternateLookup<ReadOnlySpan<char>>();

    private readonly Provider? _openAi = providers.FirstOrDefault(provider => provider.Kind == ProviderKind.OpenAi);
    private readonly Provider? _anthropic = providers.FirstOrDefault(provider => provider.Kind == ProviderKind.Anthropic);

    public IReadOnlyList<Provider> All { get; } = providers;

    /// <summary>What each speaks.</summary>
    public IReadOnlyDictionary<string, WireProtocol> Protocols { get; } =
        providers.ToDictionary(provider => provider.Name, provider => provider.Protocol == Protocol.Anthropic ? WireProtocol.Anthropic : WireProtocol.OpenAi, StringComparer.OrdinalIgnoreCase);

    public Provider? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>
    /// <c>/NAME/…</c> means that provider. <c>/v1/…</c> means the first one whose protocol the call is in: Anthropic's for <c>/v1/messages</c> and whatever carries
    /// <c>anthropic-version</c>, otherwise OpenAI's. A client of Portkey names the provider in a header.
    /// </summary>
    /// <param name="rest">What stands behind the base URL, with a slash at its beginning.</param>
    public Provider? Resolve(HttpRequest request, out string rest)
    {
        // The server itself is asked for by no path (OPTIONS *).
        var path = request.Path.Value is { Length: > 0 } asked ? asked : "/";
        rest = path;
        var end = path.AsSpan(1).IndexOf('/');
        var first = end < 0 ? path.AsSpan(1) : path.AsSpan(1, end);
        if (!first.SequenceEqual("v1") && _bySpan.TryGetValue(first, out var named))
        {
            rest = path[(first.Length + 1)..];
            return Behind(named, ref rest);
        }

        // One that is not known here is not guessed.
        if (request.Headers.TryGetValue("x-portkey-provider", out var told)) return Behind(_byName.GetValueOrDefault(told.ToString().TrimStart('@')), ref rest);
        var anthropic = path.StartsWith("/v1/messages", StringComparison.Ordinal) || request.Headers.ContainsKey("anthropic-version");
        return Behind(anthropic ? _anthropic ?? _openAi : _openAi ?? _anthropic, ref rest);
    }

    /// <summary>OpenAI's base URLs have the version in them, and SDKs differ in whether theirs has: it stands there once.</summary>
    private static Provider? Behind(Provider? provider, ref string rest)
    {
        if (rest.Length == 0) rest = "/";
        if (provider?.Kind == ProviderKind.OpenAi && (rest == "/v1" || rest.StartsWith("/v1/", StringComparison.Ordinal))) rest = rest[3..];
        return provider;
    }
}
