using System.Security.Cryptography;
using FinOps.Analytics.Tenancy;
using Microsoft.AspNetCore.Identity;

namespace FinOps.Web.Authentication;

/// <param name="UserId">Whose account it is.</param>
/// <param name="Existed">The person had an account already, and keeps their password.</param>
/// <param name="FirstPassword">To be told once; null where the account existed.</param>
public sealed record NewAccount(Guid UserId, bool Existed, string? FirstPassword);

/// <summary>Makes accounts for people whom someone else brings in.</summary>
public sealed class NewAccounts(IServiceScopeFactory scopes, TimeProvider clock)
{
    private const int FirstPasswordBytes = 15;

    /// <summary>The account with this e-mail address, made with a random first password where there is none.</summary>
    /// <exception cref="TenancyException">The address is none, or the rules of accounts refuse it.</exception>
    public async Task<NewAccount> FindOrMakeAsync(string email)
    {
        // One context per operation: the user manager of a circuit would keep one for its whole life.
        await using var scope = scopes.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<AppUser>>();
        if (await users.FindByEmailAsync(email) is { } present) return new NewAccount(present.Id, Existed: true, null);
        var password = Convert.ToBase64String(RandomNumberGenerator.GetBytes(FirstPasswordBytes)) + "a1";
        var user = new AppUser { Id = Guid.CreateVersion7(clock.GetUtcNow()), UserName = email, Email = email, EmailConfirmed = true, CreatedAt = clock.GetUtcNow() };
        var result = await users.CreateAsync(user, password);
        return result.Succeeded
            ? new NewAccount(user.Id, Existed: false, password)
            : throw new TenancyException(string.Join(" ", result.Errors.Select(error => error.Description)));
    }

    /// <summary>Takes back an account that was just made and could not join.</summary>
    public async Task TakeBackAsync(NewAccount account)
    {
        if (account.Existed) return;
        await using var scope = scopes.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<AppUser>>();
        if (await users.FindByIdAsync(account.UserId.ToString()) is { } user) await users.DeleteAsync(user);
    }
}
