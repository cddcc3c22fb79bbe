namespace FinOps.Ingest.Mapping;

/// <summary>
/// What a told provider and a server's address say together, for the latest few pairs: an SDK calls the same hosts again and again. Names are the same
/// object when they are the same text (<see cref="Utf8StringCache"/>); where they are not, the pair is only worked out once more. One owner at a time.
/// </summary>
internal sealed class RecentHosts
{
    private const int Places = 4;

    private readonly Host[] _hosts = new Host[Places];
    private int _next;

    public RecentHosts() => Array.Fill(_hosts, new Host("", "", Providers.Refine(Providers.Normalise(""), ""), Providers.Region("")));

    public ref readonly Host Find(string told, string address)
    {
        for (var place = 0; place < Places; place++)
        {
            ref readonly var host = ref _hosts[place];
            if (ReferenceEquals(host.Told, told) && ReferenceEquals(host.Address, address)) return ref host;
        }

        _next = (_next + 1) % Places;
        _hosts[_next] = new Host(told, address, Providers.Refine(Providers.Normalise(told), address), Providers.Region(address));
        return ref _hosts[_next];
    }

    internal readonly record struct Host(string Told, string Address, string Provider, string Region);
}
