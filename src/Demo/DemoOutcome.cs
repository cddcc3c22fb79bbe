namespace FinOps.Demo;

/// <summary>What the demo company counts as a success: an attribute on the request, true or false.</summary>
/// <param name="Name">Of its definition.</param>
/// <param name="Feature">Whose requests tell it.</param>
/// <param name="SuccessShare">How often it is true.</param>
public sealed record DemoOutcome(string Name, string Attribute, string Feature, double SuccessShare)
{
    public static readonly IReadOnlyList<DemoOutcome> All =
    [
        new("ticket resolved", "ticket.resolved", "help-center-answers", 0.74),
        new("report accepted", "report.accepted", "report-writer", 0.88),
    ];

    internal static DemoOutcome? Of(string feature) => All.FirstOrDefault(outcome => outcome.Feature == feature);
}
