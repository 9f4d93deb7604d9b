import { type Context, type Span, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  type TracerConfig,
} from '@opentelemetry/sdk-trace-base';
import { settlesWithin } from '@playgraph/kernel/bounded-wait';
import { readTraceContext, withTraceContext } from './trace-context.ts';
import type { SpanFacts, Tracer, TraceSpan } from './tracer.ts';
import type { TracingSettings } from './tracing-settings.ts';

/** The longest text that a span's fact may be. */
const FACT_CHARS_MAX = 256;
/** How many facts a span has at most. */
const FACTS_MAX = 32;
/** How long the last spans may take to be sent when the gateway ends. */
const FLUSH_MS_MAX = 2_000;

type Resource = NonNullable<TracerConfig['resource']>;

/**
 * Spans to an OTLP/HTTP collector. Nothing global is set, so that others in the process have a tracer of their own. Spans
 * wait in a bounded queue (2,048, sent 512 at a time, unless `OTEL_BSP_*` says otherwise), and are dropped when it is full:
 * a collector that is slow or gone costs spans, never requests.
 */
export function createOpenTelemetryTracer(settings: TracingSettings): Tracer {
  const processor = new BatchSpanProcessor(new OTLPTraceExporter({ url: settings.url }));
  const provider = new BasicTracerProvider({
    resource: createResource({ ...settings.resource, 'service.name': settings.serviceName }),
    spanProcessors: [processor],
    spanLimits: { attributeValueLengthLimit: FACT_CHARS_MAX, attributeCountLimit: FACTS_MAX },
    ...(settings.sampleRatio === null ? {} : { sampler: createSampler(settings.sampleRatio) }),
  });
  const tracer = provider.getTracer('playgraph-gateway');
  const start = (name: string, kind: SpanKind, { parent, facts }: { parent: Context; facts: SpanFacts }) =>
    toTraceSpan(tracer.startSpan(name, { kind, attributes: { ...facts } }, parent), kind);
  return {
    startRequest: (headers, facts = {}) =>
      start('graphql', SpanKind.SERVER, { parent: readTraceContext(headers), facts }),
    startStep: (name, headers, facts = {}) =>
      start(name, SpanKind.INTERNAL, { parent: readTraceContext(headers), facts }),
    startCall: (subgraph, headers, facts = {}) =>
      start(`subgraph ${subgraph}`, SpanKind.CLIENT, {
        parent: readTraceContext(headers),
        facts: { 'subgraph.name': subgraph, ...facts },
      }),
    close: async () => {
      // A collector that does not answer must not keep the process.
      await settlesWithin(provider.shutdown(), FLUSH_MS_MAX);
    },
  };
}

function createSampler(ratio: number): ParentBasedSampler {
  return new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) });
}

function toTraceSpan(span: Span, kind: SpanKind): TraceSpan {
  const context = span.spanContext();
  return {
    traceId: context.traceId,
    headers: (given) => withTraceContext(given, context),
    set: (facts) => void span.setAttributes({ ...facts }),
    end(outcome, facts) {
      if (!span.isRecording()) return;
      const name = kind === SpanKind.SERVER && facts ? nameOf(facts) : null;
      if (name !== null) span.updateName(name);
      if (facts) span.setAttributes({ ...facts });
      if (outcome === 'ERROR') {
        span.setAttribute('error', true);
        span.setStatus({ code: SpanStatusCode.ERROR });
      }
      span.end();
    },
  };
}

/** A request is named by what it turned out to ask for. */
function nameOf(facts: SpanFacts): string | null {
  const { 'graphql.operation.type': type, 'graphql.operation.name': name } = facts;
  if (type === undefined) return null;
  return name === undefined ? String(type) : `${type} ${name}`;
}

/** Facts about the process, all known at once. */
function createResource(attributes: Readonly<Record<string, string>>): Resource {
  return {
    attributes,
    merge: (other) => createResource({ ...attributes, ...(other?.attributes as Record<string, string> | undefined) }),
    getRawAttributes: () => Object.entries(attributes),
  };
}
