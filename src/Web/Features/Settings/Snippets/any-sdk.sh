# Every OpenTelemetry SDK reads these variables.
export OTEL_EXPORTER_OTLP_ENDPOINT="{{otlp-http}}"
export OTEL_EXPORTER_OTLP_PROTOCOL="http/protobuf"
export OTEL_EXPORTER_OTLP_HEADERS="x-api-key={{key}}"
export OTEL_SERVICE_NAME="my-service"
export OTEL_RESOURCE_ATTRIBUTES="deployment.environment.name=production,team=my-team"
