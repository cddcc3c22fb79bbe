using System.Globalization;
using FinOps.Domain.Usage;
using FinOps.Ingest.Mapping;

namespace FinOps.Ingest.Tests.Mapping;

/// <summary>Every name of every dialect reaches its field, and input is counted by each instrumentation's own rule.</summary>
public sealed class DialectTests
{
    private static readonly (string, object)[] Call = [("gen_ai.operation.name", "chat"), ("gen_ai.usage.input_tokens", 1000), ("gen_ai.usage.output_tokens", 200)];

    public static TheoryData<string, string> CountNames()
    {
        var data = new TheoryData<string, string>();
        Field[] fields = [Field.Input, Field.Output, Field.CacheRead, Field.CacheWrite, Field.CacheWrite5m, Field.CacheWrite1h, Field.Reasoning,
            Field.InputAudio, Field.InputImage, Field.OutputAudio, Field.OutputImage, Field.WebSearches,
            Field.AudioMilliseconds, Field.Images, Field.FileSearches, Field.CodeSessions, Field.SearchUnits, Field.CacheStorage];
        foreach (var (field, names) in AttributeNames.Table)
            if (fields.Contains(field))
                foreach (var name in names) data.Add(field.ToString(), name);
        return data;
    }

    [Theory]
    [MemberData(nameof(CountNames))]
    public void Map_CountUnderAnyName_ReachesItsPart(string field, string name)
    {
        foreach (var value in new object[] { 7, 7.0, "7" })
        {
            List<(string, object)> attributes = [("gen_ai.operation.name", "chat"), (name, value)];
            if (field != nameof(Field.Input)) attributes.Add(("gen_ai.usage.input_tokens", 1000));
            if (field != nameof(Field.Output)) attributes.Add(("gen_ai.usage.output_tokens", 200));
            var usage = MapperHarness.Report("some scope", [.. attributes]).Usage;
            Assert.Equal(7u, Enum.Parse<Field>(field) switch
            {
                Field.Input => usage.InputFresh,
                Field.Output => usage.OutputText,
                Field.CacheRead => usage.CacheRead,
                Field.CacheWrite or Field.CacheWrite5m => usage.CacheWrite5m,
                Field.CacheWrite1h => usage.CacheWrite1h,
                Field.Reasoning => usage.OutputReasoning,
                Field.InputAudio => usage.InputAudio,
                Field.InputImage => usage.InputImage,
                Field.OutputAudio => usage.OutputAudio,
                Field.OutputImage => usage.OutputImage,
                Field.AudioMilliseconds => usage.AudioMilliseconds,
                Field.Images => usage.Images,
                Field.FileSearches => usage.FileSearches,
                Field.CodeSessions => usage.CodeSessions,
                Field.SearchUnits => usage.SearchUnits,
                Field.CacheStorage => usage.CacheStorageTokenHours,
                _ => usage.WebSearches,
            });
        }
    }

    public static TheoryData<string, string> TextNames()
    {
        var data = new TheoryData<string, string>();
        Field[] fields = [Field.Provider, Field.RequestModel, Field.ResponseModel, Field.AskedModel, Field.ResponseId, Field.RequestTier, Field.ResponseTier, Field.FinishReason,
            Field.TagFeature, Field.TagFeatureFallback, Field.TagUser, Field.TagTeam, Field.TagCustomer, Field.TagEnvironment, Field.TagService, Field.TagSession];
        foreach (var (field, names) in AttributeNames.Table)
            if (fields.Contains(field))
                foreach (var name in names) data.Add(field.ToString(), name);
        return data;
    }

