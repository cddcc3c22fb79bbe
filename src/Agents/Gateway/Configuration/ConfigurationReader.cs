using System.Net;
using System.Text.Json;
using FinOps.Domain.Policies;
using FinOps.Domain.Usage;
using FinOps.Gateway.Control;
using FinOps.Gateway.Forwarding;
using FinOps.Gateway.Metering;
using FinOps.Gateway.Providers;

namespace FinOps.Gateway.Configuration;

/// <summary>Reads the gateway's file and names everything that is wrong with it, each with what to do.</summary>
internal sealed class ConfigurationReader
{
    private const int MaxMegabytes = 1024;
    private const int MaxTimeoutSeconds = 86_400;
    private const int MaxParallelCalls = 100_000;
    /// <summary>The server looks once a second.</summary>
    private const int LeastSlowCallerSeconds = 2;
    private const int LongestLeaseWaitMs = 60_000;
    private const decimal MaxUnpricedUsd = 10_000;

    private readonly List<string> _errors = [];
    private readonly string _folder;

    private ConfigurationReader(string folder) => _folder = folder;

    /// <param name="folder">What file names in the file are relative to.</param>
    /// <returns>The settings, or null and why.</returns>
    public static (GatewaySettings? Settings, IReadOnlyList<string> Errors) Read(ReadOnlySpan<byte> utf8, string folder)
    {
        GatewayDocument? document;
        try
        {
            document = JsonSerializer.Deserialize(utf8, GatewayDocumentJson.Default.GatewayDocument);
        }
        catch (JsonException e)
        {
            return (null, [$"{e.Path ?? "$"}: {e.Message}"]);
        }

        if (document is null) return (null, ["$: the file is empty. docs/gateway.md has one to begin with."]);
        var reader = new ConfigurationReader(folder);
        var settings = reader.Resolve(document);
        return reader._errors.Count == 0 ? (settings, []) : (null, reader._errors);
    }

    private GatewaySettings Resolve(GatewayDocument document)
    {
        var providers = Providers(document.Providers);
        if (document.Policies is { Length: > 0 } && document.Control is not null)
            _errors.Add("policies: a gateway obeys a file or a control plane, not both. Leave one of them out.");
        return new GatewaySettings
        {
            Listen = EndPoint("listen", document.Listen) ?? new IPEndPoint(IPAddress.Loopback, 0),
            AdminListen = document.AdminListen.Length == 0 ? null : EndPoint("admin_listen", document.AdminListen),
            DataFolder = Path.GetFullPath(document.Data, _folder),
            Providers = new ProviderTable(providers),
            Keys = Keys(document.Keys, providers),
            PolicyFile = document.Policies is { Length: > 0 } policies ? Path.GetFullPath(policies, _folder) : null,
            Control = document.Control is { } control ? Control(control, Path.GetFullPath(document.Data, _folder)) : null,
            HashKey = document.HashKey is { } hash ? new ContentHash(Secret("hash_key", hash)) : ContentHash.Random(),
            Report = document.Report is { } report ? Report(report, document.Control is not null) : null,
            Limits = new GatewayLimits(
                Megabytes("limits.max_request_megabytes", document.Limits.MaxRequestMegabytes), Megabytes("limits.max_buffered_answer_megabytes", document.Limits.MaxBufferedAnswerMegabytes),
                Megabytes("limits.max_event_megabytes", document.Limits.MaxEventMegabytes), Within("limits.max_calls", document.Limits.MaxCalls, MaxParallelCalls),
                Megabytes("limits.max_cache_megabytes", document.Limits.MaxCacheMegabytes),
                document.Limits.MaxCacheDiskMegabytes == 0 ? 0 : (long)Within("limits.max_cache_disk_megabytes", document.Limits.MaxCacheDiskMegabytes, 1 << 20) << 20)
            {
                MaxBodyMemoryBytes = (long)Within("limits.max_body_memory_megabytes", document.Limits.MaxBodyMemoryMegabytes, 1 << 20) << 20,
                SlowCaller = TimeSpan.FromSeconds(Math.Max(LeastSlowCallerSeconds, Within("limits.slow_caller_seconds", document.Limits.SlowCallerSeconds, MaxTimeoutSeconds))),
                MaxVectorMemoryBytes = Megabytes("limits.max_vector_megabytes", document.Limits.MaxVectorMegabytes),
                MaxVectorDiskBytes = document.Limits.MaxVectorDiskMegabytes == 0 ? 0 : (long)Within("limits.max_vector_disk_megabytes", document.Limits.MaxVectorDiskMegabytes, 1 << 20) << 20,
                UnpricedUsdPerMillionTokens = Usd("limits.unpriced_usd_per_million_tokens", document.Limits.UnpricedUsdPerMillionTokens),
                UnmeteredCallUsd = Usd("limits.unmetered_call_usd", document.Limits.UnmeteredCallUsd),
                LeaseWait = TimeSpan.FromMilliseconds(Within("limits.lease_wait_ms", document.Limits.LeaseWaitMs, LongestLeaseWaitMs)),
                MaxSharedBytes = Megabytes("limits.max_shared_megabytes", document.Limits.MaxSharedMegabytes),
            },
        };
    }

