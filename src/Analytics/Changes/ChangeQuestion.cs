using FinOps.Analytics.Spend;
using FinOps.Domain.Changes;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Changes;

/// <summary>Why the cost of one period differs from that of another.</summary>
/// <param name="Scope">Whose calls.</param>
/// <param name="Before">The period that is compared with.</param>
/// <param name="After">The period that is explained.</param>
public sealed record ChangeQuestion(ReadScope Scope, TimeRange Before, TimeRange After)
{
    public SpendFilter Filter { get; init; } = SpendFilter.None;

    /// <summary>The reader may see what GPUs cost, which is told for a whole organisation alone: with a filter, or limited to teams, it is left out.</summary>
    public bool WithGpus { get; init; }

    /// <summary>Whether GPUs are part of the answer.</summary>
    public bool TellsGpus => WithGpus && Scope.IsWhole && Filter.Conditions.Count == 0;
}

/// <param name="Calls">The difference in what calls cost, with its causes by feature and model. Empty where <see cref="IsTooWide"/>.</param>
/// <param name="Gpus">What GPUs cost in both periods; null where that is not told (<see cref="ChangeQuestion.TellsGpus"/>).</param>
/// <param name="IsSampled">Calls were sampled: all figures are of those that were seen.</param>
/// <param name="IsTooWide">There are more than <see cref="ChangeReader.MaxRows"/> rows in a period: ask for a shorter one, or with a filter.</param>
public sealed record ChangeAnswer(CostDifference Calls, GpuDifference? Gpus, bool IsSampled, bool IsTooWide)
{
    public decimal Before => Calls.Before + (Gpus?.UseBefore + Gpus?.IdleBefore ?? 0m);

    public decimal After => Calls.After + (Gpus?.UseAfter + Gpus?.IdleAfter ?? 0m);

    public decimal Change => After - Before;

    /// <summary>The causes together are <see cref="Change"/>, to the last digit.</summary>
    public decimal this[ChangeCause cause] => cause switch
    {
        ChangeCause.GpuUse => Gpus is null ? 0m : Gpus.UseAfter - Gpus.UseBefore,
        ChangeCause.GpuIdle => Gpus is null ? 0m : Gpus.IdleAfter - Gpus.IdleBefore,
        _ => Calls[cause],
    };
}

/// <summary>USD for GPU time that was used or that nothing tells of, and for idle time.</summary>
public sealed record GpuDifference(decimal UseBefore, decimal UseAfter, decimal IdleBefore, decimal IdleAfter);
