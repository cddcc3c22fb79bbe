using FinOps.Gateway.Tests;

[assembly: AssemblyFixture(typeof(TestFolders))]

namespace FinOps.Gateway.Tests;

/// <summary>Folders of gateways under test, all of which go when the tests are done.</summary>
public sealed class TestFolders : IDisposable
{
    private static readonly string Root = Directory.CreateTempSubdirectory("finops-gateway-tests-").FullName;

    public static string New() => Directory.CreateDirectory(Path.Combine(Root, Guid.NewGuid().ToString("N"))).FullName;

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
