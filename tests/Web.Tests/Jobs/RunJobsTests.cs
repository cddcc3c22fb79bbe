using FinOps.Web.Jobs;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace FinOps.Web.Tests.Jobs;

public sealed class RunJobsTests
{
    [Fact]
    public async Task ScheduleAsync_StoreAwayAtFirst_IsRepeatedUntilItIsBack()
    {
        var attempts = 0;

        await RunJobs.ScheduleAsync(Schedule, TimeProvider.System, NullLogger.Instance, TestContext.Current.CancellationToken);

        Assert.Equal(2, attempts);

        void Schedule()
        {
            if (++attempts == 1) throw new NpgsqlException("Exception while reading from stream", new EndOfStreamException());
        }
    }

    [Fact]
    public async Task ScheduleAsync_MistakeOfOurs_IsNotHidden() => await Assert.ThrowsAsync<InvalidOperationException>(() => RunJobs.ScheduleAsync(
        () => throw new InvalidOperationException("wrong"), TimeProvider.System, NullLogger.Instance, TestContext.Current.CancellationToken));
}
