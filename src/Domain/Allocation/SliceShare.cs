using System.Globalization;

namespace FinOps.Domain.Allocation;

/// <summary>What a MIG slice has of its device. Profiles read <c>3g.40gb</c>: three of seven compute slices, 40 GB of memory (NVIDIA MIG user guide).</summary>
public readonly record struct SliceShare(decimal Compute, decimal Memory)
{
    private const int ComputeSlices = 7;

    public decimal Greater => Math.Max(Compute, Memory);

    /// <summary>Null where the profile tells no share. The memory's share is 0 where the accelerator's name does not tell how much it has.</summary>
    public static SliceShare? Parse(string profile, string accelerator)
    {
        var parts = profile.Split('.');
        if (parts.Length < 2 || Number(parts[0], "g") is not { } compute || Number(parts[1].Split('+')[0], "gb") is not { } memory || compute > ComputeSlices) return null;
        var whole = AcceleratorName.Gigabytes(accelerator);
        return new SliceShare((decimal)compute / ComputeSlices, whole == 0 ? 0 : Math.Min(1, (decimal)memory / whole));
    }

    private static int? Number(string text, string unit) =>
        text.EndsWith(unit, StringComparison.OrdinalIgnoreCase) && int.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
            ? number
            : null;
}
