using System.Buffers.Binary;
using System.Text;

namespace FinOps.Ingest.Mapping;

/// <summary>
/// Every attribute name that is read, by what it tells, in order of precedence: the first that has a value wins. The order is that of the OpenTelemetry
/// GenAI conventions first (head, then 1.41, then deprecated), then the vendors'. docs/telemetry.md says the same for people.
/// </summary>
internal static class AttributeNames
{
    public static readonly (Field Field, string[] Names)[] Table =
    [
        (Field.Provider, ["gen_ai.provider.name", "gen_ai.system", "llm.provider", "llm.system", "ai.model.provider", "llm.vendor"]),
        (Field.Operation, ["gen_ai.operation.name", "llm.request.type", "openinference.span.kind", "langfuse.observation.type", "traceloop.span.kind"]),
        (Field.VercelOperation, ["ai.operationId"]),
        (Field.RequestModel,
        [
            "gen_ai.request.model", "llm.request.model_name", "embedding.model_name", "ai.model.id", "langfuse.observation.model.name", "llm.request.model",
            "reranker.model_name",
        ]),
        (Field.ResponseModel, ["gen_ai.response.model", "llm.response.model_name", "ai.response.model", "llm.response.model"]),
        (Field.ModelEither, ["llm.model_name"]),
        (Field.ResponseId, ["gen_ai.response.id", "ai.response.id", "llm.response.id"]),

        (Field.Input,
        [
            "gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.usage.prompt_tokens", "llm.token_count.prompt", "ai.usage.inputTokens",
            "ai.usage.promptTokens", "ai.usage.tokens",
        ]),
        (Field.Output,
        [
            "gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "llm.usage.completion_tokens", "llm.token_count.completion",
            "ai.usage.outputTokens", "ai.usage.completionTokens",
        ]),
        (Field.Total, ["gen_ai.usage.total_tokens", "llm.usage.total_tokens", "llm.token_count.total", "ai.usage.totalTokens"]),
        (Field.CacheRead,
        [
            "gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens", "gen_ai.usage.prompt_tokens_details.cache_read",
            "llm.token_count.prompt_details.cache_read", "ai.usage.cachedInputTokens", "ai.usage.inputTokenDetails.cacheReadTokens",
            "llm.usage.cache_read_input_tokens",
        ]),
        (Field.CacheWrite,
        [
            "gen_ai.usage.cache_write.input_tokens", "gen_ai.usage.cache_creation.input_tokens", "gen_ai.usage.cache_creation_input_tokens",
            "gen_ai.usage.prompt_tokens_details.cache_write", "llm.token_count.prompt_details.cache_write", "ai.usage.inputTokenDetails.cacheWriteTokens",
            "llm.usage.cache_creation_input_tokens",
        ]),
        (Field.CacheWrite5m, ["anthropic.usage.cache_creation.ephemeral_5m_input_tokens", "gen_ai.usage.cache_creation.ephemeral_5m_input_tokens"]),
        (Field.CacheWrite1h, ["anthropic.usage.cache_creation.ephemeral_1h_input_tokens", "gen_ai.usage.cache_creation.ephemeral_1h_input_tokens"]),
        (Field.Reasoning,
        [
            "gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.reasoning_tokens", "gen_ai.usage.completion_tokens_details.reasoning",
            "llm.token_count.completion_details.reasoning", "ai.usage.reasoningTokens", "ai.usage.outputTokenDetails.reasoningTokens",
            "llm.usage.reasoning_tokens",
        ]),
        (Field.InputAudio, ["gen_ai.usage.audio.input_tokens", "llm.token_count.prompt_details.audio"]),
        (Field.InputImage, ["gen_ai.usage.image.input_tokens"]),
        (Field.OutputAudio,
            ["gen_ai.usage.audio.output_tokens", "gen_ai.usage.completion_tokens_details.audio", "llm.token_count.completion_details.audio"]),
        (Field.OutputImage, ["gen_ai.usage.image.output_tokens"]),
        (Field.CachedAudio, ["gen_ai.usage.audio.cache_read.input_tokens"]),
        (Field.CachedImage, ["gen_ai.usage.image.cache_read.input_tokens"]),
        (Field.WebSearches, ["finops.usage.web_searches", "anthropic.usage.server_tool_use.web_search_requests"]),
        (Field.GpuMilliseconds, ["finops.usage.gpu_milliseconds"]),
        (Field.AudioMilliseconds, ["finops.usage.audio_milliseconds"]),
        (Field.Images, ["finops.usage.images", "gen_ai.usage.images"]),
        (Field.FileSearches, ["finops.usage.file_searches"]),
        (Field.CodeSessions, ["finops.usage.code_sessions"]),
        (Field.SearchUnits, ["finops.usage.search_units", "gen_ai.usage.search_units"]),
        (Field.CacheStorage, ["finops.usage.cache_storage_token_hours"]),
        (Field.InclusiveMark, ["ai.usage.inputTokenDetails.noCacheTokens"]),
        (Field.UsageDetails, ["langfuse.observation.usage_details"]),
        (Field.ProviderMetadata, ["ai.response.providerMetadata"]),
        (Field.CostDetails, ["langfuse.observation.cost_details"]),
        (Field.ReportedCost, ["gen_ai.usage.cost", "llm.cost.total", "gen_ai.cost.total_cost", "llm.usage.cost", "litellm.cost.total_cost"]),

        (Field.RequestTier, ["openai.request.service_tier", "gen_ai.openai.request.service_tier", "gen_ai.request.service_tier"]),
        (Field.ResponseTier,
            ["openai.response.service_tier", "gen_ai.openai.response.service_tier", "anthropic.response.service_tier", "gen_ai.response.service_tier"]),
        (Field.Batch, ["finops.batch"]),
        (Field.CacheHit, ["finops.cache_hit"]),
        (Field.Policies, ["finops.policies"]),
        (Field.GatewayKey, ["finops.key"]),
        (Field.GatewayCache, ["finops.cache"]),
        (Field.AskedModel, ["finops.asked_model"]),
        (Field.TokensAvoided, ["finops.tokens_avoided"]),
        (Field.UsageEstimated, ["finops.usage.estimated"]),
        (Field.Capacity, ["finops.capacity"]),
        (Field.ImageQuality, ["finops.image_quality", "gen_ai.request.image_quality"]),
        (Field.ImageSize, ["finops.image_size", "gen_ai.request.image_size"]),
        (Field.Region, ["finops.region", "anthropic.usage.inference_geo", "aws.region", "gcp.location", "azure.region"]),
        (Field.MaxTokens, ["gen_ai.request.max_tokens", "ai.settings.maxOutputTokens", "ai.settings.maxTokens", "llm.request.max_tokens"]),
        (Field.InvocationParameters, ["llm.invocation_parameters", "langfuse.observation.model.parameters"]),
        (Field.Stream, ["gen_ai.request.stream", "gen_ai.request.is_stream", "llm.is_streaming", "gen_ai.is_streaming", "llm.request.stream"]),
        (Field.FirstTokenSeconds,
            ["gen_ai.response.time_to_first_chunk", "gen_ai.client.operation.time_to_first_chunk", "gen_ai.server.time_to_first_token"]),
        (Field.FirstTokenMilliseconds, ["ai.response.msToFirstChunk", "ai.stream.msToFirstChunk"]),
        (Field.FinishReason,
        [
            "gen_ai.response.finish_reasons", "llm.finish_reason", "ai.response.finishReason", "anthropic.message.stop_reason",
            "gen_ai.response.finish_reason", "gen_ai.completion.0.finish_reason",
        ]),
        (Field.ErrorType, ["error.type"]),
        (Field.HttpStatus, ["http.response.status_code", "http.status_code"]),
        (Field.HttpMethod, ["http.request.method", "http.method"]),
        (Field.ResendCount, ["http.request.resend_count", "finops.attempt"]),
        (Field.ServerAddress, ["server.address", "net.peer.name"]),
        (Field.HttpRoute, ["http.route"]),

        (Field.TagFeature,
        [
            "feature", "feature.name", "app.feature", "traceloop.association.properties.feature", "langfuse.trace.metadata.feature",
            "ai.telemetry.metadata.feature", "ai.settings.context.feature",
        ]),
        (Field.TagFeatureFallback, ["gen_ai.agent.name", "gen_ai.workflow.name", "traceloop.workflow.name", "ai.telemetry.functionId", "langfuse.trace.name"]),
        (Field.TagUser,
        [
            "user.id", "enduser.id", "enduser.pseudo.id", "langfuse.user.id", "traceloop.association.properties.user_id", "gen_ai.user.id",
            "gen_ai.request.user", "ai.telemetry.metadata.userId", "ai.telemetry.metadata.user_id", "ai.settings.context.userId",
            "langfuse.trace.metadata.user_id", "llm.user", "metadata.user_api_key_end_user_id", "user_id",
        ]),
        (Field.TagTeam,
        [
            "team", "team.id", "cost_center", "traceloop.association.properties.team", "langfuse.trace.metadata.team", "ai.telemetry.metadata.team",
            "ai.settings.context.team", "metadata.user_api_key_team_alias", "metadata.user_api_key_team_id",
        ]),
        (Field.TagCustomer,
        [
            "tenant.id", "tenant_id", "customer.id", "customer_id", "traceloop.association.properties.customer_id",
            "traceloop.association.properties.tenant_id", "traceloop.association.properties.tenant", "traceloop.association.properties.customer",
            "langfuse.trace.metadata.tenant", "langfuse.trace.metadata.tenant_id", "langfuse.trace.metadata.customer",
            "langfuse.trace.metadata.customer_id", "ai.telemetry.metadata.tenantId", "ai.telemetry.metadata.tenant",
            "ai.telemetry.metadata.customerId", "ai.telemetry.metadata.customer", "ai.settings.context.tenantId", "tenant", "customer",
        ]),
        (Field.TagEnvironment,
            ["deployment.environment.name", "deployment.environment", "langfuse.environment", "gen_ai.environment", "ai.telemetry.metadata.environment"]),
        (Field.TagService, ["service.name", "gen_ai.application_name", "openinference.project.name"]),
        (Field.TagSession,
        [
            "session.id", "gen_ai.conversation.id", "langfuse.session.id", "traceloop.association.properties.session_id", "ai.telemetry.metadata.sessionId",
            "ai.telemetry.metadata.session_id", "ai.settings.context.sessionId", "session_id", "session.previous_id",
        ]),
        (Field.TagList, ["langfuse.trace.tags", "tag.tags", "metadata.tags"]),
        (Field.MetadataJson, ["metadata", "metadata.requester_metadata", "langfuse.trace.metadata"]),

        (Field.InputHashTold, ["finops.input_hash"]),
        (Field.PrefixHashTold, ["finops.prefix_hash"]),
        (Field.MessageCountTold, ["finops.message_count"]),
        (Field.ToolCallCountTold, ["finops.tool_call_count"]),
        (Field.TurnNumberTold, ["finops.turn_number"]),

        (Field.SystemContent, ["gen_ai.system_instructions"]),
        (Field.ToolContent, ["gen_ai.tool.definitions", "ai.prompt.tools", "gen_ai.request.tools"]),
        (Field.InputContent,
        [
            "gen_ai.input.messages", "gen_ai.prompt", "ai.prompt.messages", "ai.prompt", "langfuse.observation.input", "traceloop.entity.input",
            "gen_ai.embeddings.input", "ai.values", "ai.value",
        ]),
        (Field.InputValue, ["input.value"]),
        (Field.OutputContent, ["gen_ai.output.messages", "gen_ai.completion", "langfuse.observation.output"]),
        (Field.OutputValue, ["output.value"]),
        (Field.AnswerText, ["ai.response.text", "ai.response.object", "traceloop.entity.output"]),
        (Field.ToolCallsContent, ["ai.response.toolCalls"]),

        (Field.DbSystem, ["db.system.name", "db.system"]),
        (Field.DbOperation, ["db.operation.name", "db.operation"]),
        (Field.DbCollection, ["db.collection.name", "db.vector.table_name", "db.sql.table", "db.namespace", "db.name"]),
        (Field.DbTopK, ["db.vector.query.top_k", "gen_ai.retrieval.top_k", "pinecone.query.top_k"]),
        (Field.DbReturned, ["db.n_results", "db.response.returned_rows", "db.vector.query.result.matches_length"]),
        (Field.DbVectors, ["db.vector.count", "db.vector.add.count", "db.vector.delete.count", "db.ids_count", "db.operation.batch.size"]),
        (Field.DbReadUnits, ["db.vector.query.result.read_units", "pinecone.usage.read_units"]),

        (Field.Host, ["host.name", "k8s.node.name", "host.id"]),
    ];

