// A program that configures its OpenTelemetry SDK by nothing but the environment.
import { SpanKind, trace } from '@opentelemetry/api';
import { NodeSDK } from '@opentelemetry/sdk-node';

const sdk = new NodeSDK({ instrumentations: [] });
sdk.start();
const span = trace.getTracer('my-program').startSpan('chat gpt-4o-mini', {
  kind: SpanKind.CLIENT,
  attributes: {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'gpt-4o-mini',
    'gen_ai.response.model': 'gpt-4o-mini-2024-07-18',
    'gen_ai.response.id': process.env.RESPONSE_ID,
    'gen_ai.usage.input_tokens': 1000,
    'gen_ai.usage.output_tokens': 300,
  },
});
span.end();
await sdk.shutdown();
