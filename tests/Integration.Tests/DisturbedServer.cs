using FinOps.Testing;

namespace FinOps.Integration.Tests;

/// <summary>
/// One server for the tests that shut its way to a store, or stop it, and leave it ready again: they run one after the other, and none pays for a start of its own. Each makes tenants of its own.
/// </summary>
public sealed class DisturbedServer(Installation installation) : IAsyncLifetime
{
    private ServerUnderTest? _server;

    public ServerUnderTest Server => _server ?? throw new InvalidOperationException("The server is not started: use it as a collection fixture.");

    public async ValueTask InitializeAsync()
    {
        _server = await installation.NewServerAsync();
        await _server.Process.StartReadyAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
    }
}

[CollectionDefinition(Name)]
public sealed class DisturbedCollection : ICollectionFixture<DisturbedServer>
{
    public const string Name = "Tests that disturb one server";
}
