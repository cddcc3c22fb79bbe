using System.Text;
using FinOps.Domain.Tenancy;

namespace FinOps.Domain.Outcomes;

/// <summary>A tenant's rules as the front door looks for them: immutable, names as UTF-8.</summary>
public sealed class OutcomePlan
{
    public OutcomePlan(IEnumerable<OutcomeRule> rules)
    {
        var all = rules.ToList();
        Attributes = [.. all.Where(rule => rule.Source == OutcomeSource.SpanAttribute).Select(rule => new Entry(rule))];
        Events = [.. all.Where(rule => rule.Source == OutcomeSource.SpanEvent).Select(rule => new Entry(rule))];
        Records = [.. all.Where(rule => rule.Source == OutcomeSource.LogEvent).Select(rule => new Entry(rule))];
    }

    public Entry[] Attributes { get; }

    public Entry[] Events { get; }

    /// <summary>Those that log records tell.</summary>
    public Entry[] Records { get; }

    /// <summary>Spans are looked at.</summary>
    public bool IsOfSpans => Attributes.Length + Events.Length != 0;

    /// <summary>A rule with its names as they stand on the wire.</summary>
    public sealed class Entry(OutcomeRule rule)
    {
        public OutcomeRule Rule { get; } = rule;

        public byte[] Key { get; } = Encoding.UTF8.GetBytes(rule.Key);

        public byte[] EventAttribute { get; } = Encoding.UTF8.GetBytes(rule.EventAttribute);

        public byte[] ValueKey { get; } = Encoding.UTF8.GetBytes(rule.ValueKey);
    }
}

/// <summary>What tenants count as outcomes. Answers at once, from memory: it is asked for each request.</summary>
public interface IOutcomeSource
{
    /// <summary>Null where telemetry tells none: then no span is looked at for them.</summary>
    OutcomePlan? Current(TenantId tenant);
}
