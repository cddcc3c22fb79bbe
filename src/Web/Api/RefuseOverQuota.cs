using System.Collections.Concurrent;
using FinOps.Analytics.Quotas;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Tenancy;
using FinOps.Web.Authentication;
using FinOps.Web.Roles;

namespace FinOps.Web.Api;

/// <summary>An endpoint whose answers come from the analytics store, and so take from the organisation's query seconds.</summary>
internal sealed class AsksAnalytics
{
    public static readonly AsksAnalytics Instance = new();
}

/// <summary>
/// Refuses a question of an organisation that is over its query seconds before its key is looked up and anything is thrown: what is refused anyway must cost
/// the neighbours nothing. It never lets anything in: what passes is authenticated as ever.
/// </summary>
internal sealed class RefuseOverQuota(QueryGate gate, AnswerFailures failures) : IMiddleware
{
    /// <summary>Keys remembered at once. Default 10,000; beyond it all are forgotten, which costs one more look-up each.</summary>
    private const int MaxRemembered = 10_000;

    // Whose keys were let in lately. A key that was revoked since hears that its organisation is over its quota instead of that it is revoked, and nothing else.
    private readonly ConcurrentDictionary<TokenHash, TenantId> _tenants = new();

    /// <summary>Called with each key that was let in.</summary>
    public void Remember(string token, TenantId tenant)
    {
        if (_tenants.Count >= MaxRemembered) _tenants.Clear();
        _tenants[TokenHash.Of(token)] = tenant;
    }

    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<AsksAnalytics>() is not null
            && ApiKeyAuthentication.ReadToken(context.Request) is { } token && _tenants.TryGetValue(TokenHash.Of(token), out var tenant)
            && gate.RefusalOf(tenant) is { } refusal)
        {
            await failures.AnswerAsync(context, refusal, context.RequestAborted);
            return;
        }

        await next(context);
    }
}
