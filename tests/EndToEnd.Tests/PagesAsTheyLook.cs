namespace FinOps.EndToEnd.Tests;

/// <summary>Tests that walk the demo's pages and change nothing that another one looks for.</summary>
[CollectionDefinition(Name)]
public sealed class PagesAsTheyLook
{
    public const string Name = "Pages as they look";
}
