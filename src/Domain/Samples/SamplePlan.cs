using FinOps.Domain.Tenancy;

namespace FinOps.Domain.Samples;

/// <summary>What of a project's content is kept, and under which key.</summary>
public sealed record SamplePlan(SampleShare Share, SampleKey Key);

/// <summary>Which projects have opted in. Answers at once, from memory: it is asked for each request.</summary>
public interface ISampleSource
{
    /// <summary>Null where no content is kept: nearly everywhere.</summary>
    SamplePlan? Current(TenantId tenant, ProjectId project);
}
