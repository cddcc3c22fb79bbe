using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace FinOps.Embedded.Tests;

/// <summary>compose.yaml, the Dockerfile and ClickHouse's configuration say what an operator relies on.</summary>
public sealed partial class DeploymentTests
{
    private static readonly string[] Roles = ["web", "ingest", "jobs", "migrate"];

    private static string Repository { get; } = Path.GetDirectoryName(EnginesFolder.Find())!;

    private static Dictionary<object, object> Services { get; } = Map(Load("compose.yaml")["services"]);

    [Fact]
    public void Compose_EveryRole_IsAServiceOfTheOneImage()
    {
        string[] all = [.. Roles, "gateway", "postgres", "clickhouse"];
        Assert.Equal(all, Services.Keys.Cast<string>().OrderBy(name => Array.IndexOf(all, name)));
        Assert.All(Roles, role => Assert.Equal(["--role", role], List(Service(role)["command"])));
        Assert.Single(Roles.Select(role => (string)Service(role)["image"]).Distinct());
    }

    [Fact]
    public void Compose_EveryService_HasLimitsAndARestartPolicy()
    {
        Assert.All(Services.Keys.Cast<string>(), name =>
        {
            var limits = Map(Map(Map(Service(name)["deploy"])["resources"])["limits"]);
            Assert.True(limits.ContainsKey("cpus") && limits.ContainsKey("memory"), name);
            Assert.Equal(name == "migrate" ? "on-failure" : "unless-stopped", Service(name)["restart"]);
            Assert.True(Service(name).ContainsKey("logging"), $"{name}: its log would grow without end");
        });
    }

    [Fact]
    public void Compose_EveryServiceThatStays_IsAskedForItsHealth()
    {
        Assert.All(Services.Keys.Cast<string>().Except(["migrate"]), name => Assert.NotEmpty(List(Map(Service(name)["healthcheck"])["test"])));
        Assert.Contains("/healthz", File.ReadAllText(Path.Combine(Repository, "deploy/healthcheck")), StringComparison.Ordinal);
    }

    [Fact]
    public void Compose_Roles_WaitForTheMigrations()
    {
        Assert.All(Roles.Except(["migrate"]), role =>
            Assert.Equal("service_completed_successfully", Map(Map(Service(role)["depends_on"])["migrate"])["condition"]));
        Assert.Equal("service_healthy", Map(Map(Service("migrate")["depends_on"])["clickhouse"])["condition"]);
    }

    [Fact]
    public void Compose_Ports_AreThePagesAndBothOtlpTransports()
    {
        Assert.Equal(["8080"], ContainerPorts("web"));
        Assert.Equal(["4317", "4318"], ContainerPorts("ingest"));
        Assert.All(Services.Keys.Cast<string>().Except(["web", "ingest", "gateway"]), name => Assert.False(Service(name).ContainsKey("ports"), name));
        Assert.Equal("0.0.0.0", Map(Service("web")["environment"])["FINOPS_BIND"]);
    }

    [Fact]
    public void Compose_Secrets_ComeFromTheEnvironmentAndAreRequired()
    {
        var text = File.ReadAllText(Path.Combine(Repository, "compose.yaml"));
        Assert.All(text.Split('\n').Where(line => !line.TrimStart().StartsWith('#') && SecretLine().IsMatch(line)), line =>
            Assert.Matches(@"\$\{\w+:(\?|-\})", line));
    }

