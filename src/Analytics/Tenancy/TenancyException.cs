namespace FinOps.Analytics.Tenancy;

/// <summary>A request that the tenancy rules refuse; the message is for the person who asked.</summary>
public sealed class TenancyException(string message) : Exception(message);
