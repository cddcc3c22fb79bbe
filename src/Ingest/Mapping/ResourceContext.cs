using FinOps.Domain.Usage;

namespace FinOps.Ingest.Mapping;

/// <summary>What holds for every span under one resource and scope.</summary>
internal struct ResourceContext
{
    /// <summary>Tags of the resource over those of the key.</summary>
    public TagSet Tags;

    /// <summary><c>service.name</c> of the resource.</summary>
    public string Service;
    public string Environment;
    public string Host;

    public string Scope;
    public Instrumentation Instrumentation;
}
