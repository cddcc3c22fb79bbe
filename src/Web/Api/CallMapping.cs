using FinOps.Analytics.Calls;
using FinOps.Domain.Currencies;
using FinOps.Domain.Usage;

namespace FinOps.Web.Api;

/// <summary>From what the stores tell of a call to what the API says of it.</summary>
internal static class CallMapping
{
    public static CallSummary ToSummary(this CallRow call) => new()
    {
        Id = call.Id.ToString(),
        Start = call.Start,
        DurationMilliseconds = call.Duration.TotalMilliseconds,
        TimeToFirstTokenMilliseconds = call.TimeToFirstToken?.TotalMilliseconds,
        Status = CallsEndpoint.Word(call.Status),
        ErrorType = call.ErrorType,
        Operation = call.Operation,
        Provider = call.Provider,
        Model = call.Model,
        RequestedModel = call.RequestedModel,
        ResponseId = call.ResponseId,
        Project = call.Project.ToString(),
        Feature = call.Feature,
        User = call.User,
        Team = call.Team,
        Customer = call.Customer,
        Environment = call.Environment,
        Service = call.Service,
        Endpoint = call.Endpoint,
        Session = call.Session,
        Cost = call.Cost is { } cost ? Plain(cost) : null,
        Currency = ExchangeRates.Usd,
        InputTokens = call.InputTokens,
        CacheReadTokens = call.CacheReadTokens,
        CacheWriteTokens = call.CacheWriteTokens,
        OutputTokens = call.OutputTokens,
        ReasoningTokens = call.ReasoningTokens,
        Flags = Words(call.Flags),
    };

    public static CallResponse ToResponse(this CallDetail detail)
    {
        var call = detail.Call.ToSummary();
        return new CallResponse
        {
            Id = call.Id,
            Start = call.Start,
            DurationMilliseconds = call.DurationMilliseconds,
            TimeToFirstTokenMilliseconds = call.TimeToFirstTokenMilliseconds,
            Status = call.Status,
            ErrorType = call.ErrorType,
            Operation = call.Operation,
            Provider = call.Provider,
            Model = call.Model,
            RequestedModel = call.RequestedModel,
            ResponseId = call.ResponseId,
            Project = call.Project,
            Feature = call.Feature,
            User = call.User,
            Team = call.Team,
            Customer = call.Customer,
            Environment = call.Environment,
            Service = call.Service,
            Endpoint = call.Endpoint,
            Session = call.Session,
            Cost = call.Cost,
            Currency = call.Currency,
            InputTokens = call.InputTokens,
            CacheReadTokens = call.CacheReadTokens,
            CacheWriteTokens = call.CacheWriteTokens,
            OutputTokens = call.OutputTokens,
            ReasoningTokens = call.ReasoningTokens,
            Flags = call.Flags,
            LineItems = [.. detail.LineItems.Select(line => new CallLine(
                CallsEndpoint.Word(line.Meter), Plain(line.Quantity), line.Unit, Plain(line.UnitSize), Plain(line.UnitPrice), Plain(line.Multiplier), Plain(line.Cost),
                CallsEndpoint.Word(line.Label), line.Source,
                line.Agreed is { } agreed ? new CallLinePrice(agreed.Currency, Plain(agreed.Amount), Plain(agreed.Rate), agreed.RateDay) : null))],
            Explained = detail.IsExplained,
            Cache = CallsEndpoint.Word(detail.Cache),
            Avoided = detail.AvoidedCost is { } avoided ? Plain(avoided) : null,
            TokensAvoided = detail.Report.TokensAvoided,
            GatewayKey = detail.Report.GatewayKey,
            Policies = [.. detail.Policies.Select(policy => new CallPolicy(policy.Id, policy.Version, policy.Arm, policy.Effect))],
            BookVersion = detail.Report.BookVersion,
            StandsFor = decimal.Round((decimal)detail.Report.SamplingWeight, 3),
            PricesChanged = detail.Today is not null,
            Today = detail.Today is { } today ? new CallToday(today.BookVersion, today.Cost is { } now ? Plain(now) : null) : null,
            Reports = [.. detail.Reports.Select(report => new CallReportEntry(
                report.Id.ToString(), CallsEndpoint.Word(report.Role), report.Scope, CallsEndpoint.Word(report.Source), report.SpanName, report.InputTokens,
                report.OutputTokens, report.ReportedCost, report.ReceivedAt))],
            Trace = [.. detail.Trace.Select(ToSpan)],
        };
    }

    private static CallSpan ToSpan(TraceNode node) => new(
        node.Span.ToString(), node.Parent.IsEmpty ? null : node.Parent.ToString(), node.Depth, node.Name, node.Service, node.Start,
        node.Duration.TotalMilliseconds, node.Failed, node.Role is { } role ? CallsEndpoint.Word(role) : null, node.Cost is { } cost ? Plain(cost) : null);

    /// <summary>Without zeros at the end: a number of JSON says no more than its value.</summary>
    private static decimal Plain(decimal value) => value / 1.0000000000000000000000000000m;

    private static List<string> Words(CallFlags flags) =>
        [.. Enum.GetValues<CallFlags>().Where(flag => flag != CallFlags.None && flags.HasFlag(flag)).Select(CallsEndpoint.Word)];
}
