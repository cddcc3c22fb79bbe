using System.Globalization;
using System.Net;
using FinOps.Web.Roles;

namespace FinOps.Web.Bootstrap;

/// <summary>What the person at the keyboard needs once the server is up: the address, the sign-in, where to send telemetry.</summary>
internal sealed class StartBanner(StartOptions start, StartProgress progress)
{
    private readonly List<(string Label, string Value)> _lines = [];

    public string HttpAddress => Address(start.HttpPort);

    public void AddSignIn(string tenant, string email, string password) =>
        _lines.AddRange([("Tenant", tenant), ("Sign in as", email), ("Password", password)]);

    public void AddKeys(SignIn signIn, string file) => _lines.AddRange(
        [("Ingest key", signIn.IngestKey), ("API key", signIn.ApiKey), ("Kept in", $"{file} (shown only this once)")]);

    public void AddKeysFile(string file) => _lines.Add(("Keys", $"in {file}"));

    public void Print()
    {
        List<(string Label, string Value)> lines = [];
        if (start.Role.ServesPages()) lines.Add(("Open", HttpAddress));
        else lines.Add(("Health", HttpAddress + "/readyz"));
        lines.AddRange(_lines);
        if (start.Role.TakesTelemetry()) lines.Add(("OTLP", $"{Address(start.OtlpHttpPort)} (HTTP), {Address(start.OtlpGrpcPort)} (gRPC)"));

        var seconds = progress.ElapsedSeconds.ToString("0.0", CultureInfo.InvariantCulture);
        progress.Write($"\nFinOps for AI is up after {seconds} s.\n");
        foreach (var (label, value) in lines) progress.Write($"  {label,-11} {value}");
        progress.Write("\nCtrl-C stops it.\n");
    }

    private string Address(int port)
    {
        var host = start.Bind.Equals(IPAddress.Any) || start.Bind.Equals(IPAddress.IPv6Any) ? "localhost" : start.Bind.ToString();
        return $"{(start.Tls is null ? "http" : "https")}://{(host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host)}:{port.ToString(CultureInfo.InvariantCulture)}";
    }
}