    [Theory]
    [MemberData(nameof(TextNames))]
    public void Map_TextUnderAnyName_ReachesItsField(string field, string name)
    {
        var report = MapperHarness.Report("some scope", [.. Call, (name, "acme")]);
        Assert.Equal("acme", Enum.Parse<Field>(field) switch
        {
            Field.Provider => report.Provider,
            Field.RequestModel => report.RequestedModel,
            Field.ResponseModel or Field.AskedModel => report.ServedModel,
            Field.ResponseId => report.ResponseId,
            Field.RequestTier => report.RequestedTier,
            Field.ResponseTier => report.ServedTier,
            Field.FinishReason => report.FinishReason,
            Field.TagFeature or Field.TagFeatureFallback => report.Tags[Tag.Feature],
            Field.TagUser => report.Tags[Tag.User],
            Field.TagTeam => report.Tags[Tag.Team],
            Field.TagCustomer => report.Tags[Tag.Customer],
            Field.TagEnvironment => report.Tags[Tag.Environment],
            Field.TagService => report.Tags[Tag.Service],
            _ => report.Tags[Tag.Session],
        });
    }

    [Fact]
    public void Map_TwoNamesOfAField_TakesTheFirstByPrecedence()
    {
        foreach (var (field, names) in AttributeNames.Table)
        {
            if (field is not (Field.Input or Field.Output) || names.Length < 2) continue;
            for (var index = 0; index + 1 < names.Length; index++)
            {
                // The weaker name stands first on the wire.
                var report = MapperHarness.Report("some scope", ("gen_ai.operation.name", "chat"), (names[index + 1], 11), (names[index], 22));
                Assert.Equal(22u, field == Field.Input ? report.Usage.InputFresh : report.Usage.OutputText);
            }
        }
    }

    [Theory]
    // Table 1.6: the same answer of 20 fresh, 100 read, 30 written; 45 out.
    [InlineData("com.anthropic.sdk.typescript", "anthropic", 150)]
    [InlineData("com.anthropic.sdk.csharp", "anthropic", 150)]
    [InlineData("Experimental.Microsoft.Extensions.AI", "anthropic", 150)]
    [InlineData("@openlit/instrumentation-anthropic", "anthropic", 20)]
    [InlineData("@traceloop/instrumentation-anthropic", "anthropic", 20)]
    [InlineData("gen_ai", "anthropic", 150)]
    [InlineData("ai", "anthropic", 20)]
    [InlineData("@arizeai/openinference-instrumentation-anthropic", "anthropic", 150)]
    [InlineData("langfuse-sdk", "anthropic", 20)]
    [InlineData("ai", "openai", 150)]
    [InlineData("OpenAI.ChatClient", "openai", 150)]
    [InlineData("@openlit/instrumentation-openai", "openai", 150)]
    [InlineData("gen_ai", "openai", 150)]
    [InlineData("litellm", "anthropic", 150)]
    public void Map_CachedInput_IsCountedByTheInstrumentationsRule(string scope, string provider, int told)
    {
        var report = MapperHarness.Report(scope, ("gen_ai.operation.name", "chat"), ("gen_ai.provider.name", provider), ("gen_ai.usage.input_tokens", told),
            ("gen_ai.usage.output_tokens", 45), ("gen_ai.usage.cache_read.input_tokens", 100), ("gen_ai.usage.cache_creation.input_tokens", 30));
        Assert.Equal((20u, 100u, 30u, 150UL), (report.Usage.InputFresh, report.Usage.CacheRead, report.Usage.CacheWrite5m, report.Usage.InputTotal));
        Assert.Equal(told == 20, report.Flags.HasFlag(CallFlags.ExclusiveInput));
        Assert.False(report.Flags.HasFlag(CallFlags.Ambiguous));
    }

    [Fact]
    public void Map_ExclusiveScopeWithLargeFreshInput_AddsTheCache()
    {
        var report = MapperHarness.Report("@openlit/instrumentation-anthropic", ("gen_ai.operation.name", "chat"), ("gen_ai.provider.name", "anthropic"),
            ("gen_ai.usage.input_tokens", 5000), ("gen_ai.usage.output_tokens", 45), ("gen_ai.usage.cache_read.input_tokens", 100));
        Assert.Equal((5000u, 100u, 5100UL), (report.Usage.InputFresh, report.Usage.CacheRead, report.Usage.InputTotal));
    }

