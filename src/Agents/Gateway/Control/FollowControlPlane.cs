using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Serialization.Metadata;
using System.Text.Json;
using FinOps.Domain.Outbound;
using FinOps.Domain.Policies;
using FinOps.Domain.Policies.Control;
using FinOps.Domain.Tenancy;
using FinOps.Gateway.Configuration;
using FinOps.Gateway.Policies;
using FinOps.Gateway.Providers;
using FinOps.Gateway.Routing;
using FinOps.Gateway.Storage;

namespace FinOps.Gateway.Control;

/// <summary>
/// Obeys the control plane: enrols once, waits for bundles, takes those that are signed by the key it got then, tells what became of each, and that it lives. The last good bundle lies on disk:
/// a gateway that starts while the control plane is away obeys that. Nothing that the control plane does or does not do stops a call.
/// </summary>
internal sealed class FollowControlPlane : IDisposable
{
    private const string BundleFile = "bundle.json";
    private const int WaitSeconds = 30;

    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(WaitSeconds + 15);
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    public static string Software { get; } = $"finops-gateway {typeof(FollowControlPlane).Assembly.GetName().Version?.ToString(3)}";

    private readonly ControlSettings _settings;
    private readonly string _folder;
    private readonly PolicyState _state;
    private readonly ProviderTable _providers;
    private readonly Func<Heartbeat> _heartbeat;
    private readonly ILogger _log;
    private readonly TimeProvider _time;
    private readonly HttpClient _client;
    private AgentIdentity? _identity;
    private HeldBundle? _held;
    private long _refused;
    private bool _isKept;

