namespace FinOps.Ingest.Mapping;

/// <summary>Several fields, to ask in one step whether any of them was told: most spans tell none of a whole group.</summary>
internal readonly struct FieldSet
{
    public FieldSet(params ReadOnlySpan<Field> fields)
    {
        foreach (var field in fields)
        {
            if ((int)field < 64) Low |= 1UL << (int)field;
            else High |= 1UL << ((int)field - 64);
        }
    }

    public ulong Low { get; }

    public ulong High { get; }
}
