using System.Diagnostics.Metrics;
using System.Net;
using System.Threading.RateLimiting;
using Microsoft.Extensions.Options;

namespace FinOps.Web.Authentication;

/// <summary>Limits of the sign-in page, section <c>FinOps:SignIn</c>. Each account has a limit of its own beside them: ten wrong passwords lock it for five minutes.</summary>
public sealed class SignInLimitOptions
{
    public const string Section = "FinOps:SignIn";

    /// <summary>Wrong passwords and unknown accounts from one network address in any <see cref="WindowSeconds"/>. Default 20. Who signs in uses up nothing.</summary>
    public int FailuresPerAddress { get; set; } = 20;

    /// <summary>Seconds that a failure counts. Default 60.</summary>
    public int WindowSeconds { get; set; } = 60;
}

/// <summary>One address cannot try passwords of many accounts quickly. An IPv6 sender owns a whole network of addresses, so that the network counts.</summary>
public sealed class SignInLimit : IDisposable
{
    private const int Segments = 6;
    private const int NetworkBytes = 8;

    private static readonly Meter Meter = new("FinOps.Web.SignIn");
    private static readonly Counter<long> Refused = Meter.CreateCounter<long>("finops.sign_in.attempts_refused", description: "Sign-in attempts over the limit of their address");

    private readonly PartitionedRateLimiter<string> _limiter;

    public SignInLimit(IOptions<SignInLimitOptions> options)
    {
        var limits = options.Value;
        Window = TimeSpan.FromSeconds(limits.WindowSeconds);
        _limiter = PartitionedRateLimiter.Create<string, string>(sender => RateLimitPartition.GetSlidingWindowLimiter(sender, _ => new SlidingWindowRateLimiterOptions
        {
            PermitLimit = limits.FailuresPerAddress,
            Window = Window,
            SegmentsPerWindow = Segments,
            QueueLimit = 0,
        }));
    }

    public TimeSpan Window { get; }

    /// <summary>False, and counted, when the address has to wait.</summary>
    public bool TryEnter(IPAddress? address)
    {
        using var place = _limiter.AttemptAcquire(Sender(address), permitCount: 0);
        if (!place.IsAcquired) Refused.Add(1);
        return place.IsAcquired;
    }

    public void Failed(IPAddress? address) => _limiter.AttemptAcquire(Sender(address)).Dispose();

    public void Dispose() => _limiter.Dispose();

    internal static string Sender(IPAddress? address)
    {
        if (address is null) return "";
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        var bytes = address.GetAddressBytes();
        return Convert.ToHexString(bytes.Length > NetworkBytes ? bytes.AsSpan(0, NetworkBytes) : bytes);
    }
}