    [Fact]
    public void Map_MoreCachedThanInputInAnInclusiveScope_IsExclusiveAndMarked()
    {
        var report = MapperHarness.Report("gen_ai", [("gen_ai.operation.name", "chat"), ("gen_ai.usage.input_tokens", 20), ("gen_ai.usage.cache_read.input_tokens", 100)]);
        Assert.Equal((20u, 100u), (report.Usage.InputFresh, report.Usage.CacheRead));
        Assert.True(report.Flags.HasFlag(CallFlags.Ambiguous | CallFlags.ExclusiveInput));
    }

    [Fact]
    public void Map_UnknownScopeWithAnthropicCache_FollowsTheConventionsAndIsMarked()
    {
        var report = MapperHarness.Report("my.own.wrapper", ("gen_ai.operation.name", "chat"), ("gen_ai.provider.name", "anthropic"),
            ("gen_ai.usage.input_tokens", 150), ("gen_ai.usage.cache_read.input_tokens", 100));
        Assert.Equal((50u, 100u), (report.Usage.InputFresh, report.Usage.CacheRead));
        Assert.True(report.Flags.HasFlag(CallFlags.Ambiguous));
    }

    [Fact]
    public void Map_VercelFiveAnthropic_ReadsTheCacheFromProviderMetadata()
    {
        var report = MapperHarness.Report("ai", ("ai.operationId", "ai.generateText.doGenerate"), ("gen_ai.system", "anthropic.messages"),
            ("gen_ai.request.model", "claude-haiku-4-5"), ("ai.usage.promptTokens", 20), ("gen_ai.usage.input_tokens", 20), ("gen_ai.usage.output_tokens", 45),
            ("ai.response.id", "msg_1"), ("ai.telemetry.functionId", "checkout-summary"), ("ai.telemetry.metadata.userId", "user-42"),
            ("ai.response.providerMetadata", """{"anthropic":{"usage":{"input_tokens":20,"cache_creation_input_tokens":30,"cache_read_input_tokens":100,"cache_creation":{"ephemeral_5m_input_tokens":25,"ephemeral_1h_input_tokens":5},"output_tokens":45,"server_tool_use":{"web_search_requests":2},"service_tier":"batch"},"cacheCreationInputTokens":30,"stopSequence":null}}"""));
        Assert.Equal((20u, 100u, 25u, 5u, 45u, 2u), (report.Usage.InputFresh, report.Usage.CacheRead, report.Usage.CacheWrite5m, report.Usage.CacheWrite1h, report.Usage.OutputText, report.Usage.WebSearches));
        Assert.Equal(("anthropic", "chat", "msg_1", Streaming.No), (report.Provider, report.Operation, report.ResponseId, report.Streamed));
        Assert.True(report.Batch);
        Assert.False(report.WrapsCalls);
        Assert.Equal(("checkout-summary", "user-42"), (report.Tags[Tag.Feature], report.Tags[Tag.User]));
    }

    [Fact]
    public void Map_VercelSixAnthropic_IsInclusiveBecauseTheProvidersOwnCountSaysSo()
    {
        var report = MapperHarness.Report("ai", ("ai.operationId", "ai.streamText.doStream"), ("gen_ai.system", "anthropic.messages"),
            ("gen_ai.request.model", "claude-haiku-4-5"), ("gen_ai.usage.input_tokens", 150), ("gen_ai.usage.output_tokens", 45), ("ai.usage.cachedInputTokens", 100),
            ("ai.response.msToFirstChunk", 12.5),
            ("ai.response.providerMetadata", """{"anthropic":{"usage":{"input_tokens":20,"cache_creation_input_tokens":30,"cache_read_input_tokens":100}}}"""));
        Assert.Equal((20u, 100u, 30u), (report.Usage.InputFresh, report.Usage.CacheRead, report.Usage.CacheWrite5m));
        Assert.Equal((Streaming.Yes, 12_500UL), (report.Streamed, report.TimeToFirstTokenMicros));
    }

