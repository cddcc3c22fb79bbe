using FinOps.Domain.Policies;
using FinOps.Ingest.Health;

namespace FinOps.Ingest.Mapping;

/// <summary>Reads which policies touched a call. Only calls that come through our gateway tell any.</summary>
internal static class PolicyTouches
{
    /// <summary>The entries, joined as they are stored. What is no entry, or beyond the limits, is left out and counted; the call and its other entries stay.</summary>
    public static string Read(ReadOnlySpan<byte> body, in AttributeValue value, RequestTexts texts, IngestTally tally)
    {
        Span<byte> joined = stackalloc byte[PolicyTouch.MaxOfCall * (PolicyTouch.MaxLength + 1)];
        int length = 0, count = 0;
        var dropped = value.Kind != ValueKind.Array;
        if (!dropped)
        {
            foreach (var item in new ArrayItems(body, value.Text))
            {
                var entry = item.Kind == ValueKind.String ? item.Text.In(body) : default;
                if (count == PolicyTouch.MaxOfCall || !PolicyTouch.IsEntry(entry))
                {
                    dropped = true;
                    continue;
                }

                if (count++ > 0) joined[length++] = (byte)PolicyTouch.Separator;
                entry.CopyTo(joined[length..]);
                length += entry.Length;
            }
        }

        if (dropped) tally.Count(IngestReason.PoliciesDropped);
        return texts.Whole(joined[..length]);
    }
}
