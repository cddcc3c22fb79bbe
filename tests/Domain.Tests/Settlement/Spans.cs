using FinOps.Domain.Settlement;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;

namespace FinOps.Domain.Tests.Settlement;

/// <summary>Builds the spans of small traces, and prices them by a rule that any test can repeat in its head.</summary>
internal sealed class Spans
{
    public readonly List<CallReport> Reports = [];
    public readonly List<SpanLink> Links = [];

    public CallReport Call(
        ulong span, ulong parent = 0, uint input = 0, uint output = 0, string id = "", string operation = "chat", ulong trace = 1,
        bool wraps = false, bool gateway = false, bool failed = false)
    {
        var told = (input > 0 ? UsageParts.Input : 0) | (output > 0 ? UsageParts.Output : 0);
        var report = new CallReport
        {
            Tenant = new TenantId(Guid.Empty),
            TraceId = new TraceId(7, trace),
            SpanId = new SpanId(span),
            ParentSpanId = new SpanId(parent),
            StartUnixMicros = 1_780_000_000_000_000 + (long)span * 10,
            Operation = operation,
            WrapsCalls = wraps,
            Source = gateway ? ReportSource.Gateway : ReportSource.Sdk,
            ResponseId = id,
            Status = failed ? CallStatus.Failed : CallStatus.Answered,
            Provider = "openai",
            RequestedModel = "gpt-4o-mini",
            ServedModel = "gpt-4o-mini-2024-07-18",
            Usage = new UsageVector { InputFresh = input, OutputText = output },
            Told = told,
            UsageSource = told == 0 ? UsageSource.Missing : UsageSource.Reported,
            Flags = told == 0 ? CallFlags.NoUsage : CallFlags.None,
        };
        Rate(report);
        Reports.Add(report);
        return report;
    }

    public CallReport Agent(ulong span, ulong parent = 0, uint input = 0, uint output = 0, string id = "", ulong trace = 1) =>
        Call(span, parent, input, output, id, "invoke_agent", trace, wraps: true);

    public SpanLink Link(ulong span, ulong parent = 0, ulong trace = 1, SpanKind kind = SpanKind.Internal, string name = "step")
    {
        var link = new SpanLink
        {
            TraceId = new TraceId(7, trace),
            SpanId = new SpanId(span),
            ParentSpanId = new SpanId(parent),
            Kind = kind,
            Name = name,
        };
        Links.Add(link);
        return link;
    }

    public Spans Settle()
    {
        CallSettlement.Settle(Reports, Links, Rate);
        return this;
    }

    public CallReport this[ulong span] => Reports.Single(r => r.SpanId.Value == span);

    public ulong InputSum => Sum(r => r.Usage.InputTotal);
    public ulong OutputSum => Sum(r => r.Usage.OutputTotal);
    public int Calls => Reports.Count(r => r is { Role: CallRole.Call, HasUsage: true } or { Role: CallRole.Call, Status: CallStatus.Answered });
    public int FailedCalls => Reports.Count(r => r is { Role: CallRole.Call, HasUsage: false, Status: CallStatus.Failed });

    private ulong Sum(Func<CallReport, ulong> figure) => (ulong)Reports.Where(r => r.Role == CallRole.Call).Sum(r => (long)figure(r));

    /// <summary>A made-up price: a dollar a token, two for the served model "dear"; no provider, no price.</summary>
    public static void Rate(CallReport report)
    {
        if (report.Provider.Length == 0 || !report.HasUsage)
        {
            report.Cost = 0;
            report.Flags |= CallFlags.Unpriced;
            return;
        }

        var price = report.Model == "dear" ? 2m : 1m;
        report.Cost = (report.Usage.InputTotal + report.Usage.OutputTotal) * price;
        report.PriceId = (long)price;
    }
}