    [Theory]
    [InlineData("ai.generateText", "chat")]
    [InlineData("ai.streamText", "chat")]
    [InlineData("ai.embed", "embeddings")]
    [InlineData("ai.embedMany", "embeddings")]
    public void Map_VercelOuterSpan_WrapsCalls(string operationId, string operation)
    {
        var report = MapperHarness.Report("ai", ("ai.operationId", operationId), ("ai.model.id", "m"), ("ai.usage.inputTokens", 9));
        Assert.True(report.WrapsCalls);
        Assert.Equal(operation, report.Operation);
    }

    [Fact]
    public void Map_LangfuseGeneration_AddsUpItsDisjointParts()
    {
        var report = MapperHarness.Report("langfuse-sdk", ("langfuse.observation.type", "generation"), ("langfuse.observation.model.name", "gpt-4o-mini-2024-07-18"),
            ("langfuse.observation.usage_details", """{"input":56,"output":29,"total":165,"input_cached_tokens":64,"input_audio_tokens":0,"output_reasoning_tokens":16,"output_audio_tokens":0}"""),
            ("langfuse.observation.cost_details", """{"input":0.1,"total":0.25}"""), ("langfuse.trace.tags", new[] { "team:payments", "beta" }),
            ("langfuse.trace.metadata.tenant", "acme"), ("langfuse.trace.name", "checkout-summary"));
        Assert.Equal((56u, 64u, 29u, 16u), (report.Usage.InputFresh, report.Usage.CacheRead, report.Usage.OutputText, report.Usage.OutputReasoning));
        Assert.Equal((120UL, 45UL), (report.Usage.InputTotal, report.Usage.OutputTotal));
        Assert.Equal("gpt-4o-mini-2024-07-18", report.Model);
        Assert.Equal(0.25m, report.ReportedCost);
        Assert.Equal(("payments", "acme", "checkout-summary"), (report.Tags[Tag.Team], report.Tags[Tag.Customer], report.Tags[Tag.Feature]));
    }

    [Fact]
    public void Map_LangfuseWithAnOpenAiUsageObject_ReadsItAsThat()
    {
        var usage = MapperHarness.Report("langfuse-sdk", ("langfuse.observation.type", "generation"),
            ("langfuse.observation.usage_details", """{"prompt_tokens":120,"completion_tokens":45,"total_tokens":165,"prompt_tokens_details":{"cached_tokens":64},"completion_tokens_details":{"reasoning_tokens":16}}""")).Usage;
        Assert.Equal((56u, 64u, 29u, 16u), (usage.InputFresh, usage.CacheRead, usage.OutputText, usage.OutputReasoning));
    }

    /// <summary>LiteLLM tells Anthropic's fields beside <c>prompt_tokens</c>, which include them.</summary>
    [Theory]
    [InlineData("""{"prompt_tokens":2006,"completion_tokens":300,"total_tokens":2306,"prompt_tokens_details":{"cached_tokens":1920},"cache_creation_input_tokens":0,"cache_read_input_tokens":1920}""")]
    [InlineData("""{"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"prompt_tokens":2006,"completion_tokens":300,"prompt_tokens_details":{"cached_tokens":1920}}""")]
    public void Map_PromptTokensBesideAnthropicsCacheCounts_IncludeThem(string usage)
    {
        string[] carriers = ["output.value", "langfuse.observation.usage_details"];
        foreach (var carrier in carriers)
        {
            var report = MapperHarness.Report("@arizeai/openinference-instrumentation-openai", ("gen_ai.operation.name", "chat"), (carrier, carrier == "output.value" ? $$"""{"id":"a","usage":{{usage}}}""" : usage));
            Assert.Equal((86u, 2006UL), (report.Usage.InputFresh, report.Usage.InputTotal));
        }
    }

