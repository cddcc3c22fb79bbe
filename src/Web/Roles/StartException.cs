namespace FinOps.Web.Roles;

/// <summary>The server cannot start as asked; the message is for the person who typed the command.</summary>
public sealed class StartException(string message, Exception? cause = null) : Exception(message, cause);
