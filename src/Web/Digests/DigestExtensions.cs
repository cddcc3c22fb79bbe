using FinOps.Analytics.Digests;

namespace FinOps.Web.Digests;

internal static class DigestExtensions
{
    /// <summary>Pages write digests that somebody asks for, jobs all others: both need <c>AddMail</c> and <c>AddChannelDelivery</c>.</summary>
    public static IServiceCollection AddDigestMail(this IServiceCollection services)
    {
        services.AddSingleton<DigestLinks>();
        services.AddSingleton<IDigestLetter, DigestMail>();
        return services;
    }
}
