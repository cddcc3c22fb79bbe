using FinOps.Testing;

[assembly: AssemblyFixture(typeof(Installation))]
