using FinOps.EndToEnd.Tests;
using Xunit.Sdk;
using Xunit.v3;

[assembly: AssemblyFixture(typeof(DemoInstallation))]

// One browser and one server share the machine, and tests that measure waiting would measure each other: all that work at the demo are one collection. Beside them run those that only look at its pages, and those that wait at
// servers of their own.
[assembly: CollectionBehavior(CollectionBehavior.CollectionPerAssembly)]
[assembly: Parallelization(Mode = ParallelMode.Collections, MaxThreads = 2)]
