// What our scenarios use of k6 v1.8, so that editors and `tsc -p k6` know it: k6 itself only strips types.

declare const __ENV: Readonly<Record<string, string | undefined>>;
declare const __ITER: number;
declare const console: { error(message: string): void };
declare const crypto: { randomUUID(): string };
declare function setTimeout(callback: () => void, delayMs: number): number;
declare function clearTimeout(timer: number): void;

declare module 'k6' {
  export function check(value: unknown, checks: Readonly<Record<string, () => boolean>>): boolean;
}

declare module 'k6/execution' {
  export const test: { readonly options: { readonly scenarios?: Readonly<Record<string, object>> | null } };
}

declare module 'k6/http' {
  export type Answer = {
    /** 0 when there was no answer: `error` says why. */
    readonly status: number;
    readonly body: string | null;
    readonly error: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly timings: { readonly duration: number };
  };
  type Params = {
    readonly headers: Readonly<Record<string, string>>;
    readonly timeout: number;
    readonly tags: Readonly<Record<string, string>>;
  };
  export function asyncRequest(method: 'POST', url: string, body: string, params: Params): Promise<Answer>;
}

declare module 'k6/metrics' {
  export class Counter {
    constructor(name: string);
    add(value: number): void;
  }
  export class Trend {
    constructor(name: string, isTime: boolean);
    add(value: number): void;
  }
  export class Rate {
    constructor(name: string);
    add(value: boolean): void;
  }
}

declare module 'k6/websockets' {
  export class WebSocket {
    constructor(url: string, protocol: string);
    onopen: () => void;
    onmessage: (event: { readonly data: string }) => void;
    onerror: (event: { readonly error: string }) => void;
    onclose: (event: { readonly code: number; readonly reason: string }) => void;
    send(data: string): void;
    close(code: number): void;
  }
}