    [Fact]
    public void Map_OpenTelemetryHeadNames_SplitModalities()
    {
        var usage = MapperHarness.Report("x", ("gen_ai.operation.name", "chat"), ("gen_ai.usage.input_tokens", 1000), ("gen_ai.usage.output_tokens", 500),
            ("gen_ai.usage.cache_read.input_tokens", 300), ("gen_ai.usage.audio.input_tokens", 400), ("gen_ai.usage.audio.cache_read.input_tokens", 100),
            ("gen_ai.usage.image.input_tokens", 50), ("gen_ai.usage.audio.output_tokens", 120), ("gen_ai.usage.reasoning.output_tokens", 80)).Usage;
        Assert.Equal((350u, 200u, 100u, 300u, 50u), (usage.InputFresh, usage.CacheRead, usage.CacheReadAudio, usage.InputAudio, usage.InputImage));
        Assert.Equal((300u, 80u, 120u), (usage.OutputText, usage.OutputReasoning, usage.OutputAudio));
        Assert.Equal((1000UL, 500UL), (usage.InputTotal, usage.OutputTotal));
    }

    [Theory]
    // Google's API counts thoughts beside the candidates; the total shows it. A compliant instrumentation adds them.
    [InlineData("some scope", 100, 50, 30, 180, 50, 30)]
    [InlineData("some scope", 100, 80, 30, 180, 50, 30)]
    [InlineData("gen_ai", 100, 80, 30, null, 50, 30)]
    [InlineData("ai", 100, 50, 30, null, 50, 30)]
    public void Map_GeminiThoughts_AreCountedOnce(string scope, int input, int output, int thoughts, int? total, int text, int reasoning)
    {
        List<(string, object)> attributes = [("gen_ai.operation.name", "chat"), ("gen_ai.provider.name", "gcp.gemini"), ("gen_ai.usage.input_tokens", input),
            ("gen_ai.usage.output_tokens", output), ("gen_ai.usage.reasoning.output_tokens", thoughts)];
        if (total is { } sum) attributes.Add(("gen_ai.usage.total_tokens", sum));
        var usage = MapperHarness.Report(scope, [.. attributes]).Usage;
        Assert.Equal(((uint)text, (uint)reasoning), (usage.OutputText, usage.OutputReasoning));
    }

    [Theory]
    [InlineData("openai.chat", "", "openai")]
    [InlineData("anthropic.messages", "", "anthropic")]
    [InlineData("OpenAI", "", "openai")]
    [InlineData("aws.bedrock", "", "aws.bedrock")]
    [InlineData("amazon-bedrock", "", "aws.bedrock")]
    [InlineData("azure.ai.openai", "", "azure.ai.openai")]
    [InlineData("az.ai.inference", "", "azure.ai.inference")]
    [InlineData("azure-openai.responses", "", "azure.ai.openai")]
    [InlineData("google.generative-ai", "", "gcp.gemini")]
    [InlineData("google.vertex.chat", "", "gcp.vertex_ai")]
    [InlineData("vertex_ai", "", "gcp.vertex_ai")]
    [InlineData("vertex.anthropic.messages", "", "gcp.vertex_ai")]
    [InlineData("xai.chat", "", "x_ai")]
    [InlineData("mistral.chat", "", "mistral_ai")]
    [InlineData("acme.responses", "", "acme")]
    [InlineData("openai", "myteam.openai.azure.com", "azure.ai.openai")]
    [InlineData("openai", "api.groq.com", "groq")]
    [InlineData("anthropic", "bedrock-runtime.eu-west-1.amazonaws.com", "aws.bedrock")]
    [InlineData("google", "us-central1-aiplatform.googleapis.com", "gcp.vertex_ai")]
    // OpenLIT writes the vendor's own address whatever the truth.
    [InlineData("azure.ai.openai", "api.openai.com", "azure.ai.openai")]
    [InlineData("openai", "127.0.0.1", "openai")]
    public void Map_Provider_IsCanonical(string told, string address, string canonical)
    {
        var report = MapperHarness.Report("x", [.. Call, ("gen_ai.provider.name", told), ("server.address", address)]);
        Assert.Equal(canonical, report.Provider);
    }

    [Fact]
    public void Map_Region_ComesFromTheHostsAddress() =>
        Assert.Equal("eu-west-1", MapperHarness.Report("x", [.. Call, ("server.address", "bedrock-runtime.eu-west-1.amazonaws.com")]).Region);

