using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace FinOps.Analytics.Channels;

public static class ChannelServiceRegistration
{
    /// <summary>Registers channels, routes and the messages to them; who sends them is the server's. Needs <c>AddPostgres</c>, <c>AddRetention</c>, <c>AddSpend</c> and Data Protection.</summary>
    public static IServiceCollection AddChannels(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<ChannelOptions>()
            .Bind(configuration.GetSection(ChannelOptions.Section))
            .Validate(options => options.IsValid, ChannelOptions.Problem)
            .ValidateOnStart();
        services.AddSingleton<ChannelCipher>();
        services.AddSingleton<ChannelBook>();
        services.AddSingleton<MessageOutbox>();
        services.AddSingleton<BudgetCourseReader>();
        services.AddTransient<RemoveOldMessages>();
        return services;
    }
}
