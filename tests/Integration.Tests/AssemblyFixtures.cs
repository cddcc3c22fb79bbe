using FinOps.Integration.Tests;
using FinOps.Testing;
using Xunit.v3;

[assembly: AssemblyFixture(typeof(Installation))]

// Its tests wait for servers half of their time: three at once leave a fifth of two cores idle.
[assembly: Parallelization(MaxThreads = 4)]
[assembly: TestCollectionOrderer(typeof(LargestFirst))]
