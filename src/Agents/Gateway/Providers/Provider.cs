using System.Runtime.CompilerServices;

namespace FinOps.Gateway.Providers;

/// <summary>Whose API a provider speaks. Answers, errors and usage are read by it, and no route leads from one to another.</summary>
internal enum Protocol : byte
{
    OpenAi,
    Anthropic,
}

internal enum ProviderKind : byte
{
    OpenAi,
    Anthropic,

    /// <summary>OpenAI's API under Azure's addresses, with the key in <c>api-key</c>.</summary>
    Azure,
}

/// <summary>Where calls are forwarded to.</summary>
/// <param name="BaseUrl">Without a slash at its end.</param>
/// <param name="ApiKey">Null = the caller's own is forwarded.</param>
/// <param name="ClientKeys">Callers without a virtual key are taken, if they bring the provider's.</param>
/// <param name="Internal">It may be at an address of the own network.</param>
internal sealed record Provider(
    string Name, ProviderKind Kind, Uri BaseUrl, string? ApiKey, bool ClientKeys, bool Internal, bool StreamUsage, TimeSpan FirstByteTimeout, TimeSpan IdleTimeout)
{
    /// <summary>Addresses that are kept as they were taken apart. Paths come from callers: one that finds its place taken takes it over.</summary>
    private const int Places = 64;

    private readonly string _address = BaseUrl.AbsoluteUri.TrimEnd('/');
    private readonly KnownAddress?[] _known = new KnownAddress?[Places];

    private sealed record KnownAddress(string Path, Uri Address);

    /// <summary>There is one for each that is configured.</summary>
    public bool Equals(Provider? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => RuntimeHelpers.GetHashCode(this);

    public Protocol Protocol => Kind == ProviderKind.Anthropic ? Protocol.Anthropic : Protocol.OpenAi;

    /// <summary>As telemetry names it.</summary>
    public string TelemetryName => Kind == ProviderKind.Azure ? "azure.ai.openai" : Name;

    /// <summary>What a path asks for, whoever is asked: <c>/chat/completions</c>. Anthropic's paths have their version in them.</summary>
    public string ApiPath(string path)
    {
        if (Kind != ProviderKind.Azure) return path;
        var rest = Operations.Deployment(path, out var end) is null ? path : path[end..];
        return rest.StartsWith("/openai/v1", StringComparison.OrdinalIgnoreCase) ? rest["/openai/v1".Length..] : rest;
    }

    /// <summary>The path here of what was asked of another provider of the same protocol.</summary>
    public string PathFrom(Provider from, string path, string model)
    {
        if (from.Kind == Kind) return Kind == ProviderKind.Azure && Operations.Deployment(path) is { } deployment ? path.Replace($"/deployments/{deployment}/", $"/deployments/{model}/", StringComparison.OrdinalIgnoreCase) : path;
        return Kind == ProviderKind.Azure ? "/openai/v1" + path : from.ApiPath(path);
    }

    /// <summary>The address of a path behind the base URL, which begins with a slash.</summary>
    public Uri Address(string path, string query)
    {
        if (query.Length != 0) return new Uri(string.Concat(_address, path, query), UriKind.Absolute);
        ref var place = ref _known[(uint)path.GetHashCode(StringComparison.Ordinal) % Places];
        // Read and written at once: two threads that meet here both get a right one.
        var known = place;
        if (known is null || known.Path != path) place = known = new KnownAddress(path, new Uri(_address + path, UriKind.Absolute));
        return known.Address;
    }
}
