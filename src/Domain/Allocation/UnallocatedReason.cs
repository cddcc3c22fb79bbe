namespace FinOps.Domain.Allocation;

/// <summary>Why money of a device has no owner, or not the whole of one. Numbers are stored; never change them.</summary>
public enum UnallocatedReason
{
    None = 0,

    /// <summary>Nothing tells how much the device worked.</summary>
    NoUtilisation = 1,

    /// <summary>A slice without its profile or without its own activity, or slices that together are more than the device (dcgm-exporter#216, #307, #642).</summary>
    SliceNotAttributable = 2,

    /// <summary>The device worked, and no inference server of its host told of a request.</summary>
    NoRequestMetrics = 3,

    /// <summary>A model was served, and no call of it arrived: the model is known, its feature, team and customer are not.</summary>
    NoCalls = 4,
}
