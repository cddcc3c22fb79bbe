using FinOps.Analytics.Samples;
using FinOps.Domain.Samples;
using FinOps.Domain.Tenancy;
using FinOps.Web.Features.Calls;
using FinOps.Web.Features.Settings;

namespace FinOps.Web.Tests.Features;

public sealed class SamplesCardTests
{
    [Theory]
    [InlineData(0, 25, "shop: prompts and answers of 2.5 % of traces are kept for 30 days, from a few seconds from now on. Nothing is kept of what came before.")]
    [InlineData(25, 1000, "shop: prompts and answers of every trace are kept instead of 2.5 %. What is kept already stays until it is 30 days old.")]
    [InlineData(25, 0, "shop: nothing more is kept from now on. What is kept stays readable until it is 30 days old; to remove it sooner, keep samples for fewer days above, or erase the user.")]
    public void Effect_OfAChange_SaysWhatIsDifferent(int from, int to, string expected) => Assert.Equal(
        expected, SamplesCard.Effect(new SamplesCard.SamplingChange(new SamplingState(new ProjectId(Guid.Empty), "shop", new SampleShare(from), null, null), new SampleShare(to)), days: 30));

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("", "")]
    [InlineData("[{\"role\":\"user\",\"content\":\"<b>é</b>\"}]", "[\n  {\n    \"role\": \"user\",\n    \"content\": \"<b>é</b>\"\n  }\n]")]
    [InlineData("[{\"role\":\"us", "[{\"role\":\"us")]
    [InlineData("{not json}", "{not json}")]
    public void Readable_JsonGetsLines_AndTheRestStays(string text, string expected) => Assert.Equal(expected, SampleText.Readable(text).ReplaceLineEndings("\n"));
}