    /// <summary>Names are numbered so that all names of a field lie in one 64-bit word: whether and which one is present is a single look.</summary>
    public const int Words = 6;

    private static readonly FieldBits[] Bits = new FieldBits[Enum.GetValues<Field>().Length];

    // An open hash table of names: 2,048 places for some 260 names, so that most look-ups end at the first place.
    private const int Places = 2048;
    private static readonly byte[]?[] Keys = new byte[]?[Places];
    private static readonly ushort[] Ids = new ushort[Places];
    private static readonly Field[] Fields = new Field[64 * Words];

    static AttributeNames()
    {
        var id = 0;
        foreach (var (field, names) in Table)
        {
            if ((id & 63) + names.Length > 64) id = (id | 63) + 1;
            if (id + names.Length > 64 * Words) throw new InvalidOperationException($"More names than {Words} words hold.");
            Bits[(int)field] = new FieldBits(id >> 6, ((1UL << names.Length) - 1) << (id & 63));
            foreach (var name in names)
            {
                Fields[id] = field;
                Add(Encoding.UTF8.GetBytes(name), (ushort)id++);
            }
        }
    }

    private static void Add(byte[] name, ushort id)
    {
        var place = Hash(name);
        while (Keys[place] is { } taken)
        {
            if (taken.AsSpan().SequenceEqual(name)) throw new InvalidOperationException($"The name {Encoding.UTF8.GetString(name)} stands twice in the table.");
            place = (place + 1) & (Places - 1);
        }

        Keys[place] = name;
        Ids[place] = id;
    }

