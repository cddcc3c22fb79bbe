using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using FinOps.Gateway;
using FinOps.Gateway.Configuration;

const int Usage = 64, BadConfiguration = 78;
const string Help = """
    The edge gateway of FinOps for AI.

      FinOps.Gateway --config FILE         forward calls as the file says (docs/gateway.md)
      FinOps.Gateway check --config FILE   name everything that is wrong with the file
      FinOps.Gateway key                   make a key for callers, and the hash for the file
    """;

var started = Stopwatch.GetTimestamp();
switch (args)
{
    case ["key"]:
        var key = "fgw_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
        Console.WriteLine($"key     {key}\nsha256  {Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))}");
        Console.WriteLine("Give the key to its callers and write the hash into the file. The key is shown this once.");
        return 0;
    case ["check", "--config", var file]:
        if (Read(file) is null) return BadConfiguration;
        Console.WriteLine("The file is good.");
        return 0;
    case ["--config", var file]:
        if (Read(file) is not { } settings) return BadConfiguration;
        EventLoop.Use();
        await using (var host = new GatewayHost(settings, TimeProvider.System))
        {
            var wrong = host.LoadPolicies();
            foreach (var error in wrong) Console.Error.WriteLine(error);
            if (wrong.Count > 0) return BadConfiguration;
            await host.StartAsync(started, CancellationToken.None);
            await host.WaitForEndAsync(CancellationToken.None);
        }

        return 0;
    case ["--help" or "-h" or "help"]:
        Console.WriteLine(Help);
        return 0;
    default:
        Console.Error.WriteLine(Help);
        return Usage;
}

static GatewaySettings? Read(string file)
{
    byte[] utf8;
    try
    {
        utf8 = File.ReadAllBytes(file);
    }
    catch (Exception e) when (e is IOException or UnauthorizedAccessException)
    {
        Console.Error.WriteLine($"{file} cannot be read: {e.Message}");
        return null;
    }

    var (settings, errors) = ConfigurationReader.Read(utf8, Path.GetDirectoryName(Path.GetFullPath(file))!);
    foreach (var error in errors) Console.Error.WriteLine($"{file}: {error}");
    return settings;
}
