namespace FinOps.Domain.Tenancy;

/// <summary>An organisation. Every row, key and query belongs to exactly one; it comes from the key or the sign-in, never from an attribute.</summary>
public readonly record struct TenantId(Guid Value)
{
    public override string ToString() => Value.ToString();
}

/// <summary>A project (an environment, an application) inside a tenant. Each key belongs to one.</summary>
public readonly record struct ProjectId(Guid Value)
{
    public override string ToString() => Value.ToString();
}
