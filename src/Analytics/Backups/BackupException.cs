namespace FinOps.Analytics.Backups;

/// <summary>A backup cannot be made or restored; the message is written for the person who typed the command.</summary>
public sealed class BackupException(string message, Exception? cause = null) : Exception(message, cause);