    private IPEndPoint? EndPoint(string path, string text)
    {
        if (IPEndPoint.TryParse(text, out var point) && text.Contains(':', StringComparison.Ordinal)) return point;
        _errors.Add($"{path}: '{text}' is no address with a port. Write for example 127.0.0.1:4000, or 0.0.0.0:4000 for every address of this machine.");
        return null;
    }

    private List<Provider> Providers(IReadOnlyList<ProviderDocument> documents)
    {
        if (documents.Count == 0) _errors.Add("providers: none is named. Name at least one, with name, kind and base_url.");
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        List<Provider> providers = [];
        for (var i = 0; i < documents.Count; i++)
        {
            var path = $"providers[{i}]";
            var document = documents[i];
            if (!IsName(document.Name)) _errors.Add($"{path}.name: '{document.Name}' is no name. Use 1 to 64 letters, digits, '.', '_' and '-'; 'v1' and 'openai' as part of Azure's paths are taken.");
            else if (!names.Add(document.Name)) _errors.Add($"{path}.name: '{document.Name}' stands twice. Give each provider a name of its own.");
            var kind = Kind(path, document.Kind);
            if (BaseUrl(path, document.BaseUrl) is not { } address || kind is null) continue;
            if (document.ApiKey is null && !document.ClientKeys)
                _errors.Add($"{path}: it has neither api_key nor client_keys, so that no call could reach it. Name the provider's key, or let callers bring theirs with \"client_keys\": true.");
            providers.Add(new Provider(
                document.Name, kind.Value, address, document.ApiKey is null ? null : Secret($"{path}.api_key", document.ApiKey), document.ClientKeys, document.Internal, document.StreamUsage,
                Seconds($"{path}.first_byte_timeout_seconds", document.FirstByteTimeoutSeconds), Seconds($"{path}.idle_timeout_seconds", document.IdleTimeoutSeconds)));
        }

        return providers;
    }

    private ProviderKind? Kind(string path, string kind)
    {
        switch (kind)
        {
            case "openai": return ProviderKind.OpenAi;
            case "anthropic": return ProviderKind.Anthropic;
            case "azure": return ProviderKind.Azure;
            default:
                _errors.Add($"{path}.kind: '{kind}' is not known. It is openai (for all hosts that speak OpenAI's API), anthropic or azure.");
                return null;
        }
    }

    private Uri? BaseUrl(string path, string text, string field = "base_url")
    {
        if (Uri.TryCreate(text.TrimEnd('/'), UriKind.Absolute, out var address) && address.Scheme is "http" or "https" && address.Query.Length == 0 && address.UserInfo.Length == 0)
            return address;
        _errors.Add($"{path}.{field}: '{text}' is no http or https address without user and query. Write for example https://api.openai.com/v1.");
        return null;
    }

    private List<VirtualKey> Keys(IReadOnlyList<KeyDocument> documents, List<Provider> providers)
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        var hashes = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        List<VirtualKey> keys = [];
        for (var i = 0; i < documents.Count; i++)
        {
            var path = $"keys[{i}]";
            var document = documents[i];
            if (!IsName(document.Id)) _errors.Add($"{path}.id: '{document.Id}' is no name. Use 1 to 64 letters, digits, '.', '_' and '-'.");
            else if (!ids.Add(document.Id)) _errors.Add($"{path}.id: '{document.Id}' stands twice. Give each key an id of its own.");
            if (document.Sha256.Length != 64 || !document.Sha256.All(char.IsAsciiHexDigit))
            {
                _errors.Add($"{path}.sha256: it is no SHA-256 of 64 hexadecimal digits. 'finops-gateway key' makes a key and prints its hash.");
                continue;
            }

            if (!hashes.Add(document.Sha256)) _errors.Add($"{path}.sha256: two entries have the same key. Each has its own.");
            foreach (var name in document.Providers)
                if (!providers.Exists(provider => provider.Name.Equals(name, StringComparison.OrdinalIgnoreCase))) _errors.Add($"{path}.providers: there is no provider '{name}'.");
            keys.Add(new VirtualKey(document.Id, Convert.FromHexString(document.Sha256)) { Models = document.Models, Providers = document.Providers, Tags = Tags(path, document.Tags) });
        }

