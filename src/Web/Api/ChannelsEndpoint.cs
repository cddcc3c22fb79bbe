using FinOps.Analytics.Channels;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Channels;
using FinOps.Web.Authentication;
using FinOps.Web.Channels;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FinOps.Web.Api;

/// <summary><c>/api/v1/channels</c>, <c>/alert-routes</c> and <c>/deliveries</c>: how alerts reach people, which go where, and what came of it.</summary>
internal static class ChannelsEndpoint
{
    /// <summary>The last page of the log and of messages: older ones are found by their channel.</summary>
    private const int MaxPage = 1_000;

    private const string Shape = "The body must be a JSON object with name and kind, and what the kind needs: address (slackWebhook, webhook), token, key and slackChannel (slackApp), recipients (email); optionally quiet; to change one, with version.";
    private const string RouteShape = "The body must be a JSON object with name and channels (ids), and optionally kinds, least and scope; to change one, with version.";

    private static readonly ApiParameter ChannelParameter = new("channel", "Only of the channel with this id. Default: of all.", "0199f2c4-0000-7000-8000-000000000000");
    private static readonly ApiParameter State = new("state", "Only messages in this state. Default: waiting.", "dead", Allowed: ["waiting", "sent", "dead"]);
    private static readonly IReadOnlyList<ApiParameter> Paging = [new("limit", $"Entries of one answer, 1 to {MessageOutbox.MaxListed}. Default: 50.", "50"), new("page", "Which part of the list, from 1 on. Default: 1.", "1")];
    private static readonly IReadOnlyList<ApiParameter> LogParameters = [ChannelParameter, .. Paging];
    private static readonly IReadOnlyList<ApiParameter> MessageParameters = [State, ChannelParameter, .. Paging];

