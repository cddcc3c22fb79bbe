using FinOps.Integration.Tests;
using FinOps.Testing;
using Xunit.v3;

[assembly: AssemblyFixture(typeof(Installation))]

// Its tests wait for servers half of their time: two at once leave a quarter of two cores idle.
[assembly: Parallelization(MaxThreads = 4)]
[assembly: TestCollectionOrderer(typeof(LargestFirst))]
