namespace FinOps.Embedded;

/// <summary>An engine cannot start; the message is written for the person who typed the command.</summary>
public sealed class EngineException(string message, Exception? cause = null) : Exception(message, cause);
