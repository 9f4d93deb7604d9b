/** The environment: variable name to value. */
type Env = Readonly<Record<string, string | undefined>>;

/** Where spans go, and as whose. */
export type TracingSettings = {
  /** The address that takes OTLP over HTTP, with its path. */
  readonly url: string;
  readonly serviceName: string;
  /** What else describes this process, by OpenTelemetry's names. */
  readonly resource: Readonly<Record<string, string>>;
  /** The part of requests without a trace context that are traced; null where `OTEL_TRACES_SAMPLER` decides. */
  readonly sampleRatio: number | null;
};

const SERVICE_NAME = 'playgraph-gateway';
const TRACES_PATH = '/v1/traces';

/**
 * The gateway's own settings and OpenTelemetry's variables; null when no endpoint is named, or when these switch tracing
 * off. An endpoint of the gateway's own comes first; a sampler is OpenTelemetry's where `OTEL_TRACES_SAMPLER` is set.
 * Headers, time-outs and batch sizes (`OTEL_EXPORTER_OTLP_*`, `OTEL_BSP_*`) are the SDK's own to read.
 */
export function readTracingSettings(
  env: Env,
  { endpoint, sampleRatio }: { readonly endpoint: string | null; readonly sampleRatio: number },
): TracingSettings | null {
  const url = endpointOf(env, endpoint);
  if (url === null || env.OTEL_SDK_DISABLED?.toLowerCase() === 'true' || env.OTEL_TRACES_EXPORTER === 'none')
    return null;
  const { 'service.name': named, ...resource } = readResource(env.OTEL_RESOURCE_ATTRIBUTES);
  return {
    url,
    serviceName: env.OTEL_SERVICE_NAME || named || SERVICE_NAME,
    resource,
    sampleRatio: env.OTEL_TRACES_SAMPLER ? null : sampleRatio,
  };
}

function endpointOf(env: Env, endpoint: string | null): string | null {
  if (endpoint !== null) return withPath(endpoint);
  if (env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT) return env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT;
  const base = env.OTEL_EXPORTER_OTLP_ENDPOINT;
  return base ? `${base.replace(/\/+$/, '')}${TRACES_PATH}` : null;
}

/** People write the collector's address with the path and without. */
function withPath(endpoint: string): string {
  return new URL(endpoint).pathname === '/' ? new URL(TRACES_PATH, endpoint).href : endpoint;
}

/** `name=value,name=value`, values percent-encoded. What is not of that form is left out. */
function readResource(text = ''): Record<string, string> {
  const entries = text.split(',').flatMap((pair): [string, string][] => {
    const at = pair.indexOf('=');
    const value = decode(pair.slice(at + 1).trim());
    return at < 1 || value === null ? [] : [[pair.slice(0, at).trim(), value]];
  });
  return Object.fromEntries(entries);
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