    [Theory]
    [InlineData("invoke_agent")]
    [InlineData("invoke_workflow")]
    [InlineData("agent_step")]
    [InlineData("create_agent")]
    [InlineData("execute_tool")]
    public void Map_WrapperWithUsage_WrapsCallsAndWithoutIsALink(string operation)
    {
        Assert.True(MapperHarness.Report("gen_ai", ("gen_ai.operation.name", operation), ("gen_ai.usage.input_tokens", 5)).WrapsCalls);
        MapperHarness.Link(new TestSpan { Attributes = [("gen_ai.operation.name", operation), ("gen_ai.request.model", "m"), ("gen_ai.provider.name", "openai")] });
    }

    [Theory]
    [InlineData("CHAIN", true)]
    [InlineData("AGENT", true)]
    [InlineData("TOOL", true)]
    [InlineData("LLM", false)]
    public void Map_OpenInferenceKind_Decides(string kind, bool wraps) =>
        Assert.Equal(wraps, MapperHarness.Report("openinference.instrumentation.langchain", ("openinference.span.kind", kind), ("llm.token_count.prompt", 5)).WrapsCalls);

    [Theory]
    [InlineData("[\"stop\"]")]
    [InlineData("stop")]
    public void Map_FinishReasonAsText_IsUnderstood(string told) =>
        Assert.Equal("stop", MapperHarness.Report("x", [.. Call, ("gen_ai.response.finish_reasons", told)]).FinishReason);

    [Fact]
    public void Map_FinishReasonAsArray_TakesTheFirst() =>
        Assert.Equal("length", MapperHarness.Report("x", [.. Call, ("gen_ai.response.finish_reasons", new[] { "length", "stop" })]).FinishReason);

    [Fact]
    public void Map_LiteLlmProxy_IsAGatewaysReport()
    {
        var report = MapperHarness.Report("litellm", ("gen_ai.system", "openai"), ("llm.request.type", "chat"), ("gen_ai.usage.prompt_tokens", "120"),
            ("gen_ai.usage.completion_tokens", "45"), ("llm.is_streaming", "False"), ("gen_ai.response.id", "chatcmpl-1"));
        Assert.Equal((ReportSource.Gateway, 120u, 45u, Streaming.No), (report.Source, report.Usage.InputFresh, report.Usage.OutputText, report.Streamed));
    }

    [Fact]
    public void Map_ReportedCost_IsKeptAndNotTrusted()
    {
        var report = MapperHarness.Report("x", [.. Call, ("gen_ai.usage.cost", 0.000040199999999999995)]);
        Assert.Equal(0.0000402m, report.ReportedCost);
        Assert.Equal(0m, report.Cost);
    }

    [Fact]
    public void Map_HttpErrorOrStatus_IsFailed()
    {
        var report = MapperHarness.Report("com.anthropic.sdk.typescript", ("gen_ai.operation.name", "chat"), ("http.response.status_code", 529),
            ("error.type", "overloaded_error"), ("http.request.resend_count", 1));
        Assert.Equal((CallStatus.Failed, "overloaded_error", (ushort)1, UsageSource.Missing), (report.Status, report.ErrorType, report.Attempt, report.UsageSource));
    }

    [Fact]
    public void Map_OpenInferenceTags_ComeFromMetadataAndTagList()
    {
        var tags = MapperHarness.Report("@arizeai/openinference-instrumentation-openai", ("openinference.span.kind", "LLM"), ("llm.token_count.prompt", 5),
            ("metadata", """{"tenant":"ac\u00e9me","feature":"checkout","nested":{"user_id":"no"},"user_id":42}"""), ("tag.tags", """["team:payments"]""")).Tags;
        Assert.Equal(("acéme", "checkout", "42", "payments"), (tags[Tag.Customer], tags[Tag.Feature], tags[Tag.User], tags[Tag.Team]));
    }

