namespace FinOps.Domain.Commitments;

/// <summary>What was promised to a seller. The numbers are stored.</summary>
public enum CommitmentKind
{
    /// <summary>An amount of spend for each period: calls draw it down at their own prices, and what they leave is paid anyway.</summary>
    Spend = 0,

    /// <summary>A fixed price for each hour of provisioned throughput, whether calls come or not: Azure PTU, Bedrock provisioned throughput, Vertex GSU.</summary>
    Provisioned = 1,
}

/// <summary>The length of what is promised at once, counted from the day on which the commitment begins.</summary>
public enum CommitmentPeriod
{
    Month = 0,
    Quarter = 1,
    Year = 2,
}