    /// <param name="heartbeat">What is told of the gateway, but for version and software.</param>
    public FollowControlPlane(ControlSettings settings, string folder, PolicyState state, ProviderTable providers, Func<Heartbeat> heartbeat, ILogger log, TimeProvider time)
    {
        (_settings, _folder, _state, _providers, _heartbeat, _log, _time) = (settings, folder, state, providers, heartbeat, log, time);
#pragma warning disable RS0030 // One client for the life of the process, which owns its handler.
        _client = new HttpClient(new SocketsHttpHandler { SslOptions = WholeChains.NewOptions(), AllowAutoRedirect = false, UseCookies = false, ActivityHeadersPropagator = null, PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
#pragma warning restore RS0030
        {
            BaseAddress = settings.Address,
            Timeout = AnswerTimeout,
            MaxResponseContentBufferSize = 2L * PolicyBundleReader.MaxBytes,
        };
        _identity = AgentIdentity.Load(folder);
        _isKept = _identity is not null;
    }

    /// <summary>With which the gateway reports, too; null: it has not enrolled yet.</summary>
    public string? AgentKey => Volatile.Read(ref _identity)?.AgentKey;

    /// <summary>For which it reports with that key; the default where it is not known.</summary>
    public ProjectId Project => Volatile.Read(ref _identity)?.Project is { } project ? new ProjectId(project) : default;

    /// <summary>Before the first call: what was obeyed last is obeyed again.</summary>
    public void LoadLast()
    {
        if (_identity is null) return;
        byte[] file;
        try
        {
            file = File.ReadAllBytes(Path.Combine(_folder, BundleFile));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return; // None was kept.
        }

        // Its end is for those that come anew: what is held goes on.
        if (Judge(SignedBundle.Parse(file), DateTimeOffset.MinValue, out var signed) is { Refusal: BundleRefusal.None, Bundle: { } bundle }) Obey(bundle, signed!);
        else Log.PoliciesRefused(_log, $"{BundleFile} is not good");
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await RepeatAsync(EnrolAsync, cancellationToken);
            await Task.WhenAll(PollAsync(cancellationToken), BeatAsync(cancellationToken));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The end.
        }
    }

    private async Task PollAsync(CancellationToken cancellationToken)
    {
        while (true) await RepeatAsync(FetchAsync, cancellationToken);
    }

    private async Task BeatAsync(CancellationToken cancellationToken)
    {
        var pause = TimeSpan.FromSeconds(AgentControl.HeartbeatSeconds);
        while (true)
        {
            await RepeatAsync(async token =>
            {
                if (!_isKept) await KeepIdentityAsync(_identity!);
                var heartbeat = _heartbeat() with { Version = _held?.Version ?? 0, Software = Software };
                if (await PostAsync(AgentControl.HeartbeatPath, heartbeat, ControlJson.Default.Heartbeat, token) is not { } answer) return false;
                if (JsonSerializer.Deserialize(answer, ControlJson.Default.HeartbeatResponse) is { NextSeconds: > 0 and <= 3600 } told) pause = TimeSpan.FromSeconds(told.NextSeconds);
                return true;
            }, cancellationToken);
            await Task.Delay(pause, _time, cancellationToken);
        }
    }

    /// <summary>Until it succeeds: each time after twice as long.</summary>
    private async Task RepeatAsync(Func<CancellationToken, Task<bool>> action, CancellationToken cancellationToken)
    {
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                if (await action(cancellationToken)) return;
            }
            catch (Exception e) when (e is HttpRequestException or IOException or JsonException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                Log.ControlPlaneAway(_log, e.Message);
            }

            await Task.Delay(Jitter.Of(pause), _time, cancellationToken);
        }
    }

    private async Task<bool> EnrolAsync(CancellationToken cancellationToken)
    {
        if (_identity is not null) return true;
        var request = new EnrolRequest(_settings.Token, Software, Environment.MachineName);
        using var content = Json(request, ControlJson.Default.EnrolRequest);
        using var response = await _client.PostAsync(AgentControl.EnrolPath, content, cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            Log.NotEnrolled(_log, (int)response.StatusCode);
            return false;
        }

        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        if (await JsonSerializer.DeserializeAsync(body, ControlJson.Default.EnrolResponse, cancellationToken) is not { } told) return false;
        var identity = AgentIdentity.Of(told);
        // The token is spent: what came for it counts, whether the disk takes it or not.
        Volatile.Write(ref _identity, identity);
        Log.Enrolled(_log, told.Name);
        await KeepIdentityAsync(identity);
        return true;
    }

    /// <summary>Where the disk does not take it, each heartbeat tries again: without it the next start needs a new token.</summary>
    private async Task KeepIdentityAsync(AgentIdentity identity)
    {
        // It is written through to the disk.
        await EventLoop.Leave();
        try
        {
            identity.Save(_folder);
            _isKept = true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.IdentityNotKept(_log, e.Message);
        }
    }

    private async Task<bool> FetchAsync(CancellationToken cancellationToken)
    {
        // A bundle that was refused is waited past: it would come again at once.
        var have = Math.Max(_held?.Version ?? 0, _refused);
        using var request = new HttpRequestMessage(HttpMethod.Get, string.Create(
            System.Globalization.CultureInfo.InvariantCulture, $"{AgentControl.BundlePath}?{AgentControl.HaveParameter}={have}&{AgentControl.WaitParameter}={WaitSeconds}"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", AgentKey);
        var asked = _time.GetTimestamp();
        using var response = await _client.SendAsync(request, cancellationToken);
        // A control plane waits before it says that there is nothing: who says so at once is none, or is just ending.
        if (response.StatusCode is HttpStatusCode.NotModified or HttpStatusCode.NotFound) return _time.GetElapsedTime(asked) > FirstPause;
        if (!response.IsSuccessStatusCode)
        {
            Log.ControlPlaneRefuses(_log, (int)response.StatusCode);
            return false;
        }

        await TakeAsync(await response.Content.ReadAsByteArrayAsync(cancellationToken), have, cancellationToken);
        return true;
    }

    private async Task TakeAsync(byte[] received, long have, CancellationToken cancellationToken)
    {
        // It can have thousands of policies, and is written through to the disk.
        await EventLoop.Leave();
        var verdict = Judge(SignedBundle.Parse(received), _time.GetUtcNow(), out var signed);
        if (verdict is { Refusal: BundleRefusal.None, Bundle: { } bundle })
        {
            try
            {
                WholeFile.Write(Path.Combine(_folder, BundleFile), received, outlivesPower: true);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It is obeyed all the same; after a restart it comes again.
                Log.BundleNotKept(_log, e.Message);
            }

            Obey(bundle, signed!);
            await AcknowledgeAsync(new Acknowledgement(bundle.Version, PolicyWords.Refusals[BundleRefusal.None], []), cancellationToken);
            return;
        }

        // Which version it was can only be believed of a good signature; of anything else the next look is after a pause.
        var version = verdict.Refusal is BundleRefusal.Invalid or BundleRefusal.Expired && signed is not null ? VersionOf(signed) : 0;
        _refused = Math.Max(have, version);
        Log.PoliciesRefused(_log, verdict.Errors.Count > 0 ? string.Join("; ", verdict.Errors) : PolicyWords.Refusals[verdict.Refusal]);
        await AcknowledgeAsync(new Acknowledgement(version, PolicyWords.Refusals[verdict.Refusal], verdict.Errors), cancellationToken);
        if (version == 0) await Task.Delay(LongestPause, _time, cancellationToken);
    }

    private BundleVerdict Judge(SignedBundle? parsed, DateTimeOffset now, out SignedBundle? signed)
    {
        signed = parsed;
        var trusted = _identity?.Trusted;
        if (trusted is null) return new BundleVerdict(BundleRefusal.UnknownKey, null, []);
        var verdict = BundleVerdict.Of(parsed, trusted, _identity!.TenantId, _held, now, _state.Protocols);
        if (verdict.Bundle is not { } bundle) return verdict;
        return SupportedPolicies.Errors(bundle, _providers, hasControl: true) is { Count: > 0 } errors ? new BundleVerdict(BundleRefusal.Invalid, null, errors) : verdict;
    }

    /// <summary>0 where the document does not tell it.</summary>
    private static long VersionOf(SignedBundle signed)
    {
        try
        {
            using var document = JsonDocument.Parse(signed.Payload);
            return document.RootElement.TryGetProperty("version", out var version) && version.TryGetInt64(out var number) ? number : 0;
        }
        catch (JsonException)
        {
            return 0;
        }
    }

    private void Obey(PolicyBundle bundle, SignedBundle signed)
    {
        _held = new HeldBundle(bundle.Version, signed.Payload);
        _state.Swap(bundle);
        Log.PoliciesTaken(_log, bundle.Version, bundle.Policies.Count(policy => policy.Enabled));
    }

    private async Task AcknowledgeAsync(Acknowledgement told, CancellationToken cancellationToken)
    {
        try
        {
            await PostAsync(AgentControl.AcknowledgePath, told, ControlJson.Default.Acknowledgement, cancellationToken);
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // The next heartbeat tells the version, too.
            Log.ControlPlaneAway(_log, e.Message);
        }
    }

    /// <summary>Null: it was refused.</summary>
    private async Task<byte[]?> PostAsync<T>(string path, T body, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = Json(body, type) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", AgentKey);
        using var response = await _client.SendAsync(request, cancellationToken);
        if (response.IsSuccessStatusCode) return await response.Content.ReadAsByteArrayAsync(cancellationToken);
        Log.ControlPlaneRefuses(_log, (int)response.StatusCode);
        return null;
    }

    private static ByteArrayContent Json<T>(T body, JsonTypeInfo<T> type)
    {
        var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body, type));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return content;
    }

    public void Dispose() => _client.Dispose();
}
