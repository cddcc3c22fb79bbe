namespace FinOps.Testing;

/// <summary>A way in which cost figures go wrong elsewhere, by its number in our list, and where it was seen (<c>repository#number</c>).</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class CostPitfallAttribute(int number, string source) : Attribute
{
    public int Number => number;

    public string Source => source;
}
