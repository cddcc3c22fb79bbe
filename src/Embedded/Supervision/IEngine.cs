namespace FinOps.Embedded.Supervision;

/// <summary>What the supervisor must know of an engine: there are two, PostgreSQL and ClickHouse.</summary>
internal interface IEngine
{
    string Name { get; }

    /// <summary>The files that the start and the stop go by.</summary>
    EngineFiles Files { get; }

    /// <summary>Makes the engine's folders at the first start. No process of the engine runs now.</summary>
    Task PrepareAsync(IProgress<string> progress, CancellationToken cancellationToken);

    void ChooseFreePorts();

    EngineCommand Command();

    Task<bool> AnswersAsync(CancellationToken cancellationToken);

    /// <summary>Keeps the engine's log within its bound; called once a minute.</summary>
    void TrimLogs();

    /// <summary>The end of what the engine last wrote, for the message of a start that failed.</summary>
    string LastLogLines();
}
