#:package Microsoft.Extensions.AI@10.11.0
#:package Microsoft.Extensions.AI.OpenAI@10.11.0
#:package OpenTelemetry.Exporter.OpenTelemetryProtocol@1.20.1
// Save as app.cs, then: dotnet run app.cs
using System.ClientModel;
using Microsoft.Extensions.AI;
using OpenAI;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

using var tracing = Sdk.CreateTracerProviderBuilder()
    .ConfigureResource(resource => resource.AddService("my-service"))
    .AddSource("Experimental.Microsoft.Extensions.AI")
    .AddOtlpExporter(otlp =>
    {
        otlp.Endpoint = new Uri("{{otlp-grpc}}");
        otlp.Protocol = OtlpExportProtocol.Grpc;
        otlp.Headers = "x-api-key={{key}}";
    })
    .Build();

var options = new OpenAIClientOptions();
if (Environment.GetEnvironmentVariable("OPENAI_BASE_URL") is { } url) options.Endpoint = new Uri(url);
var openai = new OpenAIClient(new ApiKeyCredential(Environment.GetEnvironmentVariable("OPENAI_API_KEY")!), options);
using var chat = openai.GetChatClient("gpt-4o-mini").AsIChatClient().AsBuilder().UseOpenTelemetry().Build();
Console.WriteLine(await chat.GetResponseAsync("Say hello."));
