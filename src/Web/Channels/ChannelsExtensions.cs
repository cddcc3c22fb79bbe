using FinOps.Web.Roles;

namespace FinOps.Web.Channels;

internal static class ChannelsExtensions
{
    /// <summary>Pages and the API make channels and test them, jobs send to them: both need the sections <c>FinOps:Channels</c> and <c>FinOps:Mail</c>.</summary>
    public static IServiceCollection AddChannelDelivery(this IServiceCollection services, ServerRole role)
    {
        services.AddSingleton<ChannelLinks>();
        services.AddSingleton<HttpDelivery>();
        services.AddSingleton<DeliverMessage>();
        services.AddSingleton<TestChannel>();
        services.AddSingleton<SlackInteractions>();
        if (role.RunsJobs()) services.AddHostedService<SendMessages>();
        return services;
    }
}