        return keys;
    }

    private Dictionary<Tag, string> Tags(string path, IReadOnlyDictionary<string, string> named)
    {
        Dictionary<Tag, string> tags = [];
        foreach (var (name, value) in named)
        {
            if (PolicyWords.Tags.Find(name) is not { } tag) _errors.Add($"{path}.tags.{name}: it is no tag that a key binds. {string.Join(", ", PolicyWords.Tags.All)} are.");
            else if (value.Length is 0 or > TagNames.MaxLength) _errors.Add($"{path}.tags.{name}: a tag has 1 to {TagNames.MaxLength} characters.");
            else tags[tag] = value;
        }

        return tags;
    }

    private ControlSettings? Control(ControlDocument document, string data)
    {
        if (BaseUrl("control", document.Url, "url") is not { } address) return null;
        if (AgentIdentity.Load(data) is not null) return new ControlSettings(address, "");
        if (document.Token is not null) return new ControlSettings(address, Secret("control.token", document.Token));
        _errors.Add("control.token: this gateway has not enrolled yet. Make a one-time token on the page Agents and name it, as {\"env\": \"NAME\"} or {\"file\": \"PATH\"}.");
        return null;
    }

    private ReportSettings? Report(ReportDocument document, bool hasControl)
    {
        if (BaseUrl("report", document.Endpoint, "endpoint") is not { } endpoint) return null;
        if (document.Key is null && !hasControl)
        {
            _errors.Add("report.key: it is missing. Name an ingest key, as {\"env\": \"NAME\"} or {\"file\": \"PATH\"}.");
            return null;
        }

        return new ReportSettings(
            new Uri(endpoint.AbsoluteUri.TrimEnd('/') + "/v1/traces"), document.Key is null ? null : Secret("report.key", document.Key), (long)Within("report.max_disk_megabytes", document.MaxDiskMegabytes, 1 << 20) << 20,
            TimeSpan.FromHours(Within("report.max_hours", document.MaxHours, 24 * 30)), (long)Within("report.max_memory_megabytes", document.MaxMemoryMegabytes, MaxMegabytes) << 20);
    }

    private string Secret(string path, SecretDocument document)
    {
        switch (document)
        {
            case { Env: { Length: > 0 } name, File: null }:
                if (Environment.GetEnvironmentVariable(name) is { Length: > 0 } value) return value.Trim();
                _errors.Add($"{path}.env: the environment variable {name} is not set. Set it before the start, or name a file.");
                return "";
            case { Env: null, File: { Length: > 0 } file }:
                try
                {
                    var text = File.ReadAllText(Path.GetFullPath(file, _folder)).Trim();
                    if (text.Length == 0) _errors.Add($"{path}.file: {file} is empty.");
                    return text;
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    _errors.Add($"{path}.file: {file} cannot be read: {e.Message}");
                    return "";
                }

            default:
                _errors.Add($"{path}: write either {{\"env\": \"NAME\"}} or {{\"file\": \"PATH\"}}.");
                return "";
        }
    }

    private int Megabytes(string path, int value) => Within(path, value, MaxMegabytes) << 20;

    private TimeSpan Seconds(string path, int value) => TimeSpan.FromSeconds(Within(path, value, MaxTimeoutSeconds));

    private decimal Usd(string path, decimal value)
    {
        if (value is >= 0 and <= MaxUnpricedUsd) return value;
        _errors.Add(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{path}: {value} is not from 0 to {MaxUnpricedUsd}."));
        return 0;
    }

    private int Within(string path, int value, int most)
    {
        if (value >= 1 && value <= most) return value;
        _errors.Add($"{path}: {value} is not from 1 to {most}.");
        return 1;
    }

    private static bool IsName(string name) =>
        name.Length is > 0 and <= 64 && name is not "v1" && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-');
}
