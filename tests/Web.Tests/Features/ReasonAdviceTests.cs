using FinOps.Ingest.Health;
using FinOps.Web.Features.IngestHealth;

namespace FinOps.Web.Tests.Features;

public sealed class ReasonAdviceTests
{
    public static TheoryData<IngestReason> Reasons() => [.. Enum.GetValues<IngestReason>().Where(r => r != IngestReason.Failed)];

    [Theory]
    [MemberData(nameof(Reasons))]
    public void For_EveryReason_SaysWhatItMeans(IngestReason reason) =>
        Assert.NotEqual(ReasonAdvice.For("failed"), ReasonAdvice.For(reason.Name()));
}
