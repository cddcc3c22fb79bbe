using System.Text;
using FinOps.Domain.Policies;

namespace FinOps.Domain.Tests.Policies;

public sealed class PolicyTouchTests
{
    [Theory]
    [InlineData("cap@3:treatment:limited")]
    [InlineData("A.b_c-9@2147483647:dry_run:fell_back")]
    [InlineData("x@1:control:none")]
    [InlineData("x@1:outside:a_word_of_a_later_gateway")]
    public void Entry_WellFormed_IsRead(string text)
    {
        Assert.True(PolicyTouch.IsEntry(Encoding.UTF8.GetBytes(text)));
        var touch = Assert.Single(PolicyTouch.ReadAll(text));
        Assert.Equal(text, $"{touch.Id}@{touch.Version}:{touch.Arm}:{touch.Effect}");
    }

    [Theory]
    [InlineData("")]
    [InlineData("cap")]
    [InlineData("@1:treatment:limited")]
    [InlineData("cap@:treatment:limited")]
    [InlineData("cap@0:treatment:limited")]
    [InlineData("cap@-1:treatment:limited")]
    [InlineData("cap@01:treatment:limited")]
    [InlineData("cap@2147483648:treatment:limited")]
    [InlineData("cap@1x:treatment:limited")]
    [InlineData("cap@1:treated:limited")]
    [InlineData("cap@1:treatment")]
    [InlineData("cap@1:treatment:")]
    [InlineData("cap@1:treatment:limited:more")]
    [InlineData("cap@1:treatment:Limited")]
    [InlineData("cap@1:treatment:limited,x@1:control:none", true)]
    [InlineData("ca p@1:treatment:limited")]
    [InlineData("café@1:treatment:limited")]
    [InlineData("a23456789012345678901234567890123456789012345678901234567890123456@1:treatment:limited")]
    public void Entry_OfAnotherShape_IsNone(string text, bool isList = false)
    {
        Assert.False(PolicyTouch.IsEntry(Encoding.UTF8.GetBytes(text)));
        if (!isList) Assert.Empty(PolicyTouch.ReadAll(text));
    }

    [Fact]
    public void Entry_OfTheMostBytes_IsRead_AndOneMoreIsNot()
    {
        var most = "cap@1:treatment:" + new string('e', PolicyTouch.MaxLength - 16);
        Assert.True(PolicyTouch.IsEntry(Encoding.ASCII.GetBytes(most)));
        Assert.False(PolicyTouch.IsEntry(Encoding.ASCII.GetBytes(most + "e")));
    }

    [Fact]
    public void ReadAll_KeepsTheOrder_AndPassesOverWhatItCannotRead() => Assert.Equal(
        [new PolicyTouch("keep", 2, "treatment", "hit"), new PolicyTouch("cap", 1, "dry_run", "limited")], PolicyTouch.ReadAll("keep@2:treatment:hit,???,cap@1:dry_run:limited"));
}
