using System.Collections.Concurrent;

namespace FinOps.Gateway.Leases;

/// <summary>How long the answers of each model were under one policy, each by itself where a question has several: a maximum that decays. Callers ask for far more than they need (SDKs and agents send 4,096 to 64,000), and what is held back for it would stop others for nothing.</summary>
internal sealed class OutputHistory
{
    /// <summary>Answers of a model before its figure is believed. Default 20.</summary>
    public const int MinAnswers = 20;

    /// <summary>Models that are told apart, whose names come from callers. Default 256; further ones go by their limit alone.</summary>
    public const int MaxModels = 256;

    /// <summary>How much of the distance to a shorter answer the figure falls by it. Default a hundredth.</summary>
    private const double Decay = 0.01;

    private readonly ConcurrentDictionary<string, Figure> _models = new(StringComparer.Ordinal);

    public void Learn(string model, long tokens)
    {
        if (!_models.TryGetValue(model, out var figure))
        {
            if (_models.Count >= MaxModels) return;
            figure = _models.GetOrAdd(model, static _ => new Figure());
        }

        figure.Add(tokens);
    }

    /// <summary>Null: too little is known.</summary>
    public long? Expected(string model) => _models.TryGetValue(model, out var figure) ? figure.Expected : null;

    private sealed class Figure
    {
        private readonly Lock _gate = new();
        private double _most;
        private int _answers;

        public long? Expected
        {
            get
            {
                lock (_gate) return _answers < MinAnswers ? null : (long)Math.Ceiling(_most);
            }
        }

        public void Add(long tokens)
        {
            lock (_gate)
            {
                if (_answers < MinAnswers) _answers++;
                _most = tokens >= _most ? tokens : _most - ((_most - tokens) * Decay);
            }
        }
    }
}
