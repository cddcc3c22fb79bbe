using FinOps.EndToEnd.Tests;
using Xunit.Sdk;
using Xunit.v3;

[assembly: AssemblyFixture(typeof(DemoInstallation))]

// One browser and one server share the machine: tests that measure waiting would measure each other.
[assembly: Parallelization(Mode = ParallelMode.None)]
