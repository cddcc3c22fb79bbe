using System.Collections.Frozen;
using FinOps.Domain.Usage;

namespace FinOps.Domain.Policies;

/// <summary>A match as it is asked for each request: nothing is allocated.</summary>
internal sealed class CompiledMatch
{
    private readonly (Tag Tag, ValueSet Values)[] _tags;
    private readonly ValueSet? _keys;
    private readonly ValueSet? _providers;
    private readonly NamePattern[] _models;
    private readonly uint _operations;
    private readonly uint _tasks;
    private readonly bool? _hasSession;
    private readonly bool? _streaming;
    private readonly long _least;
    private readonly long _most;
    private readonly WireProtocol? _protocol;

    /// <param name="match">As it was written.</param>
    /// <param name="protocol">The one that requests must be of, for the policy's targets speak it. Null: any.</param>
    public CompiledMatch(PolicyMatch match, WireProtocol? protocol)
    {
        _tags = [.. Of(Tag.Feature, match.Features), .. Of(Tag.User, match.Users), .. Of(Tag.Team, match.Teams), .. Of(Tag.Customer, match.Customers),
            .. Of(Tag.Environment, match.Environments), .. Of(Tag.Service, match.Services)];
        _keys = match.Keys.Count == 0 ? null : new ValueSet(match.Keys, StringComparer.Ordinal);
        _providers = match.Providers.Count == 0 ? null : new ValueSet(match.Providers, StringComparer.OrdinalIgnoreCase);
        _models = [.. match.Models.Select(model => new NamePattern(model))];
        _operations = match.Operations.Aggregate(0u, (bits, operation) => bits | 1u << (int)operation);
        _tasks = match.Tasks.Aggregate(0u, (bits, task) => bits | 1u << (int)task);
        (_hasSession, _streaming) = (match.HasSession, match.Streaming);
        (_least, _most) = (match.MinPromptBytes ?? 0, match.MaxPromptBytes ?? long.MaxValue);
        _protocol = protocol;
    }

    public bool Holds(in RequestFacts facts)
    {
        if (_operations != 0 && (_operations & 1u << (int)facts.Operation) == 0) return false;
        if (_protocol is { } protocol && Protocols.Of(facts.Operation) != protocol) return false;
        if (_streaming is { } streaming && streaming != facts.Streaming) return false;
        if (facts.PromptBytes < _least || facts.PromptBytes > _most) return false;
        if (_tasks != 0 && (facts.Task is not { } task || (_tasks & 1u << (int)task) == 0)) return false;
        if (_hasSession is { } session && session != facts.Tags[Tag.Session].Length > 0) return false;
        if (_keys is not null && !_keys.Contains(facts.KeyId)) return false;
        foreach (var (tag, values) in _tags)
        {
            if (!values.Contains(facts.Tags[tag])) return false;
        }

        return (_providers is null || _providers.Contains(facts.Provider)) && NamePattern.AnyMatches(_models, facts.Model);
    }

    private static IEnumerable<(Tag Tag, ValueSet Values)> Of(Tag tag, IReadOnlyList<string> values) =>
        values.Count == 0 ? [] : [(tag, new ValueSet(values, StringComparer.Ordinal))];

    /// <summary>A few values are compared one by one; many are looked up.</summary>
    private sealed class ValueSet
    {
        private const int Few = 4;

        private readonly string[] _values;
        private readonly FrozenSet<string>? _many;
        private readonly StringComparison _comparison;

        public ValueSet(IReadOnlyList<string> values, StringComparer comparer)
        {
            _values = [.. values];
            _many = values.Count > Few ? values.ToFrozenSet(comparer) : null;
            _comparison = ReferenceEquals(comparer, StringComparer.Ordinal) ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase;
        }

        public bool Contains(string value)
        {
            if (_many is not null) return _many.Contains(value);
            foreach (var own in _values)
            {
                if (string.Equals(own, value, _comparison)) return true;
            }

            return false;
        }
    }
}
