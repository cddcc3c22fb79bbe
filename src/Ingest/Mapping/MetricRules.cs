using FinOps.Domain.Usage;

namespace FinOps.Ingest.Mapping;

/// <param name="Metric">Our name for it.</param>
/// <param name="Scale">What a value is multiplied by to be in <see cref="Unit"/>.</param>
/// <param name="UnlessUnit">The told unit that makes the scale superfluous (a share told as 1, not in percent).</param>
/// <param name="OnlyGpu">A metric of any hardware, taken only with <c>hw.type</c> = gpu.</param>
/// <param name="System">The product whose name for it this is; empty where the point itself has to tell (<c>db.system.name</c>).</param>
internal sealed record MetricRule(string Metric, ResourceKind Kind, string Unit, double Scale = 1, string UnlessUnit = "", bool OnlyGpu = false, string System = "");

/// <summary>Which metrics are kept, under which name and unit. Everything else is taken and dropped. docs/telemetry.md lists the same.</summary>
internal static class MetricRules
{
    private const double MiB = 1024 * 1024;
    private const double Percent = 0.01;

    public static readonly Dictionary<string, MetricRule> Table = Build();

    /// <summary>Also under the names that a Prometheus scrape leaves behind: without <c>_total</c>, with <c>_</c> for <c>:</c>.</summary>
    public static MetricRule? Find(string name)
    {
        if (Table.TryGetValue(name, out var rule)) return rule;
        if (name.EndsWith("_total", StringComparison.Ordinal)) return Table.GetValueOrDefault(name[..^6]);
        if (Table.TryGetValue(name + "_total", out rule)) return rule;
        if (name.StartsWith("vllm_", StringComparison.Ordinal)) return Find("vllm:" + name[5..]);
        return name.StartsWith("sglang_", StringComparison.Ordinal) ? Find("sglang:" + name[7..]) : null;
    }

