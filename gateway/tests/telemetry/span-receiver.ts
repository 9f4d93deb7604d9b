import { openServer, readJson } from './watched-gateway.ts';

/** A span as it was sent, its attributes as an object. */
export type ReceivedSpan = {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  /** 1 internal, 2 server, 3 client. */
  readonly kind: number;
  /** 2 is an error. */
  readonly status: { readonly code: number };
  readonly facts: Readonly<Record<string, unknown>>;
  readonly resource: Readonly<Record<string, unknown>>;
};

type Attribute = { readonly key: string; readonly value: Readonly<Record<string, unknown>> };
type SentSpan = Omit<ReceivedSpan, 'facts' | 'resource'> & { readonly attributes: readonly Attribute[] };
type Sent = {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly SentSpan[] }[];
  }[];
};

/** A collector that takes spans as OTLP over HTTP, in JSON, and keeps them. */
export async function openSpanReceiver() {
  const spans: ReceivedSpan[] = [];
  const bodies: string[] = [];
  const url = await openServer((request, response) => {
    void readJson(request).then((body) => {
      bodies.push(JSON.stringify(body));
      if (request.url === '/v1/traces') spans.push(...readSpans(body as Sent));
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  return { url, spans, bodies, named: (name: string) => spans.filter((span) => span.name === name) };
}

function readSpans({ resourceSpans }: Sent): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans
      .flatMap(({ spans }) => spans)
      .map(({ attributes, ...span }) => ({
        ...span,
        facts: toFacts(attributes),
        resource: toFacts(resource.attributes),
      })),
  );
}

function toFacts(attributes: readonly Attribute[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