    [Fact]
    public void Map_EmptyTag_CountsAsNotTold() =>
        Assert.Equal(TagLevel.None, MapperHarness.Report("x", [.. Call, ("gen_ai.request.user", "")]).Tags.Level(Tag.User));

    [Fact]
    public void Map_ServerSpan_TellsItsEndpoint()
    {
        var routed = MapperHarness.Link(new TestSpan { Kind = 2, Name = "POST /checkout"u8.ToArray(), Attributes = [("http.route", "/checkout/{id}"), ("feature", "checkout")] });
        Assert.Equal(("/checkout/{id}", "checkout", SpanKind.Server), (routed.Tags[Tag.Endpoint], routed.Tags[Tag.Feature], routed.Kind));
        var named = MapperHarness.Link(new TestSpan { Kind = 2, Name = "POST /checkout"u8.ToArray() });
        Assert.Equal(("POST /checkout", TagLevel.Span), (named.Tags[Tag.Endpoint], named.Tags.Level(Tag.Endpoint)));
        Assert.Equal(TagLevel.None, MapperHarness.Link(new TestSpan { Kind = 3 }).Tags.Level(Tag.Endpoint));
    }

    [Fact]
    public void Map_TagsThatTheKeyBinds_WinOverWhatTheTelemetrySays()
    {
        var harness = new MapperHarness();
        harness.Context = harness.Context with { KeyTags = new BoundTags([new(Tag.Team, "key-team"), new(Tag.Environment, "key-env"), new(Tag.Feature, "key-feature")]) };
        harness.Traces(OtlpBytes.Request(
            "x", [new TestSpan { Attributes = [.. Call, ("feature", "span-feature"), ("user.id", "ann")] }.Encode()], ("team", "resource-team"), ("service.name", "api")));
        var tags = Assert.Single(harness.Rows.Calls).Tags;
        Assert.Equal(("key-feature", TagLevel.Bound), (tags[Tag.Feature], tags.Level(Tag.Feature)));
        Assert.Equal(("key-team", TagLevel.Bound), (tags[Tag.Team], tags.Level(Tag.Team)));
        Assert.Equal(("key-env", TagLevel.Bound), (tags[Tag.Environment], tags.Level(Tag.Environment)));
        // What the key leaves open the telemetry tells.
        Assert.Equal(("ann", TagLevel.Span), (tags[Tag.User], tags.Level(Tag.User)));
        Assert.Equal(("api", TagLevel.Resource), (tags[Tag.Service], tags.Level(Tag.Service)));
    }

    [Fact]
    public void Map_ZerosForAnAnsweredCall_AreNotCounts()
    {
        var report = MapperHarness.Report("x", ("gen_ai.operation.name", "chat"), ("gen_ai.usage.input_tokens", 0), ("gen_ai.usage.output_tokens", 0));
        Assert.Equal(UsageSource.Missing, report.UsageSource);
        Assert.True(report.Flags.HasFlag(CallFlags.NoUsage));
    }

    [Fact]
    public void Map_TraceloopStreamMark_MakesItsCountsAnEstimate()
    {
        var report = MapperHarness.Report("@traceloop/instrumentation-openai", [.. Call, ("llm.is_streaming", true)]);
        Assert.Equal(UsageSource.Estimated, report.UsageSource);
        Assert.Equal(UsageSource.Reported, MapperHarness.Report("@traceloop/instrumentation-openai", Call).UsageSource);
    }

    [Fact]
    public void Docs_Telemetry_NamesEveryAttribute()
    {
        var text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Fixtures", "telemetry.md"));
        foreach (var name in AttributeNames.Table.SelectMany(row => row.Names))
            Assert.True(text.Contains($"`{name}`", StringComparison.Ordinal), string.Create(CultureInfo.InvariantCulture, $"docs/telemetry.md does not name {name}"));
        foreach (var name in MetricRules.Table.Keys)
            Assert.True(text.Contains($"`{name}`", StringComparison.Ordinal), string.Create(CultureInfo.InvariantCulture, $"docs/telemetry.md does not name {name}"));
    }
}
