namespace FinOps.Gateway.Forwarding;

/// <summary>A place in the request's bytes.</summary>
internal readonly record struct Place(int Start, int Length)
{
    public bool IsEmpty => Length == 0;

    public int End => Start + Length;
}

/// <summary>A field of the body.</summary>
/// <param name="Name">Without its quotes.</param>
/// <param name="IsEscaped">The name has escapes, which mean other letters.</param>
/// <param name="Value">With its quotes or brackets.</param>
internal readonly record struct BodyField(Place Name, bool IsEscaped, Place Value);

/// <summary>Why a body cannot be understood.</summary>
internal enum BodyFault : byte
{
    None,

    /// <summary>It is no JSON object.</summary>
    NotJson,

    /// <summary>It has a field twice: two readers could take different ones for true.</summary>
    Twice,
}