    /// <summary>The gateway is started by its profile alone, with the file that its image names, and its own folder outlives it.</summary>
    [Fact]
    public void Compose_Gateway_IsAProfileOfItsOwnImage_ThatObeysTheServersBesideIt()
    {
        var gateway = Service("gateway");
        Assert.Equal(["gateway"], List(gateway["profiles"]));
        Assert.Equal(["4000"], ContainerPorts("gateway"));
        Assert.Equal("deploy/gateway/Dockerfile", Map(gateway["build"])["dockerfile"]);
        var dockerfile = File.ReadAllLines(Path.Combine(Repository, "deploy/gateway/Dockerfile"));
        Assert.Contains("USER $APP_UID", dockerfile);
        Assert.Contains("FROM mcr.microsoft.com/dotnet/runtime-deps:10.0", dockerfile);
        Assert.All(dockerfile.Where(line => line.StartsWith("COPY ", StringComparison.Ordinal) && !line.Contains("--from", StringComparison.Ordinal))
            .SelectMany(line => line.Split(' ').Skip(1).Where(word => !word.StartsWith("--", StringComparison.Ordinal)).SkipLast(1)), path => Assert.True(Path.Exists(Path.Combine(Repository, path)), path));
        var mounted = List(gateway["volumes"]).Single(volume => volume.EndsWith("/gateway.json:ro", StringComparison.Ordinal)).Split(':');
        Assert.Contains(mounted[1], dockerfile[^1], StringComparison.Ordinal);

        using var file = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository, mounted[0])), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip });
        var root = file.RootElement;
        Assert.Equal("0.0.0.0:4000", root.GetProperty("listen").GetString());
        Assert.Equal("/data", root.GetProperty("data").GetString());
        Assert.Equal(("web", 8080), HostOf(root.GetProperty("control").GetProperty("url")));
        Assert.Equal(("ingest", 4318), HostOf(root.GetProperty("report").GetProperty("endpoint")));
        var environment = Map(gateway["environment"]);
        Assert.True(environment.ContainsKey(root.GetProperty("control").GetProperty("token").GetProperty("env").GetString()!));
        Assert.All(root.GetProperty("providers").EnumerateArray(), provider => Assert.True(environment.ContainsKey(provider.GetProperty("api_key").GetProperty("env").GetString()!)));

        static (string Host, int Port) HostOf(JsonElement address) => new Uri(address.GetString()!) is var uri ? (uri.Host, uri.Port) : default;
    }

    [Fact]
    public void ClickHouse_EverySystemLogTable_HasATtlOrIsOff()
    {
        var tables = XDocument.Load(Path.Combine(Repository, "deploy/clickhouse/system-logs.xml")).Root!.Elements()
            .Where(element => element.Name.LocalName.EndsWith("_log", StringComparison.Ordinal)).ToArray();
        Assert.All(
            (string[])["query_log", "metric_log", "asynchronous_metric_log", "trace_log", "text_log", "part_log", "latency_log", "processors_profile_log"],
            name => Assert.Contains(tables, table => table.Name == name));
        Assert.All(tables, table => Assert.True(
            table.Attribute("remove")?.Value == "1" || table.Element("ttl")!.Value.Contains("DELETE", StringComparison.Ordinal), table.Name.LocalName));
        Assert.Contains(List(Service("clickhouse")["volumes"]), volume => volume.Contains("system-logs.xml:/etc/clickhouse-server/config.d/", StringComparison.Ordinal));
    }

    [Fact]
    public void Dockerfile_RunsAsAnOrdinaryUser_OnTheRuntimeImage()
    {
        var lines = File.ReadAllLines(Path.Combine(Repository, "Dockerfile"));
        Assert.Equal(
            ["FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build", "FROM mcr.microsoft.com/dotnet/aspnet:10.0"],
            lines.Where(line => line.StartsWith("FROM ", StringComparison.Ordinal)));
        Assert.Contains("USER $APP_UID", lines);
        // Everything the build copies must exist, or the image cannot be made.
        var copied = lines.Where(line => line.StartsWith("COPY ", StringComparison.Ordinal) && !line.Contains("--from", StringComparison.Ordinal))
            .SelectMany(line => line.Split(' ').Skip(1).Where(word => !word.StartsWith("--", StringComparison.Ordinal)).SkipLast(1));
        Assert.All(copied, path => Assert.True(Path.Exists(Path.Combine(Repository, path)), path));
    }

    private static string[] ContainerPorts(string service) => [.. List(Service(service)["ports"]).Select(port => port.Split(':')[^1])];

    private static Dictionary<object, object> Service(string name) => Map(Services[name]);

    private static Dictionary<object, object> Load(string file) => new DeserializerBuilder().Build()
        .Deserialize<Dictionary<object, object>>(new MergingParser(new Parser(new StringReader(File.ReadAllText(Path.Combine(Repository, file))))))!;

    private static Dictionary<object, object> Map(object node) => (Dictionary<object, object>)node;

    private static List<string> List(object node) => [.. ((List<object>)node).Cast<string>()];

    [GeneratedRegex(@"(Password=|PASSWORD:|_KEY:)")]
    private static partial Regex SecretLine();
}