    public static void MapChannels(this RouteGroupBuilder api)
    {
        api.MapGet("/channels", ListAsync).RequireAuthorization(AccessPolicies.ApiReadChannels)
            .WithName("listChannels").WithTags("Channels").WithSummary("Channels by name, with what came of the latest try").WithDescription("Needs the scope `channels.read`. Secrets are never shown.");
        api.MapGet("/channels/{id:guid}", GetAsync).RequireAuthorization(AccessPolicies.ApiReadChannels)
            .WithName("getChannel").WithTags("Channels").WithSummary("One channel").ProducesProblem(StatusCodes.Status404NotFound);
        Acts(api.MapPost("/channels", AddAsync)).WithName("addChannel").WithSummary("Makes a channel").WithDescription("The answer has the key of a `webhook` that was made for it: the only time that it is shown. Needs the scope `channels.manage`, as all that changes something.")
            .Accepts<ChannelRequest>("application/json").ProducesProblem(StatusCodes.Status400BadRequest);
        Acts(api.MapPut("/channels/{id:guid}", ChangeAsync)).WithName("changeChannel").WithSummary("Changes a channel")
            .WithDescription("Secrets that are left out stay. Somebody else's change since `version` is a conflict, and nothing is saved.")
            .Accepts<ChannelRequest>("application/json").ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
        Acts(api.MapDelete("/channels/{id:guid}", RemoveAsync)).WithName("removeChannel").WithSummary("Removes a channel, with what waits for it and its log").ProducesProblem(StatusCodes.Status404NotFound);
        Acts(api.MapPost("/channels/{id:guid}/test", TestAsync)).WithName("testChannel").WithSummary("Sends a test now, and answers what came of it").WithDescription("Of e-mail one to each recipient.").ProducesProblem(StatusCodes.Status404NotFound);

        api.MapGet("/alert-routes", RoutesAsync).RequireAuthorization(AccessPolicies.ApiReadChannels)
            .WithName("listAlertRoutes").WithTags("Channels").WithSummary("Which alerts go to which channels");
        Acts(api.MapPost("/alert-routes", AddRouteAsync)).WithName("addAlertRoute").WithSummary("Makes a route").Accepts<RouteRequest>("application/json").ProducesProblem(StatusCodes.Status400BadRequest);
        Acts(api.MapPut("/alert-routes/{id:guid}", ChangeRouteAsync)).WithName("changeAlertRoute").WithSummary("Changes a route").WithDescription("What is left out gets its default. Somebody else's change since `version` is a conflict.")
            .Accepts<RouteRequest>("application/json").ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
        Acts(api.MapDelete("/alert-routes/{id:guid}", RemoveRouteAsync)).WithName("removeAlertRoute").WithSummary("Removes a route").ProducesProblem(StatusCodes.Status404NotFound);

        api.MapGet("/deliveries", LogAsync).RequireAuthorization(AccessPolicies.ApiReadChannels)
            .WithName("listDeliveries").WithTags("Channels").WithSummary("The log: each try to tell something, the latest first").ProducesProblem(StatusCodes.Status400BadRequest).AddOpenApiOperationTransformer(ApiDocument.Describe(LogParameters));
        api.MapGet("/deliveries/messages", MessagesAsync).RequireAuthorization(AccessPolicies.ApiReadChannels)
            .WithName("listMessages").WithTags("Channels").WithSummary("Messages that wait, were sent, or were given up").ProducesProblem(StatusCodes.Status400BadRequest).AddOpenApiOperationTransformer(ApiDocument.Describe(MessageParameters));
        Acts(api.MapPost("/deliveries/messages/{id:guid}/resend", ResendAsync)).WithName("resendMessage").WithSummary("Sends a message again that was given up").ProducesProblem(StatusCodes.Status404NotFound);
        Acts(api.MapDelete("/deliveries/messages/{id:guid}", ForgetAsync)).WithName("forgetMessage").WithSummary("Forgets a message that was given up").ProducesProblem(StatusCodes.Status404NotFound);

        static RouteHandlerBuilder Acts(RouteHandlerBuilder route) => route.RequireAuthorization(AccessPolicies.ApiManageChannels).WithTags("Channels").ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static async Task<Ok<ChannelsResponse>> ListAsync(HttpContext http, ChannelBook book) =>
        TypedResults.Ok(new ChannelsResponse([.. (await book.ListAsync(http.User.RequiredTenant(), http.RequestAborted)).Select(standing => ChannelResponse.Of(standing))]));

    private static async Task<Results<Ok<ChannelResponse>, ProblemHttpResult>> GetAsync(Guid id, HttpContext http, ChannelBook book) =>
        await book.FindAsync(http.User.RequiredTenant(), id, http.RequestAborted) is { } standing ? TypedResults.Ok(ChannelResponse.Of(standing)) : None(id);

    private static async Task<Results<Created<ChannelResponse>, ProblemHttpResult>> AddAsync(HttpContext http, ChannelBook book, TimeProvider clock)
    {
        if (await ApiBody.ReadAsync<ChannelRequest>(http) is not { } request) return new ApiProblem("body", Shape).ToResult();
        var (channel, problem) = request.ToChannel(Guid.CreateVersion7(clock.GetUtcNow()));
        if (channel is null) return problem!.ToResult();
        try
        {
            var (row, secrets) = await book.AddAsync(http.User.RequiredTenant(), channel, request.ToSecrets(), ApiBody.ActorOf(http), http.RequestAborted);
            var made = channel.Kind == ChannelKind.Webhook && string.IsNullOrWhiteSpace(request.Key) ? secrets.Key : null;
            return TypedResults.Created($"/api/v1/channels/{row.Id}", ChannelResponse.Of(new ChannelStanding(row, row.ToChannel(), null, 0, 0), made));
        }
        catch (TenancyException refusal)
        {
            return ApiBody.Conflict(refusal);
        }
    }

    private static async Task<Results<Ok<ChannelResponse>, ProblemHttpResult>> ChangeAsync(Guid id, HttpContext http, ChannelBook book)
    {
        if (await ApiBody.ReadAsync<ChannelRequest>(http) is not { } request) return new ApiProblem("body", Shape).ToResult();
        var (channel, problem) = request.ToChannel(id);
        if (channel is null) return problem!.ToResult();
        if (request.Version is not { } seen) return new ApiProblem("version", "Give the version that you have seen, as GET /api/v1/channels/{id} tells it.").ToResult();
        var tenant = http.User.RequiredTenant();
        return await ActAsync<ChannelResponse>(async () => await book.ChangeAsync(tenant, channel, request.ToSecrets(), seen, ApiBody.ActorOf(http), http.RequestAborted) is null
            ? None(id)
            : TypedResults.Ok(ChannelResponse.Of((await book.FindAsync(tenant, id, http.RequestAborted))!)));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> RemoveAsync(Guid id, HttpContext http, ChannelBook book) =>
        await book.RemoveAsync(http.User.RequiredTenant(), id, ApiBody.ActorOf(http), http.RequestAborted) is null ? None(id) : TypedResults.NoContent();

    private static async Task<Results<Ok<DeliveriesResponse>, ProblemHttpResult>> TestAsync(Guid id, HttpContext http, TestChannel test) =>
        await test.RunAsync(http.User.RequiredTenant(), id, http.RequestAborted) is { } attempts ? TypedResults.Ok(new DeliveriesResponse([.. attempts.Select(DeliveryEntry.Of)], HasMore: false)) : None(id);

    private static async Task<Ok<RoutesResponse>> RoutesAsync(HttpContext http, ChannelBook book) =>
        TypedResults.Ok(new RoutesResponse([.. (await book.RoutesAsync(http.User.RequiredTenant(), http.RequestAborted)).Select(RouteResponse.Of)]));

    private static async Task<Results<Created<RouteResponse>, ProblemHttpResult>> AddRouteAsync(HttpContext http, ChannelBook book, TimeProvider clock)
    {
        if (await ApiBody.ReadAsync<RouteRequest>(http) is not { } request) return new ApiProblem("body", RouteShape).ToResult();
        var (route, problem) = request.ToRoute(Guid.CreateVersion7(clock.GetUtcNow()));
        if (route is null) return problem!.ToResult();
        try
        {
            var row = await book.AddRouteAsync(http.User.RequiredTenant(), route, ApiBody.ActorOf(http), http.RequestAborted);
            return TypedResults.Created($"/api/v1/alert-routes/{row.Id}", RouteResponse.Of(row));
        }
        catch (TenancyException refusal)
        {
            return ApiBody.Conflict(refusal);
        }
    }

    private static async Task<Results<Ok<RouteResponse>, ProblemHttpResult>> ChangeRouteAsync(Guid id, HttpContext http, ChannelBook book)
    {
        if (await ApiBody.ReadAsync<RouteRequest>(http) is not { } request) return new ApiProblem("body", RouteShape).ToResult();
        var (route, problem) = request.ToRoute(id);
        if (route is null) return problem!.ToResult();
        if (request.Version is not { } seen) return new ApiProblem("version", "Give the version that you have seen, as GET /api/v1/alert-routes tells it.").ToResult();
        return await ActAsync<RouteResponse>(async () => await book.ChangeRouteAsync(http.User.RequiredTenant(), route, seen, ApiBody.ActorOf(http), http.RequestAborted) is { } row
            ? TypedResults.Ok(RouteResponse.Of(row))
            : ApiBody.NotFound($"There is no route {id}."));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> RemoveRouteAsync(Guid id, HttpContext http, ChannelBook book) =>
        await book.RemoveRouteAsync(http.User.RequiredTenant(), id, ApiBody.ActorOf(http), http.RequestAborted) is null ? ApiBody.NotFound($"There is no route {id}.") : TypedResults.NoContent();

    private static async Task<Results<Ok<DeliveriesResponse>, ProblemHttpResult>> LogAsync(HttpContext http, MessageOutbox outbox, TimeProvider clock)
    {
        var query = new ApiQuery(http.Request.Query, clock.GetUtcNow());
        query.RequireKnown(LogParameters);
        var (channel, limit, page) = (ChannelOf(query), query.Number("limit", 50, MessageOutbox.MaxListed), query.Number("page", 1, MaxPage));
        if (query.Problem is { } problem) return problem.ToResult();
        var found = await outbox.LogAsync(http.User.RequiredTenant(), channel, (page - 1) * limit, limit, http.RequestAborted);
        return TypedResults.Ok(new DeliveriesResponse([.. found.Take(limit).Select(DeliveryEntry.Of)], found.Count > limit));
    }

    private static async Task<Results<Ok<MessagesResponse>, ProblemHttpResult>> MessagesAsync(HttpContext http, MessageOutbox outbox, TimeProvider clock)
    {
        var query = new ApiQuery(http.Request.Query, clock.GetUtcNow());
        query.RequireKnown(MessageParameters);
        var (channel, limit, page) = (ChannelOf(query), query.Number("limit", 50, MessageOutbox.MaxListed), query.Number("page", 1, MaxPage));
        var word = query.Word(State);
        if (query.Problem is { } problem) return problem.ToResult();
        if (!ApiBody.TryWord<MessageState>(word, out var state)) return ApiBody.NoWord<MessageState>("state", word).ToResult();
        var found = await outbox.ListAsync(http.User.RequiredTenant(), new MessagesQuestion(state, channel, (page - 1) * limit, limit), http.RequestAborted);
        return TypedResults.Ok(new MessagesResponse([.. found.Take(limit).Select(MessageEntry.Of)], found.Count > limit));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> ResendAsync(Guid id, HttpContext http, MessageOutbox outbox) =>
        await outbox.ResendAsync(http.User.RequiredTenant(), id, ApiBody.ActorOf(http), http.RequestAborted) ? TypedResults.NoContent() : NotDead(id);

    private static async Task<Results<NoContent, ProblemHttpResult>> ForgetAsync(Guid id, HttpContext http, MessageOutbox outbox) =>
        await outbox.ForgetAsync(http.User.RequiredTenant(), id, ApiBody.ActorOf(http), http.RequestAborted) ? TypedResults.NoContent() : NotDead(id);

    private static Guid? ChannelOf(ApiQuery query)
    {
        if (query.Single(ChannelParameter.Name) is not { Length: > 0 } text) return null;
        if (Guid.TryParse(text, out var id)) return id;
        query.Refuse(ChannelParameter.Name, $"\"{text}\" is not a channel's id.");
        return null;
    }

    private static async Task<Results<Ok<T>, ProblemHttpResult>> ActAsync<T>(Func<Task<Results<Ok<T>, ProblemHttpResult>>> act)
    {
        try
        {
            return await act();
        }
        catch (TenancyException refusal)
        {
            return ApiBody.Conflict(refusal);
        }
        catch (ChannelConflictException conflict)
        {
            return TypedResults.Problem(title: "Conflict", detail: conflict.Message, statusCode: StatusCodes.Status409Conflict);
        }
    }

    private static ProblemHttpResult None(Guid id) => ApiBody.NotFound($"There is no channel {id}.");

    private static ProblemHttpResult NotDead(Guid id) => ApiBody.NotFound($"There is no message {id} that was given up.");
}