    /// <summary>The number of the name, or -1 when it is not one of ours.</summary>
    public static int Find(ReadOnlySpan<byte> name)
    {
        if (name.Length is 0 or > 64) return -1;
        var place = Hash(name);
        while (Keys[place] is { } candidate)
        {
            if (name.SequenceEqual(candidate)) return Ids[place];
            place = (place + 1) & (Places - 1);
        }

        return -1;
    }

    /// <summary>The field of a name's number.</summary>
    public static Field FieldOf(int id) => Fields[id];

    /// <summary>Where a field's names lie: consecutive bits, in order of precedence.</summary>
    public static FieldBits Of(Field field) => Bits[(int)field];

    private static int Hash(ReadOnlySpan<byte> name)
    {
        ulong hash;
        if (name.Length >= 8)
        {
            // The ends and the middle tell the names apart; collisions are resolved by comparison anyway.
            hash = BinaryPrimitives.ReadUInt64LittleEndian(name) * 0x9E3779B97F4A7C15
                ^ BinaryPrimitives.ReadUInt64LittleEndian(name[^8..]) * 0xC2B2AE3D27D4EB4F
                ^ BinaryPrimitives.ReadUInt64LittleEndian(name[((name.Length - 8) / 2)..]) * 0x165667B19E3779F9;
        }
        else
        {
            hash = 0;
            foreach (var letter in name) hash = (hash ^ letter) * 0x9E3779B97F4A7C15;
        }

        hash += (uint)name.Length * 0xD6E8FEB86659FD93;
        return (int)((hash ^ (hash >> 29)) * 0xBF58476D1CE4E5B9 >> 53) & (Places - 1);
    }
}

/// <param name="Word">Which word of the present names.</param>
/// <param name="Mask">The field's names in it.</param>
internal readonly record struct FieldBits(int Word, ulong Mask);
