using System.Runtime.CompilerServices;
using FinOps.Domain.Quotas;
using FinOps.Domain.Usage;
using FinOps.Ingest.Health;
using FinOps.Ingest.Pipeline;

namespace FinOps.Ingest.Quotas;

/// <summary>
/// The end of step 3: a value of a tag beyond its quota becomes <see cref="OtherTag.Value"/>, before anything is settled or stored; a known value stands as it is. So what
/// is stored is all that settling ever sees, and its result stays a pure function of that (docs/quotas.md).
/// </summary>
internal sealed class TenantTags(TimeProvider clock)
{
    private static readonly (Tag Tag, Quota Quota, IngestReason Reason)[] Limited =
    [
        (Tag.Feature, Quota.DistinctFeatures, IngestReason.FeatureOverLimit),
        (Tag.User, Quota.DistinctUsers, IngestReason.UserOverLimit),
        (Tag.Team, Quota.DistinctTeams, IngestReason.TeamOverLimit),
        (Tag.Customer, Quota.DistinctCustomers, IngestReason.CustomerOverLimit),
        (Tag.Environment, Quota.DistinctEnvironments, IngestReason.EnvironmentOverLimit),
        (Tag.Service, Quota.DistinctServices, IngestReason.ServiceOverLimit),
        (Tag.Endpoint, Quota.DistinctEndpoints, IngestReason.EndpointOverLimit),
    ];

    private readonly TagValues[] _values = [.. Enum.GetValues<Tag>().Select(_ => new TagValues(clock))];

    /// <summary>When the values of the store were read last, by the clock's timestamp; null before the first time.</summary>
    public long? ReadAt { get; set; }

    public TagValues this[Tag tag] => _values[(int)tag];

    /// <summary>Folds the tags of everything in the batch, and counts each row that lost a value, by tag.</summary>
    public void Fold(RowBatch batch, TenantLimits limits, IngestTally tally)
    {
        var last = default(LastValues);
        foreach (var call in batch.Calls) Fold(ref call.Tags, ref last, limits, tally);
        foreach (var link in batch.Links)
        {
            Fold(ref link.Tags, ref last, limits, tally);
            // Calls below a server's span take its name as their endpoint where it tells no route.
            if (link.Kind == SpanKind.Server && link.Tags[Tag.Endpoint].Length == 0 && link.Name.Length > 0 && !Stands(Tag.Endpoint, link.Name, ref last, limits[Quota.DistinctEndpoints]))
                Replace(ref link.Tags, Tag.Endpoint, link.Name, TagLevel.Span, IngestReason.EndpointOverLimit, tally);
        }

        foreach (var operation in batch.VectorOperations) Fold(ref operation.Tags, ref last, limits, tally);
        foreach (var outcome in batch.Outcomes) Fold(ref outcome.Tags, ref last, limits, tally);
    }

    private void Fold(ref TagSet tags, ref LastValues last, TenantLimits limits, IngestTally tally)
    {
        foreach (ref readonly var limited in Limited.AsSpan())
        {
            var value = tags[limited.Tag];
            if (value.Length == 0 || Stands(limited.Tag, value, ref last, limits[limited.Quota])) continue;
            var level = tags.Level(limited.Tag);
            // What a key binds was decided by a person, and there are only so many keys.
            if (level != TagLevel.Bound) Replace(ref tags, limited.Tag, value, level, limited.Reason, tally);
        }
    }

    /// <summary>Most spans of a request tell what the span before told, with the same string: that costs a comparison of references.</summary>
    private bool Stands(Tag tag, string value, ref LastValues last, long limit)
    {
        if (ReferenceEquals(last[(int)tag], value)) return true;
        if (value == OtherTag.Value || (limit != QuotaTable.Unlimited && !_values[(int)tag].Admits(value, limit))) return false;
        last[(int)tag] = value;
        return true;
    }

    private static void Replace(ref TagSet tags, Tag tag, string value, TagLevel level, IngestReason reason, IngestTally tally)
    {
        if (value == OtherTag.Value)
        {
            tags.Set(tag, OtherTag.ToldValue, level);
            return;
        }

        tags.Set(tag, OtherTag.Value, level);
        tally.Count(reason);
    }

    [InlineArray(TagSet.Count)]
    private struct LastValues
    {
        private string? _first;
    }
}