    private static Dictionary<string, MetricRule> Build()
    {
        var table = new Dictionary<string, MetricRule>(StringComparer.Ordinal);

        void Gpu(string name, string metric, string unit, double scale = 1, string unless = "", bool onlyGpu = false) =>
            table[name] = new MetricRule(metric, ResourceKind.Gpu, unit, scale, unless, onlyGpu);
        void Inference(string name, string metric, string unit, double scale = 1) =>
            table[name] = new MetricRule(metric, ResourceKind.Inference, unit, scale);
        var system = "";
        void Vector(string name, string metric, string unit, double scale = 1) =>
            table[name] = new MetricRule(metric, ResourceKind.VectorDatabase, unit, scale, System: system);
        void Storage(string name, string metric, string unit) => table[name] = new MetricRule(metric, ResourceKind.Storage, unit);
        void Tokens(string name, string unit) => table[name] = new MetricRule(name, ResourceKind.Tokens, unit);

        // OpenTelemetry hardware conventions.
        Gpu("hw.gpu.utilization", "gpu.utilization", "1");
        Gpu("hw.gpu.memory.usage", "gpu.memory.used", "By");
        Gpu("hw.gpu.memory.limit", "gpu.memory.total", "By");
        Gpu("hw.gpu.memory.utilization", "gpu.memory.utilization", "1");
        Gpu("hw.gpu.io", "gpu.io", "By");
        Gpu("hw.energy", "gpu.energy", "J", onlyGpu: true);
        Gpu("hw.power", "gpu.power", "W", onlyGpu: true);
        Gpu("hw.temperature", "gpu.temperature", "Cel", onlyGpu: true);
        Gpu("hw.errors", "gpu.errors", "{error}", onlyGpu: true);

        // OpenLIT's collector: no units told; shares in percent, memory in MiB.
        Gpu("gpu.utilization", "gpu.utilization", "1", Percent, "1");
        Gpu("gpu.enc.utilization", "gpu.encoder.utilization", "1", Percent, "1");
        Gpu("gpu.dec.utilization", "gpu.decoder.utilization", "1", Percent, "1");
        Gpu("gpu.temperature", "gpu.temperature", "Cel");
        Gpu("gpu.fan_speed", "gpu.fan.speed", "1", Percent, "1");
        Gpu("gpu.memory.available", "gpu.memory.available", "By", MiB, "By");
        Gpu("gpu.memory.total", "gpu.memory.total", "By", MiB, "By");
        Gpu("gpu.memory.used", "gpu.memory.used", "By", MiB, "By");
        Gpu("gpu.memory.free", "gpu.memory.free", "By", MiB, "By");
        Gpu("gpu.power.draw", "gpu.power", "W");
        Gpu("gpu.power.limit", "gpu.power.limit", "W");

        // dcgm-exporter: MiB, percent, millijoule, MHz.
        Gpu("DCGM_FI_DEV_GPU_UTIL", "gpu.utilization", "1", Percent);
        Gpu("DCGM_FI_DEV_MEM_COPY_UTIL", "gpu.memory.copy.utilization", "1", Percent);
        Gpu("DCGM_FI_DEV_ENC_UTIL", "gpu.encoder.utilization", "1", Percent);
        Gpu("DCGM_FI_DEV_DEC_UTIL", "gpu.decoder.utilization", "1", Percent);
        Gpu("DCGM_FI_DEV_FB_USED", "gpu.memory.used", "By", MiB);
        Gpu("DCGM_FI_DEV_FB_FREE", "gpu.memory.free", "By", MiB);
        Gpu("DCGM_FI_DEV_FB_RESERVED", "gpu.memory.reserved", "By", MiB);
        Gpu("DCGM_FI_DEV_POWER_USAGE", "gpu.power", "W");
        Gpu("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", "gpu.energy", "J", 0.001);
        Gpu("DCGM_FI_DEV_GPU_TEMP", "gpu.temperature", "Cel");
        Gpu("DCGM_FI_DEV_MEMORY_TEMP", "gpu.memory.temperature", "Cel");
        Gpu("DCGM_FI_DEV_SM_CLOCK", "gpu.clock.sm", "Hz", 1e6);
        Gpu("DCGM_FI_DEV_MEM_CLOCK", "gpu.clock.memory", "Hz", 1e6);
        Gpu("DCGM_FI_DEV_XID_ERRORS", "gpu.errors.xid", "1");
        Gpu("DCGM_FI_DEV_PCIE_REPLAY_COUNTER", "gpu.pcie.replays", "1");
        Gpu("DCGM_FI_PROF_GR_ENGINE_ACTIVE", "gpu.engine.active", "1");
        Gpu("DCGM_FI_PROF_PIPE_TENSOR_ACTIVE", "gpu.tensor.active", "1");
        Gpu("DCGM_FI_PROF_DRAM_ACTIVE", "gpu.memory.active", "1");
        Gpu("DCGM_FI_PROF_SM_ACTIVE", "gpu.sm.active", "1");
        Gpu("DCGM_FI_PROF_SM_OCCUPANCY", "gpu.sm.occupancy", "1");
        Gpu("DCGM_FI_PROF_PCIE_TX_BYTES", "gpu.pcie.sent", "By/s");
        Gpu("DCGM_FI_PROF_PCIE_RX_BYTES", "gpu.pcie.received", "By/s");

        // vLLM.
        Inference("vllm:num_requests_running", "inference.requests.running", "{request}");
        Inference("vllm:num_requests_waiting", "inference.requests.waiting", "{request}");
        Inference("vllm:kv_cache_usage_perc", "inference.kv_cache.utilization", "1");
        Inference("vllm:gpu_cache_usage_perc", "inference.kv_cache.utilization", "1");
        Inference("vllm:prompt_tokens_total", "inference.tokens.prompt", "{token}");
        Inference("vllm:generation_tokens_total", "inference.tokens.generated", "{token}");
        Inference("vllm:prompt_tokens_cached_total", "inference.tokens.prompt.cached", "{token}");
        Inference("vllm:prompt_tokens_by_source_total", "inference.tokens.prompt.by_source", "{token}");
        Inference("vllm:prefix_cache_queries_total", "inference.prefix_cache.queries", "{token}");
        Inference("vllm:prefix_cache_hits_total", "inference.prefix_cache.hits", "{token}");
        Inference("vllm:num_preemptions_total", "inference.preemptions", "1");
        Inference("vllm:request_success_total", "inference.requests.succeeded", "{request}");
        Inference("vllm:request_prompt_tokens", "inference.request.prompt_tokens", "{token}");
        Inference("vllm:request_generation_tokens", "inference.request.generated_tokens", "{token}");
        Inference("vllm:request_params_max_tokens", "inference.request.max_tokens", "{token}");
        Inference("vllm:time_to_first_token_seconds", "inference.time_to_first_token", "s");
        Inference("vllm:inter_token_latency_seconds", "inference.time_per_output_token", "s");
        Inference("vllm:time_per_output_token_seconds", "inference.time_per_output_token", "s");
        Inference("vllm:request_time_per_output_token_seconds", "inference.request.time_per_output_token", "s");
        Inference("vllm:e2e_request_latency_seconds", "inference.request.duration", "s");
        Inference("vllm:request_queue_time_seconds", "inference.request.queue_time", "s");
        Inference("vllm:request_inference_time_seconds", "inference.request.inference_time", "s");
        Inference("vllm:request_prefill_time_seconds", "inference.request.prefill_time", "s");
        Inference("vllm:request_decode_time_seconds", "inference.request.decode_time", "s");

        // SGLang.
        Inference("sglang:num_running_reqs", "inference.requests.running", "{request}");
        Inference("sglang:num_queue_reqs", "inference.requests.waiting", "{request}");
        Inference("sglang:num_used_tokens", "inference.kv_cache.tokens", "{token}");
        Inference("sglang:token_usage", "inference.kv_cache.utilization", "1");
        Inference("sglang:cache_hit_rate", "inference.prefix_cache.hit_rate", "1");
        Inference("sglang:gen_throughput", "inference.tokens.generated.rate", "{token}/s");
        Inference("sglang:prompt_tokens_total", "inference.tokens.prompt", "{token}");
        Inference("sglang:generation_tokens_total", "inference.tokens.generated", "{token}");
        Inference("sglang:time_to_first_token_seconds", "inference.time_to_first_token", "s");
        Inference("sglang:time_per_output_token_seconds", "inference.time_per_output_token", "s");
        Inference("sglang:e2e_request_latency_seconds", "inference.request.duration", "s");

        // Text Generation Inference.
        Inference("tgi_queue_size", "inference.requests.waiting", "{request}");
        Inference("tgi_batch_current_size", "inference.requests.running", "{request}");
        Inference("tgi_batch_current_max_tokens", "inference.batch.max_tokens", "{token}");
        Inference("tgi_request_count", "inference.requests", "{request}");
        Inference("tgi_request_success", "inference.requests.succeeded", "{request}");
        Inference("tgi_request_input_length", "inference.request.prompt_tokens", "{token}");
        Inference("tgi_request_generated_tokens", "inference.request.generated_tokens", "{token}");
        Inference("tgi_request_duration", "inference.request.duration", "s");
        Inference("tgi_request_queue_duration", "inference.request.queue_time", "s");
        Inference("tgi_request_inference_duration", "inference.request.inference_time", "s");
        Inference("tgi_request_mean_time_per_token_duration", "inference.time_per_output_token", "s");

        // Our own names, for what tells none: pgvector, hosted databases, buckets. The point names the product (db.system.name) and the collection or bucket.
        Vector("finops.vector.memory", "vector_db.collection.memory", "By");
        Vector("finops.vector.disk", "vector_db.storage.size", "By");
        Vector("finops.vector.count", "vector_db.collection.points", "{point}");
        Vector("finops.vector.requests", "vector_db.requests", "{request}");
        Vector("finops.vector.read_units", "vector_db.read_units", "1");
        Vector("finops.vector.write_units", "vector_db.write_units", "1");
        Storage("finops.storage.bytes", "storage.bytes", "By");
        Storage("finops.storage.reads", "storage.reads", "{request}");
        Storage("finops.storage.writes", "storage.writes", "{request}");
        Storage("finops.storage.egress", "storage.egress", "By");

        // Qdrant.
        system = "qdrant";
        Vector("collections_total", "vector_db.collections", "1");
        Vector("collections_vector_total", "vector_db.vectors", "{vector}");
        Vector("collection_points", "vector_db.collection.points", "{point}");
        Vector("collection_vectors", "vector_db.collection.vectors", "{vector}");
        Vector("collection_indexed_only_excluded_points", "vector_db.collection.unindexed_points", "{point}");
        Vector("collection_running_optimizations", "vector_db.collection.optimizations", "1");
        Vector("collection_dead_replicas", "vector_db.dead_replicas", "1");
        Vector("rest_responses_total", "vector_db.requests", "{request}");
        Vector("rest_responses_fail_total", "vector_db.requests.failed", "{request}");
        Vector("rest_responses_duration_seconds", "vector_db.request.duration", "s");
        Vector("grpc_responses_total", "vector_db.requests", "{request}");
        Vector("grpc_responses_fail_total", "vector_db.requests.failed", "{request}");
        Vector("grpc_responses_duration_seconds", "vector_db.request.duration", "s");
        Vector("memory_resident_bytes", "vector_db.memory.resident", "By");
        Vector("memory_allocated_bytes", "vector_db.memory.allocated", "By");
        Vector("memory_active_bytes", "vector_db.memory.active", "By");
        Vector("collection_hardware_metric_cpu", "vector_db.collection.cpu", "1");
        Vector("collection_hardware_metric_vector_io_read", "vector_db.collection.vector_io.read", "By");
        Vector("collection_hardware_metric_payload_io_read", "vector_db.collection.payload_io.read", "By");
        Vector("collection_hardware_metric_payload_io_write", "vector_db.collection.payload_io.write", "By");

        // Weaviate.
        system = "weaviate";
        Vector("object_count", "vector_db.collection.points", "{point}");
        Vector("vector_index_size", "vector_db.collection.index_size", "{vector}");
        Vector("vector_index_tombstones", "vector_db.collection.tombstones", "1");
        Vector("vector_index_operations", "vector_db.collection.index_operations", "1");
        Vector("lsm_segment_size", "vector_db.segment.size", "By");
        Vector("lsm_segment_count", "vector_db.segments", "1");
        Vector("index_queue_size", "vector_db.index.queue", "1");

        // Milvus.
        system = "milvus";
        Vector("milvus_proxy_req_count", "vector_db.requests", "{request}");
        Vector("milvus_proxy_search_vectors_count", "vector_db.vectors.searched", "{vector}");
        Vector("milvus_proxy_insert_vectors_count", "vector_db.vectors.inserted", "{vector}");
        Vector("milvus_proxy_sq_latency", "vector_db.request.duration", "s", 0.001);
        Vector("milvus_querynode_entity_num", "vector_db.collection.points", "{point}");
        Vector("milvus_querynode_entity_size", "vector_db.collection.memory", "By");
        Vector("milvus_querynode_segment_num", "vector_db.segments", "1");
        Vector("milvus_querynode_disk_used_size", "vector_db.disk.used", "By");
        Vector("milvus_datacoord_stored_rows_num", "vector_db.rows.stored", "{point}");
        Vector("milvus_datacoord_stored_binlog_size", "vector_db.storage.size", "By");
        Vector("milvus_rootcoord_collection_num", "vector_db.collections", "1");

        // Pinecone.
        system = "pinecone";
        Vector("pinecone_db_record_total", "vector_db.collection.points", "{point}");
        Vector("pinecone_db_storage_size_bytes", "vector_db.storage.size", "By");
        Vector("pinecone_db_read_unit_count", "vector_db.read_units", "1");
        Vector("pinecone_db_write_unit_count", "vector_db.write_units", "1");
        Vector("pinecone_db_index_fullness", "vector_db.index.fullness", "1");
        foreach (var operation in (string[])["upsert", "query", "fetch", "update", "delete", "list"])
        {
            Vector($"pinecone_db_op_{operation}_count", $"vector_db.operations.{operation}", "{request}");
            Vector($"pinecone_db_op_{operation}_duration_sum", $"vector_db.operations.{operation}.duration", "s", 0.001);
        }

        // Token metrics: the same calls that spans tell of. For cross-checks only, never summed with them.
        Tokens("gen_ai.client.token.usage", "{token}");
        Tokens("gen_ai.usage.cost", "USD");
        foreach (var part in (string[])["input_tokens", "output_tokens", "cache_read.input_tokens", "cache_write.input_tokens", "reasoning.output_tokens"])
            Tokens($"gen_ai.client.inference.usage.{part}", "{token}");
        Tokens("gen_ai.client.inference.operation.input_tokens", "{token}");
        Tokens("gen_ai.client.inference.operation.output_tokens", "{token}");
        Tokens("gen_ai.client.embeddings.operation.input_tokens", "{token}");
        return table;
    }
}
