using System.Buffers.Text;
using System.Text;

namespace FinOps.Domain.Policies;

/// <summary>One policy that touched a call, as the gateway tells it on the call's span: <c>ID@VERSION:ARM:EFFECT</c>.</summary>
/// <param name="Id">The policy's id.</param>
/// <param name="Version">The version that was in force.</param>
/// <param name="Arm"><c>treatment</c>, <c>control</c>, <c>outside</c> or <c>dry_run</c>.</param>
/// <param name="Effect">What it did, or in a dry run would have done: <c>limited</c>, <c>unchanged</c>, <c>hit</c>, <c>miss</c>, <c>bypassed</c>, <c>routed</c>, <c>kept_warm</c>, <c>answered</c>,
/// <c>fell_back</c>, <c>refused</c>, <c>shared</c>, <c>partial</c>, <c>away</c>, <c>throttled</c>, <c>unknown</c>, <c>none</c>; a later gateway may have other words.</param>
public sealed record PolicyTouch(string Id, int Version, string Arm, string Effect)
{
    /// <summary>Entries of one call that are kept. Default 32. More are dropped and counted as policies_dropped.</summary>
    public const int MaxOfCall = 32;

    /// <summary>Bytes of one entry. Default 128. A longer one is dropped and counted as policies_dropped.</summary>
    public const int MaxLength = 128;

    public const char Separator = ',';

    /// <summary>The arm of a policy that is only tried out.</summary>
    public const string DryRunArm = "dry_run";

    public bool IsDryRun => Arm == DryRunArm;

    /// <summary>Whether the bytes are one entry. What is, holds no <see cref="Separator"/>.</summary>
    public static bool IsEntry(ReadOnlySpan<byte> entry) => TrySplit(entry, out _, out _, out _, out _);

    /// <summary>The entries of a stored call, in order of precedence.</summary>
    /// <param name="joined">Entries joined by <see cref="Separator"/>; empty = none. What is no entry is passed over.</param>
    public static IReadOnlyList<PolicyTouch> ReadAll(string joined)
    {
        if (joined.Length == 0) return [];
        var touches = new List<PolicyTouch>();
        foreach (var text in joined.Split(Separator))
        {
            var entry = Encoding.UTF8.GetBytes(text);
            if (TrySplit(entry, out var id, out var version, out var arm, out var effect))
                touches.Add(new PolicyTouch(Encoding.ASCII.GetString(id), version, Encoding.ASCII.GetString(arm), Encoding.ASCII.GetString(effect)));
        }

        return touches;
    }

    private static bool TrySplit(ReadOnlySpan<byte> entry, out ReadOnlySpan<byte> id, out int version, out ReadOnlySpan<byte> arm, out ReadOnlySpan<byte> effect)
    {
        id = arm = effect = default;
        version = 0;
        if (entry.Length > MaxLength) return false;
        var at = entry.IndexOf((byte)'@');
        if (at is < 1 or > Policy.MaxIdLength) return false;
        id = entry[..at];
        var rest = entry[(at + 1)..];
        var colon = rest.IndexOf((byte)':');
        if (colon < 1 || rest[0] is (byte)'0' or (byte)'-' or (byte)'+' || !Utf8Parser.TryParse(rest[..colon], out version, out var used) || used != colon) return false;
        rest = rest[(colon + 1)..];
        colon = rest.IndexOf((byte)':');
        if (colon < 1) return false;
        arm = rest[..colon];
        effect = rest[(colon + 1)..];
        return IsId(id) && IsArm(arm) && IsWord(effect);
    }

    private static bool IsId(ReadOnlySpan<byte> id)
    {
        foreach (var letter in id)
            if (!char.IsAsciiLetterOrDigit((char)letter) && letter is not ((byte)'-' or (byte)'_' or (byte)'.')) return false;
        return true;
    }

    private static bool IsArm(ReadOnlySpan<byte> arm) =>
        arm.SequenceEqual("treatment"u8) || arm.SequenceEqual("control"u8) || arm.SequenceEqual("outside"u8) || arm.SequenceEqual("dry_run"u8);

    private static bool IsWord(ReadOnlySpan<byte> word) => word.Length != 0 && !word.ContainsAnyExcept("abcdefghijklmnopqrstuvwxyz_"u8);
}
